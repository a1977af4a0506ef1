"""Examples in files of numbers: `.ts` series, NumPy arrays, IDX."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segue.data.arrays import read_idx, read_npy, read_npz
from segue.data.ragged import Ragged
from segue.data.ts_format import read_ts
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.examples import Examples, Kind, label_codes
from segue.tasks.examples.missing import LARGEST, fill_missing

Classes = tuple[str, ...] | None

INPUTS = ("x", "data", "images", "inputs", "features")
LABELS = ("y", "label", "labels", "target", "targets", "classes")
DIVISIONS = {"train": "train", "val": "validation", "valid": "validation", "test": "test"}


def examples_from_ts(
    path: str | Path, missing: Missing, classes: Classes, *, labelled: bool
) -> Examples:
    """Read a `.ts` file; its channels are called 1, 2, ...

    Raises:
        DataError: the file is defect, or has no labels.
    """
    found, source = read_ts(path), str(path)
    where = tuple(f"row {row}" for row in found.rows.tolist())
    labels = None
    if labelled:
        if found.labels is None:
            raise DataError(
                f"{one_line(source)}: has no labels; add @classLabel true, the classes, and the "
                "label at the end of each row"
            )
        classes, labels = label_codes(found.labels, classes, source, where)
    examples = Examples(
        Kind.SERIES,
        source,
        ids=tuple(str(row) for row in found.rows.tolist()),
        where=where,
        classes=classes or (),
        labels=labels,
        inputs=found.series,
        channels=_numbered(found.series.values.shape[1]),
    )
    return fill_missing(examples, missing)


def examples_from_npz(
    path: str | Path, reading: Reading, classes: Classes, *, labelled: bool
) -> Examples:
    """Read `.npz`: inputs and labels under the names of `reading`, or under usual ones.

    Arrays called x_train, y_train, x_test, y_test (as Keras saves them) are all read, with the
    division that they name.

    Raises:
        DataError: there are no such arrays, or they do not fit each other.
    """
    source, arrays = str(path), read_npz(path)
    divided = [name for name in DIVISIONS if f"x_{name}" in arrays]
    if divided and not reading.channel:
        pairs = [(f"x_{name}", f"y_{name}", DIVISIONS[name]) for name in divided]
    else:
        inputs = _named(arrays, reading.channel[:1], INPUTS, source, "inputs", "--channel")
        named = () if reading.label is None else (reading.label,)
        labels = _named(arrays, named, LABELS, source, "labels", "--label") if labelled else ""
        pairs = [(inputs, labels, "")]
    if labelled:
        for _, labels, _ in pairs:
            if labels not in arrays:
                raise DataError(f"{one_line(source)}: there is no array {shorten(labels)}")
    inputs_of = [arrays[inputs] for inputs, _, _ in pairs]
    names = ", ".join(inputs for inputs, _, _ in pairs)
    if len({array.shape[1:] for array in inputs_of}) > 1 or inputs_of[0].ndim == 0:
        raise DataError(f"{one_line(source)}: {names}: give arrays of one form")
    division = np.repeat([part for _, _, part in pairs], [len(array) for array in inputs_of])
    return _from_array(
        np.concatenate(inputs_of),
        np.concatenate([arrays[labels] for _, labels, _ in pairs]) if labelled else None,
        reading.fill,
        source,
        classes,
        division=division if divided and not reading.channel else None,
    )


def examples_from_npy(
    path: str | Path, reading: Reading, classes: Classes, *, labelled: bool
) -> Examples:
    """Read `.npy`; `reading.label` is the `.npy` file of the labels.

    Raises:
        DataError: a file is defect, or they do not fit each other.
    """
    labels = None
    if labelled:
        if reading.label is None:
            raise DataError(
                f"{one_line(str(path))}: has no labels; give their file, --label labels.npy, or "
                "put both into one .npz file"
            )
        labels = read_npy(reading.label)
    return _from_array(read_npy(path), labels, reading.fill, str(path), classes)


def examples_from_idx(path: str | Path, classes: Classes, *, labelled: bool) -> Examples:
    """Read images in the IDX format; labels lie beside them, named as MNIST names them.

    Raises:
        DataError: a file is missing or defect.
    """
    beside = Path(path)
    labels = None
    if labelled:
        name = beside.name.replace("images", "labels").replace("idx3", "idx1")
        if name == beside.name:
            raise DataError(
                f"{one_line(str(path))}: where its labels are is not known; call the files "
                "NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte"
            )
        labels = read_idx(beside.with_name(name))
    return _from_array(read_idx(path), labels, Missing.REFUSE, str(path), classes)


def image_inputs(images: np.ndarray) -> tuple[Ragged, tuple[str, ...]]:
    """Images `[n, H, W, C]` as series of H steps of W · C channels, and the channels' names.

    >>> inputs, channels = image_inputs(np.zeros((2, 28, 20, 1), np.float32))
    >>> inputs.values.shape, inputs.lengths.tolist(), len(channels)
    ((56, 20), [28, 28], 20)
    """
    n, height, width, colours = images.shape
    flat = images.reshape(n * height, width * colours)
    return Ragged(flat, np.arange(n + 1, dtype=np.int64) * height), _numbered(width * colours)


def _from_array(
    values: np.ndarray,
    labels: np.ndarray | None,
    missing: Missing,
    source: str,
    classes: Classes,
    *,
    division: np.ndarray | None = None,
) -> Examples:
    place = one_line(source)
    if values.dtype.kind not in "buif":
        raise DataError(f"{place}: holds {values.dtype}, not numbers; convert it")
    if values.ndim not in (2, 3, 4) or 0 in values.shape:
        shape = " x ".join(map(str, values.shape)) or "a single number"
        raise DataError(
            f"{place}: has the shape {shape}; examples are [N, D], [N, T, C] or [N, H, W, C] "
            "with at least one in each place"
        )
    where = tuple(f"example {i} (counted from 0)" for i in range(len(values)))
    codes = None
    if labels is not None:
        names = _label_names(labels, len(values), place)
        classes, codes = label_codes(names, classes, source, where)
    scaled = values.astype(np.float32)
    if values.dtype == np.uint8:
        scaled /= 255
    kind, inputs, channels = _arranged(scaled, whole=values.dtype == np.uint8, place=place)
    examples = Examples(
        kind,
        source,
        ids=tuple(map(str, range(len(values)))),
        where=where,
        classes=classes or (),
        labels=codes,
        inputs=inputs,
        channels=channels,
        division=division,
    )
    if values.dtype.kind != "f":
        return examples
    _check_finite(examples, inputs)
    return fill_missing(examples, missing)


def _arranged(
    values: np.ndarray, *, whole: bool, place: str
) -> tuple[Kind, Ragged, tuple[str, ...]]:
    """Steps and channels of `[N, D]`, `[N, T, C]` or images; bytes are images."""
    n = len(values)
    if values.ndim == 2:
        offsets = np.arange(n + 1, dtype=np.int64)
        return Kind.VECTOR, Ragged(values, offsets), _numbered(values.shape[1])
    if values.ndim == 3 and not whole:
        steps = values.shape[1]
        offsets = np.arange(n + 1, dtype=np.int64) * steps
        flat = values.reshape(n * steps, -1)
        return Kind.SERIES, Ragged(flat, offsets), _numbered(values.shape[2])
    if values.ndim == 3:
        values = values[..., None]
    elif values.shape[3] not in (1, 3, 4):
        if values.shape[1] not in (1, 3, 4):
            raise DataError(f"{place}: images have 1, 3 or 4 colours; give [N, H, W, C]")
        values = np.moveaxis(values, 1, 3)
    inputs, channels = image_inputs(values)
    return Kind.IMAGE, inputs, channels


def _check_finite(examples: Examples, inputs: Ragged) -> None:
    beyond = np.flatnonzero((np.abs(inputs.values) > LARGEST).any(1))
    if len(beyond):
        at = int(np.searchsorted(inputs.offsets, beyond[0], side="right")) - 1
        raise examples.error(at, "holds a number that is infinite or beyond 1e18; correct it")


def _label_names(labels: np.ndarray, examples: int, place: str) -> list[str]:
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1 or labels.dtype.kind not in "buifUS":
        raise DataError(f"{place}: labels are one number or name for each example")
    if len(labels) != examples:
        raise DataError(f"{place}: {count(examples, 'example')} and {count(len(labels), 'label')}")
    if labels.dtype.kind == "f":
        if not (labels == np.floor(labels)).all():
            raise DataError(f"{place}: labels are fractions; classes are whole numbers or names")
        labels = labels.astype(np.int64)
    names = [str(name) for name in labels.astype(str)]
    empty = [i for i, name in enumerate(names) if not name.strip()]
    if empty:
        raise DataError(f"{place}: example {empty[0]} (counted from 0): the label is missing")
    return names


def _named(
    arrays: dict[str, np.ndarray],
    asked: tuple[str, ...],
    usual: tuple[str, ...],
    source: str,
    role: str,
    option: str,
) -> str:
    """The array that plays a role: the one asked for, or the one with a usual name."""
    found = [name for name in arrays if (name in asked if asked else name.lower() in usual)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(shorten(name) for name in list(arrays)[:20])
    raise DataError(
        f"{one_line(source)}: which array holds the {role} is not clear; name it with {option}; "
        f"the arrays are {listed}"
    )


def _numbered(channels: int) -> tuple[str, ...]:
    return tuple(str(i + 1) for i in range(channels))
