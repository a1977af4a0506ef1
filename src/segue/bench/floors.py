"""What the engine must reach, on two threads; floors to pass, and not places to stop."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from segue.bench.configs import Pass, Rows
from segue.bench.peers import JAX, TORCH_NN
from segue.bench.results import Row

THREADS = 2


class Measure(Enum):
    """What a floor is about."""

    RATIO = "ratio"
    PEAK = "fraction of peak"


@dataclass(frozen=True)
class Floor:
    """The least that every row of some kind must show.

    Attributes:
        name: in words.
        cells: which ones.
        forward: the least value of a forward pass.
        training: of forward and backward.
        measure: the ratio of a peer's time to segue's, or the fraction of the machine's peak.
        peer: whose time; the best one's when None.
        hidden: H, from and to.
        batch: the least B.
        rows: what the rows of the batch are.
    """

    name: str
    cells: tuple[str, ...]
    forward: float
    training: float
    measure: Measure = Measure.RATIO
    peer: str | None = None
    hidden: tuple[int, int] = (1, 1_000_000)
    batch: int = 1
    rows: Rows = Rows.FULL

    def applies(self, row: Row) -> bool:
        """Whether the row is of that kind."""
        config, (low, high) = row.entry.config, self.hidden
        return (
            row.threads == THREADS
            and row.entry.cell in self.cells
            and low <= config.hidden <= high
            and config.batch >= self.batch
            and config.rows is self.rows
        )

    def least(self, task: Pass) -> float:
        """The value to reach."""
        return self.training if task is Pass.TRAINING else self.forward

    def value(self, row: Row) -> float | None:
        """What the row shows; None if it was not measured."""
        return row.ratio(self.peer) if self.measure is Measure.RATIO else row.fraction()


GATED = ("lstm", "gru", "lstm_layer_norm")

FLOORS = (
    Floor("LSTM, H <= 200", ("lstm",), 1.3, 1.5, hidden=(1, 200)),
    Floor("LSTM, H >= 256", ("lstm",), 1.0, 1.1, hidden=(256, 1_000_000)),
    Floor("GRU, H <= 256", ("gru",), 2.0, 2.5, hidden=(1, 256)),
    Floor("GRU, H >= 512", ("gru",), 1.5, 1.5, hidden=(512, 1_000_000)),
    Floor("RNN, H <= 256", ("rnn",), 2.0, 2.5, hidden=(1, 256)),
    Floor("RNN, H >= 512", ("rnn",), 1.3, 1.3, hidden=(512, 1_000_000)),
    Floor("layer-norm LSTM (JAX scan)", ("lstm_layer_norm",), 2.0, 2.5, peer=JAX.name),
    Floor(
        "uniform lengths (torch packed)",
        ("lstm", "gru", "rnn"),
        1.5,
        2.0,
        peer=TORCH_NN.name,
        rows=Rows.LENGTHS,
    ),
    Floor(
        "gated, H >= 256, B >= 32",
        GATED,
        0.80,
        0.72,
        measure=Measure.PEAK,
        hidden=(256, 1_000_000),
        batch=32,
    ),
)


@dataclass(frozen=True)
class Verdict:
    """A floor beside a row.

    Attributes:
        floor: what must be reached.
        row: where.
        value: what is; None if it was not measured.
    """

    floor: Floor
    row: Row
    value: float | None

    @property
    def least(self) -> float:
        """What must be."""
        return self.floor.least(self.row.entry.task)

    @property
    def share(self) -> float | None:
        """Of the floor that is reached: 1.1 is a tenth above it."""
        return None if self.value is None else self.value / self.least

    @property
    def met(self) -> bool | None:
        """Whether it is reached."""
        return None if self.share is None else self.share >= 1

    def as_json(self) -> dict[str, Any]:
        """Everything."""
        return {
            "floor": self.floor.name,
            "measure": self.floor.measure.value,
            "peer": self.floor.peer,
            "cell": self.row.entry.cell,
            "config": self.row.entry.config.name,
            "pass": self.row.entry.task.value,
            "least": self.least,
            "value": self.value,
            "met": self.met,
        }


def judge(rows: Sequence[Row]) -> Iterator[Verdict]:
    """Every floor beside every row that it is about."""
    for floor in FLOORS:
        for row in rows:
            if floor.applies(row):
                yield Verdict(floor, row, floor.value(row))
