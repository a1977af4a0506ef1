"""Random steps: what `trace` accepts keeps its rows apart, whatever it is made of."""

# ruff: noqa: F722, F821

import random
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import segue
from segue.engine.step.trace import trace
from segue.errors import CellError

# Each takes and gives [B, H]; those of the second list mix or move rows.
APART: list[Callable[[Tensor, Tensor, Tensor], Tensor]] = [
    lambda a, b, w: a + b,
    lambda a, b, w: a * b.sigmoid(),
    lambda a, b, w: a @ w,
    lambda a, b, w: (w @ a.T).T,
    lambda a, b, w: torch.where(a > b, a, -b),
    lambda a, b, w: a - b.mean(-1, keepdim=True),
    lambda a, b, w: a.softmax(-1) + b,
    lambda a, b, w: torch.cat([a, b], -1).view(len(a), 2, -1).amax(1),
    lambda a, b, w: a.flip(-1) - b.roll(1, -1),
    lambda a, b, w: torch.stack([a, b]).sum(0),
    lambda a, b, w: (a.unsqueeze(2) @ b.unsqueeze(1)).diagonal(dim1=1, dim2=2),
    lambda a, b, w: a.T.reshape(-1).view(a.shape[1], -1).T + b,
    lambda a, b, w: a.sort(-1).values.clamp(-2, 2) + b * 0,
    lambda a, b, w: (a[:, :1] + w[0]).view(-1, a.shape[1]),
    lambda a, b, w: (a.sum(-1) * torch.ones(1)).unsqueeze(-1).expand(b.shape).reshape(b.shape),
    lambda a, b, w: torch.full((len(a), 1), 0.5) * a,
]
TOGETHER: list[Callable[[Tensor, Tensor, Tensor], Tensor]] = [
    lambda a, b, w: a - b.mean(0),
    lambda a, b, w: a.flip(0) + b,
    lambda a, b, w: a + b[:1],
    lambda a, b, w: a.T.reshape(a.shape) + b,
    lambda a, b, w: a.softmax(0) * b,
    lambda a, b, w: a + (b @ b.T).sum(-1, keepdim=True),
    lambda a, b, w: a.sort(0).values + b,
    lambda a, b, w: a.cumsum(0) - b,
]


def composed(seed: int, mixed: bool) -> segue.Cell:
    """A step of some of these, one of which is of the second list when mixed."""
    choice = random.Random(seed)
    parts = [choice.choice(APART) for _ in range(choice.randint(2, 6))]
    if mixed:
        parts.insert(choice.randrange(len(parts) + 1), choice.choice(TOGETHER))
    order = [(choice.random(), choice.random()) for _ in parts]

    @segue.cell
    def step(x: "H", h: "H", *, w: "H H"):
        values = [x, h]
        for part, (first, second) in zip(parts, order, strict=True):
            a, b = values[int(first * len(values))], values[int(second * len(values))]
            values.append(part(a, b, w))
        return values[-1], (values[-1] + values[-2],)

    return step


def rows_meet(cell: segue.Cell, size: int) -> bool:
    """Whether a row changes when another one does, as computed."""
    draw = torch.Generator().manual_seed(0)
    x, h = torch.randn(2, 4, size, generator=draw, dtype=torch.float64)
    w = torch.randn(size, size, generator=draw, dtype=torch.float64)
    for row in range(4):
        others = torch.arange(4) != row
        y, (after,) = cell(x, h, w=w)
        for other in (torch.randn(4, size, generator=draw, dtype=torch.float64), torch.nan):
            x2, h2 = x.clone(), h.clone()
            x2[row] = h2[row] = other if isinstance(other, float) else other[row]
            y2, (after2,) = cell(x2, h2, w=w)
            if not (
                torch.equal(y[others], y2[others]) and torch.equal(after[others], after2[others])
            ):
                return True
    return False


@pytest.mark.parametrize("size", [1, 3, 6])
@pytest.mark.parametrize("mixed", [False, True])
def test_what_is_accepted_keeps_rows_apart(mixed: bool, size: int) -> None:
    refused, told_apart = 0, 0
    for seed in range(60):
        cell = composed(seed, mixed)
        try:
            trace(cell, {"H": size})
        except CellError:
            refused += 1
            told_apart += rows_meet(cell, size)
        else:
            assert not rows_meet(cell, size), f"seed {seed}"
    if mixed:
        assert refused > 30
        assert told_apart > 0.9 * refused, "little is refused without need"
    else:
        assert refused == 0
