"""Random loops over the whole table of operations, and random data for them."""

from dataclasses import dataclass, field
from random import Random

import torch
from torch import Tensor

from segue.engine.plan.loop import (
    Cat,
    Course,
    Fn,
    Fold,
    Form,
    Loop,
    LoopNode,
    Order,
    Pointwise,
    Product,
    Reduce,
    Reset,
    Slice,
    Var,
)

ONE = [
    Fn.COPY, Fn.NEG, Fn.ABS, Fn.EXP, Fn.EXPM1, Fn.SIN, Fn.COS, Fn.ERF, Fn.TANH, Fn.SIGMOID,
]  # fmt: skip
POSITIVE = [Fn.LOG, Fn.LOG1P, Fn.SQRT, Fn.RSQRT, Fn.RECIPROCAL]
TWO = [Fn.ADD, Fn.SUB, Fn.MUL, Fn.MAXIMUM, Fn.MINIMUM]
JUMPS = [Fn.FLOOR, Fn.CEIL, Fn.ROUND, Fn.TRUNC, Fn.SIGN]
COMPARE = [Fn.LT, Fn.LE, Fn.GT, Fn.GE]


@dataclass
class Writer:
    """Writes a step at random; every value stays within a small range."""

    draw: Random
    jumps: bool
    nodes: list[LoopNode] = field(default_factory=list)
    known: list[Var] = field(default_factory=list)
    params: list[Var] = field(default_factory=list)

    def new(self, width: int, *, mask: bool = False) -> Var:
        return Var(f"%{len(self.nodes)}", width, mask=mask)

    def apply(self, fn: Fn, *args: Var | float) -> Var:
        width = max((arg.width for arg in args if isinstance(arg, Var)), default=1)
        result = self.new(width, mask=fn in (*COMPARE, Fn.AND, Fn.OR, Fn.NOT))
        self.nodes.append(Pointwise(result, fn, args))
        return result

    def keep(self, var: Var) -> Var:
        self.known.append(var)
        return var

    def param(self, width: int, form: Form, depth: int = 0) -> Var:
        self.params.append(Var(f"p{len(self.params)}", width, form, depth))
        return self.params[-1]

    def small(self, var: Var) -> Var:
        return self.apply(Fn.TANH, var)

    def partner(self, width: int) -> Var | float:
        """An argument that goes with a width."""
        choices = [var for var in self.known if var.width in (1, width)]
        match self.draw.randrange(4):
            case 0:
                return self.draw.choice((-1.0, 0.5, 2.0))
            case 1:
                return self.param(self.draw.choice((1, width)), Form.VECTOR)
            case _:
                return self.draw.choice(choices)

    def step(self) -> None:
        var = self.draw.choice(self.known)
        match self.draw.randrange(10):
            case 0 | 1:
                matrix = self.param(self.draw.choice((1, 3, 7, 16, 19, 33)), Form.MATRIX, var.width)
                result = self.new(matrix.width)
                self.nodes.append(Product(result, var, matrix))
                self.keep(self.small(result))
            case 2:
                result = self.new(1)
                self.nodes.append(Reduce(result, self.draw.choice(list(Fold)), var))
                self.keep(self.small(result))
            case 3:
                self.keep(self.slice(var))
            case 4:
                parts = tuple(self.draw.choice(self.known) for _ in range(self.draw.randint(2, 4)))
                if sum(part.width for part in parts) < 70:
                    result = self.new(sum(part.width for part in parts))
                    self.nodes.append(Cat(result, parts))
                    self.keep(result)
            case 5:
                self.keep(self.choose(var))
            case 6:
                shifted = self.apply(Fn.ADD, self.apply(Fn.ABS, var), 0.5)
                self.keep(self.small(self.apply(self.draw.choice(POSITIVE), shifted)))
            case 7:
                self.keep(self.rare(var))
            case 8:
                self.keep(self.small(self.apply(self.draw.choice(ONE), var)))
            case _:
                both = [var, self.partner(var.width)]
                self.draw.shuffle(both)
                self.keep(self.small(self.apply(self.draw.choice(TWO), *both)))

    def slice(self, var: Var) -> Var:
        step = self.draw.choice((1, 1, 1, 2, 3))
        width = self.draw.randint(1, (var.width - 1) // step + 1)
        reach = step * (width - 1)
        start = self.draw.randint(0, var.width - 1 - reach)
        result = self.new(width)
        self.nodes.append(Slice(result, var, start, step))
        return result

    def choose(self, var: Var) -> Var:
        if not self.jumps:
            # No jump where the two meet.
            mask = self.apply(self.draw.choice(COMPARE), var, 0.0)
            result = self.new(var.width)
            self.nodes.append(
                Pointwise(result, Fn.WHERE, (mask, var, self.apply(Fn.MUL, var, 0.25)))
            )
            return result
        mask = self.apply(self.draw.choice(COMPARE), var, self.partner(var.width))
        other = self.apply(self.draw.choice(COMPARE), var, 0.25)
        mask = self.apply(self.draw.choice((Fn.AND, Fn.OR)), mask, self.apply(Fn.NOT, other))
        result = self.new(var.width)
        self.nodes.append(Pointwise(result, Fn.WHERE, (mask, var, self.partner(var.width))))
        return result

    def rare(self, var: Var) -> Var:
        above = self.apply(Fn.ADD, self.apply(Fn.ABS, var), 0.5)
        match self.draw.randrange(4 if self.jumps else 3):
            case 0:
                exponent = self.draw.choice((2.0, 3.0, 0.5, -1.0, -0.5, 1.7))
                return self.small(self.apply(Fn.POW, above, exponent))
            case 1:
                return self.small(self.apply(Fn.DIV, var, above))
            case 2:
                return self.small(self.apply(Fn.ATAN2, var, above))
            case _:
                scaled = self.apply(Fn.MUL, var, 3.7)
                return self.small(self.apply(self.draw.choice(JUMPS), scaled))

    def fit(self, width: int) -> Var:
        """Something computed, of a given width."""
        rows = [var for var in self.known if var.width == width]
        if rows and self.draw.random() < 0.5:
            return self.draw.choice(rows)
        source = self.draw.choice(self.known)
        matrix = self.param(width, Form.MATRIX, source.width)
        result = self.new(width)
        self.nodes.append(Product(result, source, matrix))
        return self.small(result)


def random_loop(seed: int, dtype: torch.dtype) -> Loop:
    """A loop of 4 to 16 operations."""
    draw = Random(seed)
    widths = (1, 2, 5, 8, 15, 16, 17, 32, 40)
    streams = tuple(Var(f"x{i}", draw.choice(widths)) for i in range(draw.randint(1, 2)))
    carries = tuple(Var(f"s{i}", draw.choice(widths)) for i in range(draw.randint(0, 3)))
    writer = Writer(draw, jumps=dtype == torch.float64, known=[*streams, *carries])
    for _ in range(draw.randint(4, 16)):
        writer.step()
    after = tuple(writer.fit(carry.width) for carry in carries)
    outs = tuple(draw.choice(writer.known[-4:]) for _ in range(draw.randint(1, 3)))
    totals = tuple(draw.choice(writer.known[-4:]) for _ in range(draw.randint(0, 2)))
    return Loop(
        f"random{seed}", dtype, streams, carries, tuple(writer.params), tuple(writer.nodes), outs,
        after, totals,
    )  # fmt: skip


@dataclass(frozen=True)
class Data:
    """Arguments of a loop."""

    streams: tuple[Tensor, ...]
    carries: tuple[Tensor, ...]
    params: tuple[Tensor, ...]
    course: Course

    def to(self, dtype: torch.dtype) -> "Data":
        """The same numbers in another type."""
        streams, carries, params = (
            tuple(each.to(dtype) for each in group)
            for group in (self.streams, self.carries, self.params)
        )
        return Data(streams, carries, params, self.course)


def random_data(loop: Loop, seed: int, steps: int, rows: int) -> Data:
    """Numbers in float64; streams and params of awkward strides; NaN in padding."""
    draw = torch.Generator().manual_seed(seed)
    python = Random(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draw, dtype=torch.float64)

    lengths = torch.randint(0, steps + 1, (rows,), generator=draw)
    if python.random() < 0.4:
        lengths = torch.full((rows,), steps)
    streams = []
    for var in loop.streams:
        stream = normal(rows, steps + 1, var.width + 2)[:, 1:, 1:-1].transpose(0, 1)
        stream[torch.arange(steps)[:, None] >= lengths] = torch.nan
        streams.append(stream)
    params = [
        normal(var.width, var.depth).T / max(1, var.depth) ** 0.5
        if var.form is Form.MATRIX
        else normal(var.width, 2)[:, 0]
        for var in loop.params
    ]
    reset = torch.rand(steps, rows, generator=draw) < 0.3
    course = Course(
        steps,
        rows,
        python.choice(list(Order)),
        None if bool((lengths == steps).all()) else lengths,
        python.choice((None, reset)),
        python.choice(list(Reset)),
    )
    carries = tuple(normal(rows, var.width) / 2 for var in loop.carries)
    return Data(tuple(streams), carries, tuple(params), course)
