"""Writing a file so that a crash leaves either the old one or the new one, whole."""

import errno
import os
import sys
from pathlib import Path

from segue.errors import RunError


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: temporary file beside it, fsync, rename, fsync of the folder.

    Raises:
        RunError: the file cannot be written (no space, no permission); the old one stays.
    """
    beside = temporary(path)
    try:
        try:
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path}: cannot be written: {error.strerror or error}") from error


def temporary(path: Path) -> Path:
    """Return the name under which `write_whole` writes `path` at first."""
    return path.with_name(f".{path.name}.tmp")


def remove_temporary(folder: Path) -> None:
    """Remove what writes that were cut short by a crash left in `folder`."""
    for left in folder.glob(".*.tmp"):
        left.unlink(missing_ok=True)


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
