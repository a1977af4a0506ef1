"""Examples in folders: a folder for each class, or a text file for each class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segue.data import memory
from segue.data.divisions import PARTS
from segue.data.images import SUFFIXES, read_image
from segue.data.lines import read_lines
from segue.data.raw import uncompressed
from segue.data.wording import count, one_line, shorten
from segue.errors import DataError
from segue.tasks.examples.examples import Examples, Kind, label_codes
from segue.tasks.examples.numbers import image_inputs

Classes = tuple[str, ...] | None

LONGEST = 1 << 20  # characters in a text


@dataclass(frozen=True)
class _File:
    path: Path
    label: str
    part: str


def examples_from_folder(
    path: str | Path, classes: Classes, *, labelled: bool, encoding: str | None = None
) -> Examples:
    """Read a folder with a folder for each class, of images or of texts, one in each file.

    Above the folders of classes may be folders called train, validation and test. A folder of
    text files alone has a class in each file, and an example in each line; without labels each
    file is an example. Hidden files are passed over.

    Raises:
        DataError: the folder is empty, a file in it cannot be read or is of another kind or size.
    """
    folder, source = Path(path), str(path)
    files, folders = _entries(folder, source)
    if not folders:
        if not files:
            raise DataError(
                f"{one_line(source)}: the folder is empty; put a folder for each class in it"
            )
        if labelled:
            return _lines(files, source, classes, encoding)
        return _read([_File(file, "", "") for file in files], source, None, False, encoding)
    found = list(_sorted_files(folder, folders, files, source))
    return _read(found, source, classes, labelled, encoding)


def examples_from_lines(path: str | Path, encoding: str | None = None) -> Examples:
    """Read a text file without labels: an example in each line.

    Raises:
        DataError: a line is empty, or the file cannot be read.
    """
    source = str(path)
    found = [
        (f"row {row}", str(row), line) for row, line in read_lines(Path(path), encoding=encoding)
    ]
    if not found:
        raise DataError(f"{one_line(source)}: the file is empty; it needs lines")
    where, ids, texts = zip(*found, strict=True)
    return _texts(source, ids, where, texts, (), None)


def _entries(folder: Path, source: str) -> tuple[list[Path], list[Path]]:
    """Files and folders in a folder, by name; hidden ones are passed over."""
    try:
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{one_line(source)}: cannot be read ({reason})") from None
    folders = [entry for entry in entries if entry.is_dir()]
    return [entry for entry in entries if not entry.is_dir()], folders


def _sorted_files(
    folder: Path, folders: list[Path], files: list[Path], source: str
) -> Iterator[_File]:
    """Every file with its class and part."""
    if files:
        raise DataError(
            f"{one_line(source)}: {shorten(files[0].name)} lies beside the folders of the classes; "
            "move it into one, or away"
        )
    parts = [PARTS.get(entry.name.lower(), "") for entry in folders]
    divided = all(parts) and any(_entries(entry, str(entry))[1] for entry in folders)
    for entry, part in zip(folders, parts, strict=True):
        inner, deeper = _entries(entry, str(entry))
        if divided:
            yield from (
                _File(one.path, one.label, part)
                for one in _sorted_files(entry, deeper, inner, str(entry))
            )
            continue
        if deeper:
            raise DataError(
                f"{one_line(str(deeper[0]))}: a folder within the folder of a class; move its "
                "files up"
            )
        if not inner:
            raise DataError(
                f"{one_line(str(entry))}: the folder of a class is empty; put files in it, or "
                "remove it"
            )
        yield from (_File(file, entry.name, "") for file in inner)


def _read(
    files: Sequence[_File],
    source: str,
    classes: Classes,
    labelled: bool,
    encoding: str | None,
) -> Examples:
    """Images where the first file is one, else texts."""
    names = tuple(file.path.relative_to(source).as_posix() for file in files)
    pictures = [file.path.suffix.lower() in SUFFIXES for file in files]
    odd = next((i for i, picture in enumerate(pictures) if picture != pictures[0]), None)
    if odd is not None:
        kinds = ("an image", "a text")
        first, other = kinds if pictures[0] else kinds[::-1]
        raise DataError(
            f"{one_line(source)}: {one_line(names[odd])}: is {other} where "
            f"{one_line(names[0])} is {first}; keep one kind"
        )
    codes = None
    if labelled:
        classes, codes = label_codes([file.label for file in files], classes, source, names)
    parts = np.array([file.part for file in files])
    division = parts if parts[0] else None
    if pictures[0]:
        inputs, channels = image_inputs(_images(files, names, source))
        return Examples(
            Kind.IMAGE,
            source,
            names,
            names,
            classes or (),
            codes,
            inputs=inputs,
            channels=channels,
            division=division,
        )
    texts = [_text(file.path, encoding) for file in files]
    return _texts(source, names, names, texts, classes or (), codes, division)


def _images(files: Sequence[_File], names: Sequence[str], source: str) -> np.ndarray:
    """float32 `[n, H, W, C]`; all must be of one size."""
    first = read_image(files[0].path)
    memory.require(len(files) * first.nbytes, one_line(source), count(len(files), "image"))
    images = np.empty((len(files), *first.shape), np.float32)
    for number, file in enumerate(files):
        image = first if number == 0 else read_image(file.path)
        if image.shape != first.shape:
            raise DataError(
                f"{one_line(source)}: {one_line(names[number])}: is {_size(image)} where "
                f"{one_line(names[0])} is {_size(first)}; scale them to one size"
            )
        images[number] = image
    return images


def _size(image: np.ndarray) -> str:
    height, width, colours = image.shape
    return f"{width} x {height} pixels of {count(colours, 'colour')}"


def _text(path: Path, encoding: str | None) -> str:
    """A whole file as one text."""
    lines, size = [], 0
    for _, line in read_lines(path, encoding=encoding):
        lines.append(line)
        size += len(line)
        if size > LONGEST:
            raise DataError(f"{one_line(str(path))}: the text is longer than 1 MiB; divide it")
    return "\n".join(lines).strip()


def _lines(files: Sequence[Path], source: str, classes: Classes, encoding: str | None) -> Examples:
    """A class in each file, an example in each line that is not blank."""
    ids, where, texts, labels = [], [], [], []
    for file in files:
        if file.suffix.lower() in SUFFIXES:
            raise DataError(
                f"{one_line(source)}: {shorten(file.name)} has no class; put images into a folder "
                "for each class"
            )
        label = uncompressed(file.name).removesuffix(".txt")
        for row, line in read_lines(file, encoding=encoding):
            if line.strip():
                ids.append(f"{file.name}:{row}")
                where.append(f"{file.name}, row {row}")
                texts.append(line.strip())
                labels.append(label)
    if not texts:
        raise DataError(f"{one_line(source)}: the files are empty; write an example on each line")
    classes, codes = label_codes(labels, classes, source, where)
    return _texts(source, ids, where, texts, classes, codes)


def _texts(
    source: str,
    ids: Sequence[str],
    where: Sequence[str],
    texts: Sequence[str],
    classes: tuple[str, ...],
    labels: np.ndarray | None,
    division: np.ndarray | None = None,
) -> Examples:
    examples = Examples(
        Kind.TEXT,
        source,
        tuple(ids),
        tuple(where),
        classes,
        labels,
        texts=tuple(texts),
        division=division,
    )
    for number, text in enumerate(texts):
        if not text.strip():
            raise examples.error(number, "the text is empty; write it, or remove the example")
    return examples
