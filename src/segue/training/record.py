"""`metrics.jsonl`: what happened, as JSON lines that fit the checkpoints."""

import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FLUSH_SECONDS = 2.0


class MetricsLog:
    """Appends to `metrics.jsonl`.

    Lines are held back for a moment and written together; `sync` writes them before a checkpoint
    notes the file's length. A resumed run cuts the file to that length, so it goes on as if it
    had never stopped.

    Args:
        path: the file.
        length: bytes to keep of it.
    """

    def __init__(self, path: Path, length: int) -> None:
        self._file = path.open("ab")
        size = self._file.seek(0, os.SEEK_END)
        self.lost = max(length - size, 0)
        self._file.truncate(min(length, size))
        self._held: list[str] = []
        self._flushed = time.monotonic()

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


def _json(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
