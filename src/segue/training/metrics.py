"""What happened: `metrics.jsonl`, whose lines fit the checkpoints, and TensorBoard."""

import json
import math
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from segue.errors import RunError
from segue.training import tensorboard
from segue.training.files import NO_FOLLOW, read_file, write_whole
from segue.training.keeper import Keeper
from segue.training.position import Position
from segue.training.tensorboard import EventFiles

FLUSH_SECONDS = 2.0


class MetricsLog:
    """Appends to `metrics.jsonl`.

    Lines are held back for a moment and written together; `sync` writes them before a checkpoint
    notes the file's length. A resumed run cuts the file to that length, so it goes on as if it
    had never stopped.

    Args:
        path: the file.
        length: bytes to keep of it. When there are fewer, a line on stderr says so.
        first: its first line.

    Raises:
        RunError: it is another run's, or it cannot be written.
    """

    def __init__(self, path: Path, length: int, first: Mapping[str, Any]) -> None:
        data = _kept(path, length, first)
        write_whole(path, data)  # a file of its own, whatever lay there
        try:
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | NO_FOLLOW)
        except OSError as error:
            raise RunError(f"{path}: cannot be written: {error.strerror or error}") from None
        self._file = open(handle, "ab")  # noqa: PTH123, SIM115 - a handle, closed by `close`
        self._held: list[str] = []
        self._flushed = time.monotonic()
        if not data:
            self.write(first)

    def write(self, line: Mapping[str, Any]) -> None:
        """Append a line; numbers that are not finite become null."""
        self._held.append(json.dumps({k: _json(v) for k, v in line.items()}, allow_nan=False))
        if time.monotonic() - self._flushed > FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand the lines to the operating system."""
        if self._held:
            self._file.write("".join(line + "\n" for line in self._held).encode())
            self._file.flush()
            self._held.clear()
        self._flushed = time.monotonic()

    def sync(self) -> int:
        """Put all lines on the disk; return the file's length in bytes."""
        self.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def close(self) -> None:
        """Write what is held back, and close."""
        self.flush()
        self._file.close()


class MetricsWriter:
    """Writes what happens to metrics.jsonl and to TensorBoard.

    Before `open`, and in processes that write no files, it writes nowhere.
    """

    def __init__(self) -> None:
        self._log: MetricsLog | None = None
        self._events: EventFiles | None = None

    def open(self, keeper: Keeper, position: Position, *, events: bool) -> None:
        """Go on from `position`.

        Args:
            keeper: of the run to write to.
            position: where the training is.
            events: also write for TensorBoard, if it is installed.
        """
        run = keeper.run
        identity = asdict(keeper.identity) if keeper.identity else {}
        first = {"kind": "run", **identity, **keeper.environment}
        self._log = MetricsLog(run.metrics_path, position.metrics_bytes, first)
        if events and tensorboard.installed():
            self._events = EventFiles(run.tensorboard_path, position.step)

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line of metrics.jsonl; it has a kind and a step."""
        if self._log:
            self._log.write(line)
        if self._events:
            self._events.write(line)

    def sync(self) -> int:
        """Put all on the disk; return the length of metrics.jsonl in bytes."""
        if self._events:
            self._events.flush()
        return self._log.sync() if self._log else 0

    def close(self) -> None:
        """Write what is held back, and close."""
        if self._log:
            self._log.close()
        if self._events:
            self._events.close()


def _kept(path: Path, length: int, first: Mapping[str, Any]) -> bytes:
    """What stays of a run's metrics, up to a length.

    Raises:
        RunError: they cannot be read, or are another run's.
    """
    if not length:
        return b""
    try:
        data = read_file(path)
    except FileNotFoundError:
        data = b""
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) < length:
        print(f"warning: {path}: lines are missing at its end", file=sys.stderr, flush=True)
        length = data.rfind(b"\n") + 1
    data = data[:length]
    if data and "run" in first:
        try:
            found = json.loads(data[: data.find(b"\n")])
        except (ValueError, RecursionError):
            raise RunError(f"{path}:1: is not JSON: the file is damaged there") from None
        if not isinstance(found, dict) or found.get("run") != first["run"]:
            raise RunError(f"{path}: is another run's: put back the file of this one")
    return data


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
