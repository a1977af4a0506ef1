"""The bytes of a file: opened, un-gzipped and handed on in chunks."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from segue.errors import DataError

CHUNK = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"

# What a file is when it is not a table that can be read, by its first bytes.
FOREIGN = (
    (b"PK\x03\x04", "is a zip archive or an Excel workbook", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", "save the sheet as CSV"),
    (b"BZh", "is compressed with bzip2", "decompress it with `bunzip2`, or use gzip"),
    (b"\xfd7zXZ\x00", "is compressed with xz", "decompress it with `unxz`, or use gzip"),
    (b"(\xb5/\xfd", "is compressed with zstd", "decompress it with `unzstd`, or use gzip"),
    (b"\xff\xfe", "is not UTF-8 but UTF-16", "convert it with `iconv -f utf-16 -t utf-8`"),
    (b"\xfe\xff", "is not UTF-8 but UTF-16", "convert it with `iconv -f utf-16 -t utf-8`"),
)


class BinaryStream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""


@dataclass(frozen=True)
class Raw:
    """An open file whose content, gzipped or not, comes in chunks of at most 1 MiB."""

    head: bytes
    stream: BinaryStream
    place: str

    def chunks(self) -> Iterator[bytes]:
        """The whole content from the start; a damaged gzip file ends it with a `DataError`."""
        yield self.head
        while chunk := read_some(self.stream, self.place):
            yield chunk


@contextmanager
def open_raw(path: Path, place: str) -> Iterator[Raw]:
    """Open `path`, through gzip when its content is gzipped. `place` names it in errors."""
    try:
        file = path.open("rb")
    except IsADirectoryError as error:
        raise DataError(f"{place}: is a folder; name the file in it") from error
    except FileNotFoundError as error:
        raise DataError(f"{place}: there is no such file; check the path") from error
    except PermissionError as error:
        raise DataError(f"{place}: may not be read; give yourself permission") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{place}: cannot be opened ({reason}); check the path") from error
    with file:
        if file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC):  # a pipe cannot seek
            with gzip.open(file) as stream:
                yield _raw(stream, place)
        else:
            yield _raw(file, place)


def _raw(stream: BinaryStream, place: str) -> Raw:
    head = read_some(stream, place)
    for magic, what, remedy in FOREIGN:
        if head.startswith(magic):
            raise DataError(f"{place}: {what}; {remedy}")
    return Raw(head, stream, place)


def read_some(stream: BinaryStream, place: str) -> bytes:
    """The next chunk of `stream`, empty at its end."""
    try:
        return stream.read(CHUNK)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(
            f"{place}: the gzip data is damaged or cut short; fetch it again"
        ) from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{place}: cannot be read ({reason}); check the disk") from error
