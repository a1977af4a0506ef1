"""`Ending`: the files that a run's end writes, which become visible as one."""

import contextlib
from pathlib import Path

from segue.errors import RunError
from segue.training.files import read_file, refuse_link, remove_temporary, stage, sync_folder
from segue.training.manifest import Entry, Manifest, sha256

_TRIES = 20


class Ending:
    """Collects files, and makes them the run's all at once.

    Args:
        folder: the run's, held by this process.
        manifest: what its run.json says, or shall say.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self.files: dict[str, Entry] = {}

    def write(self, name: str, data: bytes) -> None:
        """Write a file that becomes visible with the others.

        Raises:
            RunError: it cannot be written.
        """
        path = self.folder / name
        if path.is_dir():
            refuse_link(path)
            raise RunError(f"{path}: is a folder: remove it")
        staged = stage(path, data)
        self.files[name] = Entry(sha256=sha256(data), staged=staged.name)

    def publish(self) -> None:
        """Make all that was written the run's, in the place of what an earlier end left."""
        self.manifest.model_copy(update={"files": self.files}).write(self.folder)
        settle(self.folder)

    def discard(self) -> None:
        """Remove what was written, unless it is the run's already."""
        manifest = None
        with contextlib.suppress(RunError):
            manifest = Manifest.read(self.folder)
        published = {} if manifest is None else manifest.files
        for name, entry in self.files.items():
            if published.get(name) != entry:
                (self.folder / entry.staged).unlink(missing_ok=True)


def settle(folder: Path) -> None:
    """Move the files of a run's end to their places, and remove what crashes left.

    Raises:
        RunError: a file cannot be moved.
    """
    manifest = Manifest.read(folder)
    try:
        for name, entry in manifest.files.items() if manifest else ():
            staged = folder / entry.staged
            if staged.is_file() and not staged.is_symlink():
                staged.replace(folder / name)
        sync_folder(folder)
        remove_temporary(folder)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror or error}") from error


def read_ending(folder: Path, names: tuple[str, ...]) -> list[bytes] | None:
    """Return files of one and the same end of a run; None where it has not ended.

    Raises:
        RunError: a file is not what the end wrote.
    """
    for _ in range(_TRIES):
        manifest = Manifest.read(folder)
        if manifest is None or not manifest.files:
            return None
        if absent := [name for name in names if name not in manifest.files]:
            raise RunError(f"{folder / absent[0]}: was not written by this training: train again")
        found = [_read(folder, name, manifest.files[name]) for name in names]
        whole = [data for data in found if data is not None]
        if len(whole) == len(names):
            return whole
        if Manifest.read(folder) == manifest:  # else another end came in between
            break
    torn = next(name for name, data in zip(names, found, strict=True) if data is None)
    what = "is not what the training wrote" if (folder / torn).exists() else "is missing"
    raise RunError(f"{folder / torn}: {what}: train again")


def _read(folder: Path, name: str, entry: Entry) -> bytes | None:
    """Return a file's content from its place or from where it was staged; None if it is neither."""
    for place in (folder / name, folder / entry.staged, folder / name):  # it may move meanwhile
        try:
            data = read_file(place)
        except OSError:
            continue
        if sha256(data) == entry.sha256:
            return data
    return None
