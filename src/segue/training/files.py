"""Files of a run: written whole or not at all, under names that nobody can foresee.

A run folder may come from somewhere else. What is written never follows a link that lies there,
and what is read is a regular file: a pipe or a device in its place is an error, not a wait.
"""

import errno
import os
import re
import secrets
import stat
import sys
from pathlib import Path

from segue.errors import RunError

NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_OURS = r"(run\.json|config\.json|step-\d+\.safetensors|\w+\.safetensors|report\.html)"
TEMPORARY = re.compile(rf"\..+\.[0-9a-f]{{16}}\.tmp|\.{_OURS}\.tmp")  # the second before 0.2


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file beside it, fsync, rename, fsync of the folder.

    A link at `path` is replaced, not followed.

    Raises:
        RunError: the file cannot be written (no space, no permission); the old one stays.
    """
    beside = stage(path, data)
    try:
        try:
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def stage(path: Path, data: bytes) -> Path:
    """Write `data` beside `path`, on the disk to its last byte; return where.

    Raises:
        RunError: it cannot be written; nothing is left.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        handle = os.open(
            beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | _BINARY, mode=0o666
        )
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error
    return beside


def read_file(path: Path, most: int | None = None) -> bytes:
    """Return what is in a regular file.

    Args:
        path: the file.
        most: bytes to return, from the beginning; all when None.

    Raises:
        OSError: it cannot be read, or is no regular file.
    """
    handle = os.open(path, os.O_RDONLY | _NO_WAIT | _BINARY)
    with open(handle, "rb") as file:  # noqa: PTH123 - a handle, not a path
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "is no regular file", str(path))
        return file.read(-1 if most is None else most)


def is_temporary(name: str) -> bool:
    """Whether a file has the name of one that was not yet in its place."""
    return TEMPORARY.fullmatch(name) is not None


def remove_temporary(folder: Path) -> None:
    """Remove what writes that were cut short by a crash left in `folder`."""
    if not folder.is_dir():
        return
    for left in list(folder.iterdir()):
        if is_temporary(left.name) and (left.is_symlink() or not left.is_dir()):
            left.unlink(missing_ok=True)


def own_folder(path: Path) -> None:
    """Make the folder of a run's files, where it is not there yet.

    Raises:
        RunError: it cannot be made, or leads out of the run.
    """
    refuse_link(path)
    try:
        if not path.is_dir():
            path.mkdir(parents=True)
            sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot be made: {error.strerror or error}") from error


def refuse_link(path: Path) -> None:
    """Raise `RunError` where `path` is a link: what is written there would land elsewhere."""
    if path.is_symlink():
        raise RunError(f"{path}: is a link, and a run writes only in its own folder: remove it")


def sync_folder(folder: Path) -> None:
    """Make renames and removals in `folder` last through a power cut."""
    if sys.platform == "win32":  # does not open folders
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems have no fsync of folders
            raise
    finally:
        os.close(handle)
