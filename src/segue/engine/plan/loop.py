"""What is left inside the time loop, in a normal form that kernels are made of, and its meaning.

The forward and the backward loop are the same thing: carries that go from step to step, streams
that are read at each step, outs that are written. Forward, the carries are the state; backward they
are the cotangent of the state, and time runs the other way.

Normal form:

- A `Var` is `[B, width]` (ROWS), or the same for every row: `[width]` (VECTOR) or `[depth, width]`
  (MATRIX). Only params are vectors and matrices. A mask is ROWS of truth values.
- A step is a list of nodes of five kinds, in an order in which every Var is made before it is read:

      Product    rows @ matrix: [B, depth] @ [depth, width]
      Pointwise  a function of `Fn`; each argument has the result's width or width 1 (then it is
                 repeated), and is ROWS, VECTOR, or a number
      Reduce     sum, largest or smallest over the features: [B, n] -> [B, 1]
      Slice      features start, start + step, ...: [B, n] -> [B, width]
      Cat        features side by side

- What depends on params alone is computed before the loop, so that it is a param here.
- An out or a next carry is ROWS and no mask. It may be a carry: then it is the carry as the step
  read it (after a reset BEFORE). It may be a stream.

Meaning (`segue.engine.plan.interpreted` computes it, one step after another):

- Steps go up (0, 1, ...) or down. At step t the rows with t < length take part. The others keep
  their carries, and their outs are zero; what their streams hold is never read.
- Reset BEFORE: where reset[t], a row's carries are zero before step t reads them (and so in an out
  that is a carry). Reset AFTER: where reset[t], the row's next carries are zero after step t.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from segue.engine.step.graph import dtype_name


class Form(Enum):
    """Which dimensions a Var has."""

    ROWS = "[B, width]"
    VECTOR = "[width]"
    MATRIX = "[depth, width]"


@dataclass(frozen=True, eq=False)
class Var:
    """A tensor of the loop; `mask` tells truth values from numbers."""

    name: str
    width: int
    form: Form = Form.ROWS
    depth: int = 0
    mask: bool = False

    def __str__(self) -> str:
        sizes = {
            Form.ROWS: f"B {self.width}",
            Form.VECTOR: f"{self.width}",
            Form.MATRIX: f"{self.depth} {self.width}",
        }
        return f"{self.name}: {sizes[self.form]}{' mask' if self.mask else ''}"


class Fn(Enum):
    """The pointwise functions, by name; `MEANING` says what each computes."""

    COPY = "copy"  # of a number, a vector, or one feature: makes it ROWS of the result's width
    NEG = "neg"
    ABS = "abs"
    SIGN = "sign"
    EXP = "exp"
    EXPM1 = "expm1"
    LOG = "log"
    LOG1P = "log1p"
    SQRT = "sqrt"
    RSQRT = "rsqrt"
    RECIPROCAL = "reciprocal"
    SIN = "sin"
    COS = "cos"
    ERF = "erf"
    ATAN = "atan"
    TAN = "tan"
    TANH = "tanh"
    SIGMOID = "sigmoid"
    FLOOR = "floor"
    CEIL = "ceil"
    ROUND = "round"  # ties to even
    TRUNC = "trunc"
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    POW = "pow"
    ATAN2 = "atan2"
    FMOD = "fmod"
    MAXIMUM = "maximum"  # NaN if one is NaN, as in torch
    MINIMUM = "minimum"
    EQ = "eq"  # comparisons give a mask
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    AND = "and"  # of masks
    OR = "or"
    NOT = "not"
    WHERE = "where"  # (mask, a, b); a and b may be masks, never numbers mixed with masks


class Fold(Enum):
    """How features are reduced to one."""

    SUM = "sum"
    MAX = "max"
    MIN = "min"


# What joins two parts that are reduced already.
JOIN: Mapping[Fold, Fn] = MappingProxyType(
    {Fold.SUM: Fn.ADD, Fold.MAX: Fn.MAXIMUM, Fold.MIN: Fn.MINIMUM}
)
MEANING: Mapping[Fn, Callable[..., Tensor]] = MappingProxyType(
    {
        Fn.COPY: torch.clone,
        Fn.NEG: torch.neg,
        Fn.ABS: torch.abs,
        Fn.SIGN: torch.sign,
        Fn.EXP: torch.exp,
        Fn.EXPM1: torch.expm1,
        Fn.LOG: torch.log,
        Fn.LOG1P: torch.log1p,
        Fn.SQRT: torch.sqrt,
        Fn.RSQRT: torch.rsqrt,
        Fn.RECIPROCAL: torch.reciprocal,
        Fn.SIN: torch.sin,
        Fn.COS: torch.cos,
        Fn.ERF: torch.erf,
        Fn.ATAN: torch.atan,
        Fn.TAN: torch.tan,
        Fn.TANH: torch.tanh,
        Fn.SIGMOID: torch.sigmoid,
        Fn.FLOOR: torch.floor,
        Fn.CEIL: torch.ceil,
        Fn.ROUND: torch.round,
        Fn.TRUNC: torch.trunc,
        Fn.ADD: torch.add,
        Fn.SUB: torch.sub,
        Fn.MUL: torch.mul,
        Fn.DIV: torch.div,
        Fn.POW: torch.pow,
        Fn.ATAN2: torch.atan2,
        Fn.FMOD: torch.fmod,
        Fn.MAXIMUM: torch.maximum,
        Fn.MINIMUM: torch.minimum,
        Fn.EQ: torch.eq,
        Fn.NE: torch.ne,
        Fn.LT: torch.lt,
        Fn.LE: torch.le,
        Fn.GT: torch.gt,
        Fn.GE: torch.ge,
        Fn.AND: torch.logical_and,
        Fn.OR: torch.logical_or,
        Fn.NOT: torch.logical_not,
        Fn.WHERE: torch.where,
    }
)


@dataclass(frozen=True, eq=False)
class Product:
    """`rows @ matrix`."""

    result: Var
    rows: Var
    matrix: Var

    @property
    def reads(self) -> tuple[Var, ...]:
        """What the node reads."""
        return (self.rows, self.matrix)

    def __str__(self) -> str:
        return f"{self.result} = product({self.rows.name}, {self.matrix.name})"


@dataclass(frozen=True, eq=False)
class Pointwise:
    """`fn(*args)`, feature by feature."""

    result: Var
    fn: Fn
    args: tuple[Var | float, ...]

    @property
    def reads(self) -> tuple[Var, ...]:
        """What the node reads."""
        return tuple(arg for arg in self.args if isinstance(arg, Var))

    def __str__(self) -> str:
        args = ", ".join(arg.name if isinstance(arg, Var) else repr(arg) for arg in self.args)
        return f"{self.result} = {self.fn.value}({args})"


@dataclass(frozen=True, eq=False)
class Reduce:
    """`fold` over all features; the result has width 1."""

    result: Var
    fold: Fold
    rows: Var

    @property
    def reads(self) -> tuple[Var, ...]:
        """What the node reads."""
        return (self.rows,)

    def __str__(self) -> str:
        return f"{self.result} = {self.fold.value}({self.rows.name})"


@dataclass(frozen=True, eq=False)
class Slice:
    """`rows[:, start : start + step * width : step]`."""

    result: Var
    rows: Var
    start: int
    step: int = 1

    @property
    def reads(self) -> tuple[Var, ...]:
        """What the node reads."""
        return (self.rows,)

    def __str__(self) -> str:
        return f"{self.result} = slice({self.rows.name}, {self.start}, {self.step})"


@dataclass(frozen=True, eq=False)
class Cat:
    """Features side by side."""

    result: Var
    parts: tuple[Var, ...]

    @property
    def reads(self) -> tuple[Var, ...]:
        """What the node reads."""
        return self.parts

    def __str__(self) -> str:
        return f"{self.result} = cat({', '.join(part.name for part in self.parts)})"


LoopNode = Product | Pointwise | Reduce | Slice | Cat


@dataclass(frozen=True, eq=False)
class Loop:
    """What is left inside the time loop: one step over streams, carries and params.

    Attributes:
        name: for reading; it is no part of `text`.
        dtype: float32 or float64, of every Var that is no mask.
        streams: read at each step, `[T, B, width]`.
        carries: from step to step, `[B, width]`.
        params: the same at each step.
        nodes: the step.
        outs: written at each step, `[T, B, width]`; never masks.
        next_carries: one for each carry, of its width.
        totals: summed over all steps and the rows that take part in each; ROWS and no masks. The
            order of the sum is free: threads may sum parts.
        weights: what products round both sides to, and sum up in `dtype`; they do not when None.
    """

    name: str
    dtype: torch.dtype
    streams: tuple[Var, ...]
    carries: tuple[Var, ...]
    params: tuple[Var, ...]
    nodes: tuple[LoopNode, ...]
    outs: tuple[Var, ...]
    next_carries: tuple[Var, ...]
    totals: tuple[Var, ...] = ()
    weights: torch.dtype | None = None

    @cached_property
    def text(self) -> str:
        """Everything that a kernel depends on: two loops with one text share a kernel."""
        streams, carries, params = (
            ", ".join(map(str, each)) for each in (self.streams, self.carries, self.params)
        )
        outs, after, totals = (
            ", ".join(var.name for var in each)
            for each in (self.outs, self.next_carries, self.totals)
        )
        kinds = " by ".join(dtype_name(each) for each in (self.dtype, self.weights) if each)
        lines = [f"({streams} | {carries} | {params}) {kinds}", *(f"  {n}" for n in self.nodes)]
        ending = f"  return ({outs}), ({after})" + (f", total({totals})" if totals else "")
        return "\n".join([*lines, ending])

    def __str__(self) -> str:
        return f"loop {self.name}{self.text}"


class Order(Enum):
    """Which way time runs."""

    UP = "up"
    DOWN = "down"


class Reset(Enum):
    """When a reset sets the carries to zero."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, eq=False)
class Course:
    """How a loop runs over time: known at each call, and no part of what is compiled.

    Attributes:
        steps: T.
        rows: B.
        lengths: `[B]`, int64, each in 0..T; all T when None.
        reset: `[T, B]`, bool; never when None.
    """

    steps: int
    rows: int
    order: Order = Order.UP
    lengths: Tensor | None = None
    reset: Tensor | None = None
    when: Reset = Reset.BEFORE


# What `Kernel.of(loop).run` gives, and `Interpreted(loop).run`: totals `[width]` and the last
# carries `[B, width]`, as new tensors. Streams are `[T, B, width]` or `[T * B, width]` whose last
# dimension is contiguous; outs, which are written, and carries are contiguous, params have any
# strides.
Results = tuple[tuple[Tensor, ...], tuple[Tensor, ...]]
