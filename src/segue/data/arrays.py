"""Arrays in files: NumPy's, and the IDX format of MNIST. Nothing in them is executed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from segue.data.raw import open_raw
from segue.data.wording import one_line
from segue.errors import DataError

IDX_TYPES = {
    0x08: ">u1",
    0x09: ">i1",
    0x0B: ">i2",
    0x0C: ">i4",
    0x0D: ">f4",
    0x0E: ">f8",
}


def read_npy(path: str | Path) -> np.ndarray:
    """Read a `.npy` file.

    Raises:
        DataError: there is no such file, it is damaged, or holds Python objects.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "x.npy"
    >>> np.save(path, np.arange(3))
    >>> read_npy(path).tolist()
    [0, 1, 2]
    """
    place = _there(path)
    try:
        loaded = np.load(path, allow_pickle=False)
    except Exception as error:  # numpy's parser raises a dozen kinds
        raise _damaged(place, error) from None
    if not isinstance(loaded, np.ndarray):
        loaded.close()
        raise DataError(f"{place}: holds several arrays; call it .npz")
    return loaded


def read_npz(path: str | Path) -> dict[str, np.ndarray]:
    """Read all arrays of a `.npz` file, by name.

    Raises:
        DataError: there is no such file, it is damaged, or holds Python objects.

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "data.npz"
    >>> np.savez(path, x=np.zeros((2, 3)), y=np.array([0, 1]))
    >>> {name: array.shape for name, array in read_npz(path).items()}
    {'x': (2, 3), 'y': (2,)}
    """
    place = _there(path)
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise DataError(f"{place}: holds one array; call it .npy")
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except DataError:
        raise
    except Exception as error:  # numpy's parser raises a dozen kinds
        raise _damaged(place, error) from None


def is_idx(head: bytes) -> bool:
    """Whether a file that begins so is in the IDX format."""
    return len(head) >= 4 and head[:2] == b"\0\0" and head[2] in IDX_TYPES and 1 <= head[3] <= 4


def read_idx(path: str | Path) -> np.ndarray:
    """Read a file in the IDX format, plain or compressed.

    Raises:
        DataError: it is none, or its size is not what its head says.
    """
    place = one_line(str(path))
    with open_raw(Path(path), place) as raw:
        if not is_idx(raw.head):
            raise DataError(f"{place}: does not begin as an IDX file does; fetch it again")
        kind, dimensions = raw.head[2], raw.head[3]
        start = 4 + 4 * dimensions
        if len(raw.head) < start:
            raise DataError(f"{place}: is cut short; fetch it again")
        shape = tuple(np.frombuffer(raw.head, ">u4", dimensions, 4).tolist())
        dtype = np.dtype(IDX_TYPES[kind])
        needed = math.prod(shape) * dtype.itemsize
        parts, size = [], -start
        for chunk in raw.chunks():
            parts.append(chunk)
            size += len(chunk)
            if size > needed:
                break
    if size != needed:
        less = "fewer" if size < needed else "more"
        raise DataError(f"{place}: has {less} bytes than its head says; fetch it again")
    content = np.frombuffer(b"".join(parts), dtype, offset=start)
    return content.reshape(shape).astype(dtype.newbyteorder("="))


def _there(path: str | Path) -> str:
    """The place for errors, once the file can be opened."""
    place = one_line(str(path))
    try:
        with Path(path).open("rb"):
            pass
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{place}: cannot be opened ({reason}); check the path") from None
    return place


def _damaged(place: str, error: BaseException) -> DataError:
    if isinstance(error, MemoryError):
        return DataError(f"{place}: says that it holds more than memory does; fetch it again")
    if "allow_pickle" in str(error):
        return DataError(f"{place}: holds Python objects, which are not read; save plain numbers")
    return DataError(f"{place}: is no NumPy file, or damaged; save it again with numpy.save")
