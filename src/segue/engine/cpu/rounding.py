"""Products of bfloat16, summed up in float32: two neighbours of the shared dimension at a time.

A pair of bfloat16 takes the place of one float32, in the weights and in the left side. So a product
in pairs lies in memory, and is read, as one of float32 that is half as deep; an odd depth ends with
a zero. The left side is rounded once in a step, before the first product that reads it.
"""

import torch
from torch import Tensor

from segue.engine.cpu.frame import Frame
from segue.engine.cpu.ir import Function, Val, i64
from segue.engine.cpu.vector import Lanes
from segue.engine.plan.atoms import Side


@torch.no_grad()
def pairs(matrix: Tensor) -> Tensor:
    """A float32 matrix `[depth, width]` as pairs of bfloat16 `[(depth + 1) // 2, width]`.

    Each number of the result is the bits of two, and no number to compute with.

    Example:
        >>> import torch
        >>> from segue.engine.cpu.rounding import pairs
        >>> pairs(torch.tensor([[1.0], [2.0], [3.0]])).t().view(torch.bfloat16)
        tensor([[1., 2., 3., 0.]], dtype=torch.bfloat16)
    """
    depth, width = matrix.shape
    rounded = torch.empty(width, depth + depth % 2, dtype=torch.bfloat16, device="cpu")
    rounded[:, :depth] = matrix.t()
    rounded[:, depth:] = 0
    return rounded.view(torch.float32).t()


def write_rounding(frame: Frame, side: Side, slot: int) -> None:
    """Round a left side of all rows that take part, into a slot."""
    f, lanes, size = frame.f, frame.layout.lanes, frame.size
    vectors = -(-side.depth // lanes.count)
    with f.loop(i64(0), frame.n) as i:
        source = f.at(frame.array(side.array, i, i), i64(side.offset * size))
        to = frame.slot(slot, i)
        with f.loop(i64(0), i64(vectors - 1)) as vector:
            _write_vector(f, lanes, source, to, vector)
        last = i64(vectors - 1)
        _write_vector(f, lanes, source, to, last, side.depth - (vectors - 1) * lanes.count)


def _write_vector(
    f: Function, lanes: Lanes, source: Val, to: Val, vector: Val, count: int | None = None
) -> None:
    """One vector, or the first numbers of it and zeros."""
    size = lanes.count * lanes.real.bytes
    value = f.load(lanes.type, f.at(source, f.mul(vector, i64(size))), lanes.real.bytes)
    if count is not None and count < lanes.count:
        bits = ", ".join(f"i1 {int(lane < count)}" for lane in range(lanes.count))
        value = f.select(Val(f"<{bits}>", lanes.mask), value, lanes.number(0.0))
    rounded = f.cast("fptrunc", value, f"<{lanes.count} x bfloat>")
    f.store(rounded, f.at(to, f.mul(vector, i64(size // 2))), lanes.real.bytes)


def add_product(f: Function, lanes: Lanes, a: Val, b: Val, total: Val) -> Val:
    """`total` and in each lane the two products of a pair in `a` by one in `b`."""
    kind = f"<{2 * lanes.count} x bfloat>"
    pair = (f.cast("bitcast", each, kind) for each in (a, b))
    return f.call(lanes.type, "llvm.x86.avx512bf16.dpbf16ps.512", total, *pair)
