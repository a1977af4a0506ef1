"""Tables whose columns are arrays in files of NumPy and MATLAB; nothing in them is executed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from segue.data import memory
from segue.data.arrays import read_npy, read_npz
from segue.data.notation import PLAIN, Notation
from segue.data.tables import Table, read_table
from segue.data.wording import one_line, shorten
from segue.errors import DataError

MOST_COLUMNS = 10_000


def read_any_table(path: str | Path, notation: Notation = PLAIN) -> Table:
    """A table of any kind: .npy, .npz and .mat hold arrays, every other file is a table of text.

    An array `[N]` or `[N, 1]` is a column; of one `[N, C]` the columns are called name_1, name_2,
    ..., those of a .npy file 1, 2, ... Arrays that are no numbers, and single numbers, are left
    out. MATLAB's files before version 7.3 need SciPy, later ones h5py.

    Raises:
        DataError: the file cannot be read, or its arrays differ in length.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "motor.npz"
    >>> np.savez(path, voltage=np.zeros(4), speed=np.ones((4, 2)))
    >>> read_any_table(path).frame.columns
    ['voltage', 'speed_1', 'speed_2']
    """
    kind = Path(path).suffix.lower()
    if kind == ".npy":
        array = read_npy(path)
        return _table({"": array[:, None] if array.ndim == 1 else array}, str(path))
    if kind == ".npz":
        return _table(read_npz(path), str(path))
    if kind == ".mat":
        return _table(_read_mat(Path(path)), str(path))
    return read_table(path, notation)


def _table(arrays: Mapping[str, np.ndarray], source: str) -> Table:
    """The columns of arrays."""
    place = one_line(source)
    columns: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or array.ndim not in (1, 2) or array.size < 2:
            continue
        row = array.ndim == 2 and array.shape[0] == 1
        wide = array.reshape(-1, 1) if array.ndim == 1 or row else array
        if wide.shape[1] == 1 and name:
            columns[name] = wide[:, 0]
            continue
        for number, column in enumerate(wide.T[: MOST_COLUMNS + 1], start=1):
            columns[f"{name}_{number}" if name else str(number)] = column
    if not columns:
        raise DataError(f"{place}: holds no columns of numbers; save arrays with a row a sample")
    if len(columns) > MOST_COLUMNS:
        raise DataError(
            f"{place}: holds more than {MOST_COLUMNS:,} columns; save arrays with a row a sample"
        )
    first = next(iter(columns))
    for name, column in columns.items():
        if len(column) != len(columns[first]):
            raise DataError(
                f"{place}: {shorten(name)} has {len(column):,} values and {shorten(first)}"
                f" {len(columns[first]):,}; cut all columns to one length"
            )
    frame = pl.DataFrame({name: column.astype(np.float64) for name, column in columns.items()})
    return Table(frame, source, np.arange(1, frame.height + 1))


def _read_mat(path: Path) -> dict[str, np.ndarray]:
    place = one_line(str(path))
    try:
        with path.open("rb") as file:
            head = file.read(128)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{place}: cannot be opened ({reason}); check the path") from None
    if b"MATLAB 7.3" in head or head.startswith(b"\x89HDF"):
        return _read_hdf5(path, place)
    return _read_mat5(path, place)


def _read_mat5(path: Path, place: str) -> dict[str, np.ndarray]:
    try:
        from scipy import io
    except ModuleNotFoundError as error:
        raise DataError(
            f"{place}: MATLAB files need SciPy; pip install 'segue[identify]'"
        ) from error
    try:
        held = [(name, shape) for name, shape, kind in io.whosmat(path) if kind in _NUMBERS]
        _check_room(place, [shape for _, shape in held])
        loaded = io.loadmat(path, variable_names=[name for name, _ in held])
    except DataError:
        raise
    except Exception as error:  # SciPy's parser raises a dozen kinds
        raise DataError(f"{place}: is no MATLAB file, or damaged; save it again") from error
    return {name: np.asarray(loaded[name]) for name, _ in held}


_NUMBERS = {
    "double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "logical",
}  # fmt: skip


def _read_hdf5(path: Path, place: str) -> dict[str, np.ndarray]:
    """Version 7.3 is HDF5, in which arrays lie turned."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise DataError(
            f"{place}: is of MATLAB 7.3, which needs h5py; pip install 'segue[identify]', or save"
            " it with -v7"
        ) from error
    found: dict[str, np.ndarray] = {}
    try:
        with h5py.File(path, "r") as file:
            held: list[tuple[str, Any]] = [
                (name, item) for name, item in file.items() if isinstance(item, h5py.Dataset)
            ]
            _check_room(place, [item.shape for _, item in held])
            for name, item in held:
                if item.dtype.kind in "biuf" and item.ndim == 2:
                    found[name] = np.asarray(item[()]).T
    except DataError:
        raise
    except Exception as error:  # h5py's parser raises a dozen kinds
        raise DataError(f"{place}: is no MATLAB file, or damaged; save it again") from error
    return found


def _check_room(place: str, shapes: list[tuple[int, ...]]) -> None:
    """Refuse arrays that memory cannot hold before they are unpacked."""
    needed = sum(8 * int(np.prod(shape, dtype=object)) for shape in shapes)
    memory.require(2 * needed, place, "its arrays are unpacked")
