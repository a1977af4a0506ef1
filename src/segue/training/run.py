"""`RunFolder`: where a training leaves what it made."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segue.errors import RunError
from segue.training.files import sync_folder, temporary, write_whole

if sys.platform != "win32":
    import fcntl


class RunFolder:
    """A folder with `config.json`, `weights.safetensors`, `metrics.jsonl`, `checkpoints/`.

    `RunFolder(path)` itself touches no file.

    >>> import tempfile
    >>> folder = tempfile.mkdtemp()
    >>> run = RunFolder.create(f"{folder}/first")
    >>> run.write_config({"task": "forecast"})
    >>> RunFolder.open(f"{folder}/first").read_config()
    {'task': 'forecast'}
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

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
            torn = temporary(run.config_path)  # of a training that was killed at once
            if run.path.is_dir() and any(path != torn for path in run.path.iterdir()):
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
        """Write `config.json`, whole or not at all.

        Raises:
            RunError: it cannot be written.
        """
        text = json.dumps(dict(config), indent=2, allow_nan=False, ensure_ascii=False)
        write_whole(self.config_path, (text + "\n").encode())

    def read_config(self) -> dict[str, Any]:
        """Return what `write_config` wrote.

        Raises:
            RunError: it is missing or no JSON object.
        """
        try:
            config = json.loads(self.config_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RunError(f"{self.path}: is not a run, it has no config.json") from None
        except (OSError, ValueError) as error:
            raise RunError(f"{self.config_path}: cannot be read: {error}") from error
        if not isinstance(config, dict):
            raise RunError(f"{self.config_path}: is no JSON object: the run is damaged")
        return config

    def metrics(self) -> list[dict[str, Any]]:
        """Return the lines of `metrics.jsonl`, of all kinds, in order; none when there is no file.

        A last line that is only partly written (by a training that runs or was killed) is left
        out.

        Raises:
            RunError: a line is not JSON; file and line are named.
        """
        try:
            data = self.metrics_path.read_bytes()
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

        Raises:
            RunError: there is no such folder, or another process trains in it.
        """
        if sys.platform == "win32":  # has no flock
            yield
            return
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            raise RunError(f"{self.path}: no such folder: make it with RunFolder.create") from None
        try:
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
            yield
        finally:
            os.close(handle)
