"""What a step of a time loop computes and moves, counted from its normal form."""

from collections.abc import Iterable
from dataclasses import dataclass

from segue.engine.plan.loop import Fn, Form, Loop, LoopNode, Pointwise, Product, Reduce, Var


@dataclass(frozen=True)
class Work:
    """One step of a loop; every number is read or written once.

    Attributes:
        flops: of each row, counted as the op table does.
        streams: bytes that each row reads.
        outs: bytes that each row writes.
        carries: bytes of each row's carries, read and written.
        weights: bytes that all rows of a thread share: matrices and vectors.
    """

    flops: int
    streams: int
    outs: int
    carries: int
    weights: int

    @property
    def row(self) -> int:
        """Bytes of each row."""
        return self.streams + self.outs + self.carries


def work(loop: Loop) -> Work:
    """The work of one step.

    Example:
        >>> import torch
        >>> from segue.engine.plan.loop import Form, Var
        >>> x, h, y = Var("x", 4), Var("h", 4), Var("y", 4)
        >>> u, p = Var("u", 4, Form.MATRIX, 4), Var("p", 4)
        >>> nodes = (Product(p, h, u), Pointwise(y, Fn.ADD, (x, p)))
        >>> work(Loop("sum", torch.float32, (x,), (h,), (u,), nodes, (y,), (y,)))
        Work(flops=36, streams=16, outs=16, carries=32, weights=64)
    """

    def size(variables: Iterable[Var]) -> int:
        return sum(map(_bytes, variables))

    def _bytes(var: Var) -> int:
        if var.form is Form.MATRIX:
            return var.depth * var.width * (loop.weights or loop.dtype).itemsize
        return var.width * loop.dtype.itemsize

    return Work(
        flops=sum(map(_flops, loop.nodes)),
        streams=size(loop.streams),
        outs=size(loop.outs),
        carries=2 * size(loop.carries),
        weights=size(loop.params),
    )


def _flops(node: LoopNode) -> int:
    match node:
        case Product():
            return 2 * node.matrix.depth * node.matrix.width
        case Pointwise():
            return 0 if node.fn is Fn.COPY else node.result.width
        case Reduce():
            return node.rows.width
        case _:
            return 0
