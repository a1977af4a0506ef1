"""What a person sees while a model trains; all of it on stderr."""

import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as RichBars


@dataclass(frozen=True)
class Plan:
    """How much there is to do.

    Attributes:
        epochs: in all.
        batches: in an epoch.
        done: batches already done, in all epochs.
        seconds: that are left until the time is up; None when there is no limit.
    """

    epochs: int
    batches: int
    done: int
    seconds: float | None = None


class Pace:
    """How fast a plan is carried out, and when it will be done."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.done = plan.done
        self.began = time.monotonic()

    def __str__(self) -> str:
        elapsed = time.monotonic() - self.began
        rate = (self.done - self.plan.done) / max(elapsed, 1e-9)
        if not rate:
            return ""
        left = (self.plan.epochs * self.plan.batches - self.done) / rate
        if self.plan.seconds is not None:
            left = min(left, max(self.plan.seconds - elapsed, 0))
        return f"{rate:.1f} batches/s  {duration(left)} left"


class Progress(Protocol):
    """Told by the loop what happens."""

    def start(self, plan: Plan) -> None:
        """Training begins, or goes on behind `plan.done` batches."""
        ...

    def step(self, done: int, loss: float | None) -> None:
        """An optimizer step is over; `done` batches are, in all epochs. `loss` is the step's."""
        ...

    def epoch(self, line: Mapping[str, Any], *, best: bool) -> None:
        """An epoch is over; `line` is its line in metrics.jsonl."""
        ...

    def note(self, text: str) -> None:
        """Something a person should know."""
        ...

    def close(self) -> None:
        """Training is over, or stopped."""
        ...


class Silent:
    """Shows nothing."""

    def start(self, plan: Plan) -> None:
        """Show nothing."""

    def step(self, done: int, loss: float | None) -> None:
        """Show nothing."""

    def epoch(self, line: Mapping[str, Any], *, best: bool) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Show nothing."""


class Lines:
    """One plain line for each epoch: for logs and pipes.

    Args:
        file: where to write; stderr when None.
    """

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = sys.stderr if file is None else file
        self.pace = Pace(Plan(0, 0, 0))

    def start(self, plan: Plan) -> None:
        """Note the time."""
        self.pace = Pace(plan)

    def step(self, done: int, loss: float | None) -> None:
        """Count."""
        self.pace.done = done

    def epoch(self, line: Mapping[str, Any], *, best: bool) -> None:
        """Write the epoch's line."""
        epochs = self.pace.plan.epochs
        self.note(f"epoch {line['epoch']}/{epochs}  {losses(line, best=best)}  {self.pace}")

    def note(self, text: str) -> None:
        """Write a line."""
        print(text, file=self.file, flush=True)

    def close(self) -> None:
        """Nothing is left open."""


class Bars:
    """A bar that moves, for a terminal, and above it a line for each epoch.

    Args:
        console: where to draw; stderr when None.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = Console(stderr=True) if console is None else console
        self.bars = RichBars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[loss]}"),
            TextColumn("{task.fields[pace]}"),
            console=self.console,
            refresh_per_second=5,
        )
        self.task = self.bars.add_task("training", visible=False, loss="", pace="")
        self.pace = Pace(Plan(0, 0, 0))

    def start(self, plan: Plan) -> None:
        """Draw the bar."""
        self.pace = Pace(plan)
        total = plan.epochs * plan.batches
        self.bars.update(self.task, total=total, completed=plan.done, visible=True)
        self.bars.start()

    def step(self, done: int, loss: float | None) -> None:
        """Move the bar."""
        self.pace.done = done
        plan = self.pace.plan
        epoch = min(done // plan.batches + 1, plan.epochs)
        self.bars.update(
            self.task,
            completed=done,
            description=f"epoch {epoch}/{plan.epochs}",
            loss="" if loss is None else f"loss {loss:.4g}",
            pace=str(self.pace),
        )

    def epoch(self, line: Mapping[str, Any], *, best: bool) -> None:
        """Write the epoch's line above the bar."""
        self.note(f"epoch {line['epoch']}/{self.pace.plan.epochs}  {losses(line, best=best)}")

    def note(self, text: str) -> None:
        """Write a line above the bar."""
        self.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the terminal as it was."""
        self.bars.stop()


def automatic() -> Progress:
    """Return `Bars` when stderr is a terminal, else `Lines`."""
    return Bars() if sys.stderr.isatty() else Lines()


def losses(line: Mapping[str, Any], *, best: bool) -> str:
    """Return an epoch's losses in words.

    >>> losses({"train_loss": 0.51234, "loss": None}, best=False)
    'train 0.5123  validation not finite'
    """
    train, validation = (
        f"{loss:.4g}" if loss is not None and math.isfinite(loss) else "not finite"
        for loss in (line["train_loss"], line["loss"])
    )
    return f"train {train}  validation {validation}" + ("  (best)" if best else "")


def duration(seconds: float) -> str:
    """Return a time span as people write it.

    >>> duration(59), duration(3700)
    ('0:59', '1:01:40')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
