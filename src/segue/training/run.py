"""`RunFolder`: where a training leaves what it made."""

import json
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.errors import RunError
from segue.training import manifest as manifests
from segue.training.ending import Ending, read_ending
from segue.training.files import is_temporary, read_file, remove_temporary, sync_folder, write_whole
from segue.training.identity import Identity
from segue.training.lock import FolderLock
from segue.training.manifest import Manifest, sha256


class RunFolder:
    """A folder with `config.json`, `weights.safetensors`, `metrics.jsonl`, `checkpoints/`.

    Its `run.json` gives it an identity, which all of its files name: those of another run, and a
    config.json that was edited, are refused. `RunFolder(path)` itself touches no file.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> run = RunFolder.create(f"{folder}/first")
    >>> run.write_config({"task": "forecast"})
    >>> RunFolder.open(f"{folder}/first").read_config()
    {'task': 'forecast'}
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = FolderLock(self.path)

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @classmethod
    def create(cls, path: str | Path, *, resume: bool = False) -> "RunFolder":
        """Make the folder for a new run; nothing that is already on disk is lost.

        Args:
            path: a folder that does not exist or is empty.
            resume: an existing run is opened instead.

        Raises:
            RunError: there is a run already, or the folder holds something else.
        """
        run = cls(path)
        if run.exists:
            if resume:
                return run
            raise RunError(f"{path}: holds a run already: resume it or name another folder")
        try:
            if run.path.is_dir() and not all(map(_torn, run.path.iterdir())):
                raise RunError(f"{path}: is not empty and not a run: name another folder")
            if run.path.exists() and not run.path.is_dir():
                raise RunError(f"{path}: is a file: name a folder")
            run.path.mkdir(parents=True, exist_ok=True)
            sync_folder(run.path.parent)
        except OSError as error:
            raise RunError(f"{path}: cannot be made: {error.strerror or error}") from error
        return run

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """Open an existing run.

        Raises:
            RunError: there is no run at `path`.
        """
        run = cls(path)
        if not run.path.is_dir():
            raise RunError(f"{path}: no such folder: name the folder that a training made")
        if not run.exists:
            raise RunError(f"{path}: is not a run, it has no config.json: name a run's folder")
        return run

    @property
    def exists(self) -> bool:
        """Whether the folder holds a run."""
        return self.config_path.is_file()

    @property
    def config_path(self) -> Path:
        """What was trained: written by the task."""
        return self.path / "config.json"

    @property
    def weights_path(self) -> Path:
        """The best weights."""
        return self.path / "weights.safetensors"

    @property
    def metrics_path(self) -> Path:
        """One JSON object for each step and epoch."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "checkpoints"

    @property
    def report_path(self) -> Path:
        """The report, one html file."""
        return self.path / "report.html"

    @property
    def tensorboard_path(self) -> Path:
        """The folder of TensorBoard's event files."""
        return self.path / "tensorboard"

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Begin the run: give it its identity and write `config.json`, whole or not at all.

        Raises:
            RunError: it cannot be written, or the folder holds a run already.
        """
        text = json.dumps(dict(config), indent=2, allow_nan=False, ensure_ascii=False) + "\n"
        with self.locked():
            if self.exists or self.checkpoints_path.exists():
                raise RunError(
                    f"{self.path}: holds a run already: resume it or name another folder"
                )
            remove_temporary(self.path)
            Manifest.new(text.encode()).write(self.path)
            write_whole(self.config_path, text.encode())

    def read_config(self) -> dict[str, Any]:
        """Return what `write_config` wrote.

        Raises:
            RunError: it is missing, was edited, or is no JSON object.
        """
        try:
            data = read_file(self.config_path)
            config = json.loads(data.decode())
        except FileNotFoundError:
            raise RunError(f"{self.path}: is not a run, it has no config.json") from None
        except OSError as error:
            why = error.strerror or error
            raise RunError(f"{self.config_path}: cannot be read: {why}") from error
        except (ValueError, RecursionError) as error:
            raise RunError(f"{self.config_path}: cannot be read: {error}") from None
        if not isinstance(config, dict):
            raise RunError(f"{self.config_path}: is no JSON object: the run is damaged")
        self._check_config(data)
        return config

    @property
    def identity(self) -> Identity | None:
        """What every file of the run names; None for a run of a version that gave none.

        Raises:
            RunError: run.json is damaged, or config.json was edited.
        """
        manifest = Manifest.read(self.path)
        if manifest is None:
            return None
        self._check_config(self._config())
        return manifest.identity

    def identify(self) -> Identity | None:
        """Return the run's identity; give it one where nothing was trained yet.

        Raises:
            RunError: run.json is damaged or cannot be written, or config.json was edited.
        """
        if Manifest.read(self.path) is not None:
            return self.identity
        made = Manifest.new(self._config())
        made.write(self.path)
        return made.identity

    def _config(self) -> bytes | None:
        return read_file(self.config_path) if self.exists else None

    def _check_config(self, data: bytes | None) -> None:
        manifest = Manifest.read(self.path)
        written = None if data is None else sha256(data)
        if manifest is not None and manifest.config != written:
            raise RunError(
                f"{self.config_path}: is not what the training wrote: put that back, or train a"
                " new run with other settings"
            )

    def metrics(self) -> list[dict[str, Any]]:
        """Return the lines of `metrics.jsonl`, of all kinds, in order; none when there is no file.

        The first one is of the kind "run": the run's identity, and what it was trained under.

        A last line that is only partly written (by a training that runs or was killed) is left
        out.

        Raises:
            RunError: a line is not JSON; file and line are named.
        """
        try:
            data = read_file(self.metrics_path)
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        lines = []
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                lines.append(json.loads(line))
            except ValueError:
                raise RunError(
                    f"{self.metrics_path}:{number}: is not JSON: the file is damaged there"
                ) from None
        return lines

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder: a second training in it is refused. A dead process holds nothing.

        What holds the folder through this object may hold it again, as `fit` does.

        Raises:
            RunError: there is no such folder, or another training holds it.
        """
        with self._lock.hold():
            yield

    @property
    def held_outside(self) -> bool:
        """Whether the folder was held already where it was last held: an end will follow."""
        return self._lock.outer

    @contextmanager
    def ending(self) -> Iterator[Ending]:
        """Write the files of the run's end; they become visible together when this is left.

        After an error, and after a kill at any moment, either all or none of them are the run's,
        and those of an earlier end stay as they were. `read` gives them back.

        Raises:
            RunError: a file cannot be written, or another training holds the folder.

        >>> import tempfile
        >>> run = RunFolder.create(tempfile.mkdtemp())
        >>> with run.ending() as end:
        ...     end.write("report.html", b"<!doctype html>")
        ...     run.finished
        False
        >>> run.finished, run.read("report.html")
        (True, [b'<!doctype html>'])
        """
        with self.locked():
            manifest = Manifest.read(self.path)
            if manifest is None:  # begun by a version without it: its checkpoints name no run
                manifest = Manifest.new(self._config(), identified=False)
            end = Ending(self.path, manifest)
            try:
                yield end
                end.publish()
            except BaseException:
                end.discard()
                raise

    @property
    def finished(self) -> bool:
        """Whether the run has an end: files that `ending` wrote.

        Raises:
            RunError: run.json is damaged.
        """
        manifest = Manifest.read(self.path)
        return manifest is not None and bool(manifest.files)

    def read(self, *names: str) -> list[bytes]:
        """Return the content of files of the run's end, all of the same end, in this order.

        Of a run without an identity, which an earlier version made, they are taken as they lie.

        Raises:
            RunError: the training has not finished, or a file is not what it wrote.
        """
        found = read_ending(self.path, names)
        if found is not None:
            return found
        if self.identity is None:
            try:
                return [read_file(self.path / name) for name in names]
            except FileNotFoundError:
                pass
            except OSError as error:
                why = error.strerror or error
                raise RunError(f"{error.filename}: cannot be read: {why}") from None
        raise RunError(
            f"{self.path}: its training has not finished: "
            + shlex.join(["segue", "train", "--resume", str(self.path)])
        )

    def copy(self, path: str | Path) -> "RunFolder":
        """Copy what the training left, without its checkpoints, to a new folder.

        Raises:
            RunError: the training has not finished, or the folder holds something already.
        """
        manifest, config = Manifest.read(self.path), self.config_path.name
        if manifest is None:
            names = sorted(each.name for each in self.path.iterdir() if each.is_file())
        else:
            names = [*manifest.files] or [self.weights_path.name]
        content = dict(zip(names, self.read(*names), strict=True))
        for kept in (self.metrics_path, self.config_path):
            if kept.is_file():
                content[kept.name] = read_file(kept)
        made = RunFolder.create(path)
        with made.locked():
            for name, data in content.items():
                if name != config:
                    write_whole(made.path / name, data)
            if manifest is not None:
                manifest.write(made.path)
            write_whole(made.config_path, content[config])
        return made


def _torn(path: Path) -> bool:
    """Whether a training that was killed at once leaves such a file."""
    if path.name == manifests.NAME:
        try:
            found = Manifest.read(path.parent)
        except RunError:
            return False
        return found is not None and not found.files
    return is_temporary(path.name)
