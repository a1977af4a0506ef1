"""Metrics for TensorBoard, where it is installed."""

import importlib.util
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from segue.training.files import own_folder, refuse_link

SECONDS_BETWEEN_STEPS = 0.1


def installed() -> bool:
    """Whether the `tensorboard` package is there."""
    return importlib.util.find_spec("tensorboard") is not None


class EventFiles:
    """Writes the numbers of metrics.jsonl, by step, to event files.

    Of steps that follow each other within a tenth of a second only one is written.

    Args:
        folder: where the event files go.
        step: the step that training goes on from; events behind it are not shown any more.

    Raises:
        RunError: the folder, or a file in it, is a link.
    """

    def __init__(self, folder: Path, step: int) -> None:
        from torch.utils.tensorboard import SummaryWriter

        own_folder(folder)
        for path in folder.iterdir():
            refuse_link(path)
        self._writer = SummaryWriter(str(folder), purge_step=step + 1 if step else None)
        self._written = 0.0

    def write(self, line: Mapping[str, Any]) -> None:
        """Write the numbers of a line of metrics.jsonl, under its kind."""
        now = time.monotonic()
        if line["kind"] == "step":
            if now - self._written < SECONDS_BETWEEN_STEPS:
                return
            self._written = now
        for name, value in line.items():
            if isinstance(value, float):
                self._writer.add_scalar(f"{line['kind']}/{name}", value, line["step"])

    def flush(self) -> None:
        """Hand all to the operating system."""
        self._writer.flush()

    def close(self) -> None:
        """Write what is held back, and close."""
        self._writer.close()
