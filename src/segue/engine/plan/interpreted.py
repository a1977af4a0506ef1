"""The meaning of a loop: torch runs it, operation by operation."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from segue.engine.plan.loop import (
    MEANING,
    Cat,
    Course,
    Fold,
    Loop,
    LoopNode,
    Order,
    Pointwise,
    Product,
    Reduce,
    Reset,
    Results,
    Slice,
    Var,
)

_Known = Mapping[Var, Tensor]
_FOLD: Mapping[Fold, Callable[..., Tensor]] = MappingProxyType(
    {Fold.SUM: torch.sum, Fold.MAX: torch.amax, Fold.MIN: torch.amin}
)


@dataclass(frozen=True)
class Interpreted:
    """A loop run by torch, operation by operation: the meaning of a Loop, and slow."""

    loop: Loop

    def run(
        self,
        streams: Sequence[Tensor],
        carries: Sequence[Tensor],
        params: Sequence[Tensor],
        outs: Sequence[Tensor],
        course: Course,
    ) -> Results:
        """Write the outs of all steps; the totals, and the carries after the last one."""
        loop, size = self.loop, (course.steps, course.rows)
        streams = [each.reshape(*size, each.shape[-1]) for each in streams]
        outs = [each.view(*size, each.shape[-1]).zero_() for each in outs]
        totals = [torch.zeros(var.width, dtype=loop.dtype) for var in loop.totals]
        state = [carry.clone() for carry in carries]
        steps = range(course.steps)
        for t in steps if course.order is Order.UP else reversed(steps):
            rows = torch.arange(course.rows)
            if course.lengths is not None:
                rows = (course.lengths > t).nonzero()[:, 0]
            known = dict(zip(loop.params, params, strict=True))
            known |= {v: s[t, rows] for v, s in zip(loop.streams, streams, strict=True)}
            known |= {v: c[rows] for v, c in zip(loop.carries, state, strict=True)}
            like = torch.empty(len(rows), 0, dtype=loop.dtype)
            zero = None if course.reset is None else course.reset[t, rows][:, None]
            if zero is not None and course.when is Reset.BEFORE:
                known |= {var: known[var].masked_fill(zero, 0) for var in loop.carries}
            for node in loop.nodes:
                known[node.result] = _compute(node, known, like, loop.weights or loop.dtype)
            for out, var in zip(outs, loop.outs, strict=True):
                out[t, rows] = known[var]
            for total, var in zip(totals, loop.totals, strict=True):
                total += known[var].sum(0)
            for carry, var in zip(state, loop.next_carries, strict=True):
                new = known[var].expand(len(rows), -1)
                carry[rows] = (
                    new if zero is None or course.when is Reset.BEFORE else new.masked_fill(zero, 0)
                )
        return tuple(totals), tuple(state)


def _compute(node: LoopNode, known: _Known, like: Tensor, weights: torch.dtype) -> Tensor:
    match node:
        case Product():
            return torch.matmul(*(known[each].to(weights).to(like.dtype) for each in node.reads))
        case Pointwise():
            args = [_operand(arg, known, like) for arg in node.args]
            return MEANING[node.fn](*args).expand(len(like), node.result.width)
        case Reduce():
            return _FOLD[node.fold](known[node.rows], -1, keepdim=True)
        case Slice():
            stop = node.start + node.step * (node.result.width - 1) + 1
            return known[node.rows][:, node.start : stop : node.step]
        case Cat():
            return torch.cat([known[part] for part in node.parts], -1)


def _operand(arg: Var | float, known: _Known, like: Tensor) -> Tensor:
    return known[arg] if isinstance(arg, Var) else like.new_tensor(arg)
