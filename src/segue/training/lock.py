"""A lock on a run folder, which a dead process does not hold."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segue.errors import RunError

if sys.platform != "win32":
    import fcntl


class FolderLock:
    """Holds a folder for one training; the thread that holds it may take it again.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._depth = 0
        self._owner: int | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder while entered.

        Raises:
            RunError: there is no such folder, or another training holds it.
        """
        here = threading.get_ident()
        if self._owner == here:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        with self._taken():
            self._owner = here
            try:
                yield
            finally:
                self._owner = None

    @property
    def outer(self) -> bool:
        """Whether what runs now is inside of another part that holds the folder."""
        return self._depth > 0

    @contextmanager
    def _taken(self) -> Iterator[None]:
        if sys.platform == "win32":  # has no flock
            yield
            return
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            raise RunError(f"{self.path}: no such folder: make it with RunFolder.create") from None
        except OSError as error:
            raise RunError(f"{self.path}: cannot be opened: {error.strerror or error}") from None
        try:
            self._flock(handle)
            yield
        finally:
            os.close(handle)

    def _flock(self, handle: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunError(
                f"{self.path}: another process trains here: wait for it or stop it"
            ) from None
        except OSError as error:  # some network file systems have no locks
            why = error.strerror or error
            print(
                f"warning: {self.path}: cannot be locked ({why}): train here once at a time",
                file=sys.stderr,
                flush=True,
            )
