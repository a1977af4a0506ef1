"""The bytes of a file: opened, decompressed, brought to UTF-8 and handed on in chunks."""

from __future__ import annotations

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from segue.data.notation import check_encoding
from segue.errors import DataError

CHUNK = 1 << 20

# Compressed files by their first bytes; each is read through.
COMPRESSED = (
    (b"\x1f\x8b", "gzip", gzip.open),
    (b"BZh", "bzip2", bz2.open),
    (b"\xfd7zXZ\x00", "xz", lzma.open),
)
_ENDINGS = (".gz", ".bz2", ".xz")  # of their names
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

# What a file is when it is not a table that can be read, by its first bytes.
FOREIGN = (
    (b"PK\x03\x04", "is a zip archive or an Excel workbook", "save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old Excel workbook", "save the sheet as CSV"),
    (b"(\xb5/\xfd", "is compressed with zstd", "decompress it with `unzstd`, or use gzip or xz"),
)


class BinaryStream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes, none at the end."""


@dataclass(frozen=True)
class Raw:
    """An open file whose content, compressed or not, comes in chunks of about 1 MiB.

    `encoding` is that of its text; None takes the bytes as they are, but for UTF-16 with its mark.
    """

    head: bytes
    stream: BinaryStream
    place: str
    compression: str = ""
    encoding: str | None = None

    def chunks(self) -> Iterator[bytes]:
        """The whole content from the start, text in UTF-8; damage ends it with a `DataError`.

        It begins anew for whoever has taken no more than the first chunk.
        """
        encoding = self.encoding
        if encoding is None and self.head.startswith(UTF_16_MARKS):
            encoding = "utf-16"
        return self._bytes() if encoding is None else self._recoded(encoding)

    def _bytes(self) -> Iterator[bytes]:
        yield self.head
        while chunk := _read_some(self.stream, self.place, self.compression):
            yield chunk

    def _recoded(self, encoding: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        row = 1
        for chunk, last in ((chunk, not chunk) for chunk in chain(self._bytes(), (b"",))):
            try:
                text = decoder.decode(chunk, last)
            except UnicodeDecodeError as error:
                raise DataError(
                    f"{self.place}: not {encoding} after row {row} "
                    f"(0x{error.object[error.start]:02x}); name the file's own encoding"
                ) from None
            row += text.count("\n")
            yield text.encode("utf-8", "surrogatepass")


def uncompressed(name: str) -> str:
    """The name of what is compressed in a file.

    >>> uncompressed("Train.ts.GZ"), uncompressed("train.ts")
    ('Train.ts', 'train.ts')
    """
    ending = next((end for end in _ENDINGS if name.lower().endswith(end)), "")
    return name[: len(name) - len(ending)]


@contextmanager
def open_raw(path: Path, place: str, encoding: str | None = None) -> Iterator[Raw]:
    """Open `path`, through its compression. `place` names it in errors."""
    check_encoding(encoding)
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
        start = file.peek(6)  # a pipe cannot seek
        for magic, name, opened in COMPRESSED:
            if start.startswith(magic):
                with opened(file) as stream:
                    yield _raw(stream, place, name, encoding)
                return
        yield _raw(file, place, "", encoding)


def _raw(stream: BinaryStream, place: str, compression: str, encoding: str | None) -> Raw:
    head = _read_some(stream, place, compression)
    for magic, what, remedy in FOREIGN:
        if head.startswith(magic):
            raise DataError(f"{place}: {what}; {remedy}")
    return Raw(head, stream, place, compression, encoding)


def _read_some(stream: BinaryStream, place: str, compression: str) -> bytes:
    """The next chunk of `stream`, empty at its end."""
    try:
        return stream.read(CHUNK)
    except (EOFError, zlib.error, lzma.LZMAError) as error:
        raise _damaged(place, compression) from error
    except OSError as error:
        if compression and error.errno is None:
            raise _damaged(place, compression) from error
        reason = error.strerror or error
        raise DataError(f"{place}: cannot be read ({reason}); check the disk") from error


def _damaged(place: str, compression: str) -> DataError:
    return DataError(f"{place}: the {compression} data is damaged or cut short; fetch it again")
