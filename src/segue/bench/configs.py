"""What is measured: named sizes, cells, forward alone or with all gradients; and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import torch
from torch import Tensor

from segue import cells
from segue.engine.step.cell import Cell

CELLS = ("lstm", "gru", "rnn", "lstm_layer_norm")
RESET_RATE = 0.03


class Pass(Enum):
    """Forward alone, or forward and backward with all gradients."""

    FORWARD = "forward"
    TRAINING = "forward + backward"


class Rows(Enum):
    """What the rows of the batch are."""

    FULL = "full"
    LENGTHS = "lengths uniform in 1..T"
    RESETS = "3% resets"


@dataclass(frozen=True)
class Config:
    """Sizes of a scan.

    Attributes:
        name: what the command line calls it.
        batch: rows, B.
        time: steps, T.
        input: features of the input, D.
        hidden: features of the state, H.
        rows: whether rows are full, end early, or begin anew within.
    """

    name: str
    batch: int
    time: int
    input: int
    hidden: int
    rows: Rows = Rows.FULL

    @property
    def sizes(self) -> Mapping[str, int]:
        """By the symbols that cells use."""
        return MappingProxyType({"D": self.input, "H": self.hidden})

    def __str__(self) -> str:
        return f"({self.batch}, {self.time}, {self.input}, {self.hidden})"


CONFIGS = (
    Config("single", 1, 1000, 64, 64),
    Config("small", 32, 100, 64, 64),
    Config("long", 64, 1000, 10, 100),
    Config("words-200", 20, 35, 200, 200),
    Config("middle", 32, 100, 128, 256),
    Config("large", 64, 100, 512, 512),
    Config("words-650", 128, 35, 650, 650),
    Config("lengths", 32, 100, 128, 256, Rows.LENGTHS),
    Config("resets", 128, 128, 64, 256, Rows.RESETS),
)


@dataclass(frozen=True, eq=False)
class Work:
    """A scan with its tensors, float32: the same numbers for all who compute it.

    Attributes:
        cell: the equation.
        config: the sizes.
        params: by name, uniform within 1/sqrt(H) as torch's layers begin; gains near 1.
        xs: input `[T, B, D]`.
        cotangent: of the outputs, `[T, B, H]`; zero where a row has ended. The loss is
            `(ys * cotangent).sum()`.
        lengths: `[B]`, or None.
        reset: `[T, B]` of bool, or None.
    """

    cell: Cell
    config: Config
    params: Mapping[str, Tensor]
    xs: Tensor
    cotangent: Tensor
    lengths: Tensor | None
    reset: Tensor | None

    @property
    def row_steps(self) -> int:
        """Steps that are real, over all rows."""
        full = self.config.batch * self.config.time
        return full if self.lengths is None else int(self.lengths.sum())

    def flops(self, task: Pass) -> int:
        """Floating-point operations of the products alone; pointwise work is not counted.

        Two for each weight of a matrix, row and real step: `2 B T (D + H) G H` for a cell of G
        gates. Forward and backward is three times that: each product has two in the backward pass.
        """
        weights = sum(param.numel() for param in self.params.values() if param.dim() == 2)
        return 2 * self.row_steps * weights * (3 if task is Pass.TRAINING else 1)


def find(name: str) -> Cell | None:
    """A cell that is measured, or None while the package has none of that name."""
    return cells.by_name().get(name)


def draw(cell: Cell, config: Config) -> Work:
    """The tensors of a configuration, always the same."""
    random = torch.Generator().manual_seed(0)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=random).mul(2).sub(1).div(config.hidden**0.5)

    T, B, sizes = config.time, config.batch, config.sizes
    params = {field.name: uniform(*field.shape(sizes)) for field in cell.params}
    # The gain of a layer norm lies around 1.
    params |= {name: 1 + p for name, p in params.items() if name.startswith("gain")}
    xs = torch.randn(T, B, config.input, generator=random)
    cotangent = torch.randn(T, B, config.hidden, generator=random)
    lengths = reset = None
    if config.rows is Rows.LENGTHS:
        lengths = torch.randint(1, T + 1, (B,), generator=random)
        cotangent = cotangent * (torch.arange(T)[:, None] < lengths)[..., None]
    if config.rows is Rows.RESETS:
        reset = torch.rand(T, B, generator=random) < RESET_RATE
    return Work(cell, config, params, xs, cotangent, lengths, reset)
