"""Random cells over the table of operations, as text that a user could have written, and data.

Every value stays in a small range, so that errors do not grow without bound from step to step.
Where a function has a kink or a jump, its argument is moved by some odd number: what many equations
have exactly there (0, 1, two features that are the same) lies away from it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import prod
from random import Random
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from segue.engine.run.measure import Data
from segue.engine.step.cell import Cell, cell

SIZES = (1, 2, 5, 7, 16, 17, 33)
WIDEST = 66

# In a template `a` is a value, `r` another one or a parameter that goes with it, `b` the same or a
# number, `n` a number, `w` and `u` parameters as wide as `a`, `s` a parameter of a single number.
# Features that are all the same have no variance, of which errors could be told; hence some `w`.
# torch's own gradient of hardsigmoid takes 1/6 in float32, so that it is no truth in float64.
# `t`, `k`, `p` and `j` are `a` made small, off its kinks, positive, and steep but off its jumps.
MADE_OF = {
    "t": "{a}.tanh()",
    "k": "({a} + 0.137)",
    "p": "(({a} + 0.137).abs() + 0.5)",
    "j": "({a} * 2.7 + 0.31)",
}
BOUNDED = (
    "{a}.tanh()", "{a}.sigmoid()", "{a}.sin()", "{a}.cos()", "{a}.erf()", "F.hardtanh({k})",
    "F.hardsigmoid({k}.detach() * 2) * {t}", "{k}.clamp(-0.9, 0.8)", "{a}.softmax(-1)",
    "F.layer_norm({a}, ({width},), {w}, {u}, 0.1)", "F.layer_norm({a} + {w}, ({width},), eps=0.1)",
    "F.rms_norm({a}, ({width},), {w}, 0.1)",
)  # fmt: skip
UNARY = (
    "{k}.relu()", "F.gelu({a})", "F.gelu({a}, approximate='tanh')", "F.silu({a})", "F.mish({a})",
    "F.softplus({a})", "F.logsigmoid({a})", "F.elu({k})", "F.leaky_relu({k}, 0.2)",
    "F.hardswish({k})", "F.threshold({k}, 0.0, 0.0)", "{t}.exp()", "{t}.exp2()", "{t}.expm1()",
    "{p}.log()", "{p}.log1p()", "{p}.sqrt()", "{p}.rsqrt()", "{p}.reciprocal()", "{k}.abs()",
    "-{a}", "aten.add.Scalar({a}, {n})", "aten.sub.Scalar({a}, {n})", "{n} - {a}",
    "aten.mul.Scalar({a}, {n})", "aten.div.Scalar({a}, {n})", "{t}.square()", "{t} ** 3",
    "{p} ** 1.7", "{p} ** -0.5", "{p} ** -1", "{p} ** 0.5", "2.0 ** {t}", "{k}.clamp(min=-0.4)",
    "{k}.clamp(max=0.6)", "aten.clamp_min({k}, -0.3)", "aten.clamp_max({k}, 0.7)",
    "{a}.log_softmax(-1)", "{k}.masked_fill({k} < 0, 0.0)", "{a}.masked_fill({a} < {s}, {s})",
    "{k} * ({k} >= 0)", "{k} * ({k} > 0).to({a}.dtype)", "{a}.masked_fill({a}.isnan(), {n})",
    "torch.where({a} <= {n}, {n}, {a})", "torch.where({a} == 7.25, {n}, {a})",
    "torch.where(({k} < 0) | ({k} > 1), {k} * ({k} - 1), 0.0)", "aten.fill.Tensor({a}, {s})",
    "{a}.mean(-1, keepdim=True) - {a} * {w}", "{a} * {w}.sum()", "{a} * {w}.mean()",
    "{a} * {w}.max()", "{a} + {w}.min()", "{a}.detach() * 0.5 + {a}",
)  # fmt: skip
BINARY = (
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{b} * {a}", "torch.rsub({a}, {r})",
    "torch.add({a}, {r}, alpha=0.3)", "torch.sub({r}, {a}, alpha=-1.5)", "{r} / {p}", "{n} / {p}",
    "{p} ** {r}.tanh()", "torch.atan2({r}, {p})", "torch.maximum({a}, {r} + 0.137)",
    "torch.minimum({a}, {r} - 0.137)", "{a}.clamp({r} - 0.6, {r} + 0.7)",
    "torch.addcmul({a}, {r}, {w}, value=0.5)", "torch.addcdiv({r}, {w}, {p})",
    "torch.lerp({a}, {w}, 0.3)", "torch.lerp({a}, {w}, {a}.sigmoid())",
    "torch.where({a} > {r}, {a}, {r})", "torch.where({a} >= {r}, {r}, {a})",
    "torch.where({a} < {r}, {a}, {r})", "torch.where({a} <= {r}, {r}, {a})",
    "torch.where({a} != {a}, {r}, {a})", "torch.where({a} == {r} + 7, {r}, {a})",
    "torch.where(({a} > {r}) & ~({a} <= {n}), {a}, {r}.clamp(min={n}))",
    "torch.where(torch.logical_or({a} < {r}, {a} < {n}), {a}, {r}.clamp(max={n}))",
    "torch.where(torch.logical_and({a} > {r}, ({a} <= {n}).logical_not()), {a}, {r}.clamp({n}))",
    "torch.where({a}.isinf(), {r}, {a})",
)  # fmt: skip
REDUCED = (
    "{a}.sum(-1, keepdim=True)", "{a}.mean(-1, keepdim=True)", "{a}.sum(-1)[:, None]",
    "{a}.mean(1).unsqueeze(-1)", "({a} + {w}).var(-1, correction=0, keepdim=True)",
    "torch.var_mean({a} * {w}, -1, correction=0, keepdim=True)[0]", "{k}.amax(-1, keepdim=True)",
    "{k}.amin(-1, keepdim=True)", "{a}.logsumexp(-1, keepdim=True)",
    "{a}.norm(dim=-1, keepdim=True)", "(({a} * 0.1 + {w}).std(-1, correction=0) + 0.1)[:, None]",
)  # fmt: skip
JUMPS = (
    "{j}.floor()", "{j}.ceil()", "{j}.round()", "{j}.trunc()", "{k}.sign()", "{k}.sgn() * {a}",
    "torch.div({j}, 0.7, rounding_mode='floor')", "torch.div({j}, {p}, rounding_mode='trunc')",
    "({k} > 0).to({a}.dtype)", "({a} > {r} + 0.137) * {r}", "torch.where({k} <= {n}, {r}, {a})",
    "torch.where({j}.floor() == 1, {r}, {n})", "torch.where({j}.ceil() != 0, {a}, {r})",
    "torch.where({j}.round() == {r}.tanh().round(), {a}, {r})", "{j}.floor().logical_not() * {a}",
    "torch.where({j}.round() != ({r} + 0.22).floor(), {n}, {a})",
    "{a}.masked_fill(({k} < 0) | ~({a} >= {r} - 0.41), {n})",
    "({k} > 0).sum(-1, keepdim=True) * {a} * 0.3", "({a} < {r} - 0.291).to({a}.dtype) - 0.5",
)  # fmt: skip
OUTSIDE = (
    "{p}.log2()", "{t}.sinh()", "{t}.cosh()", "{a}.atan()", "{j}.remainder(0.7).fmod(0.5)",
    "{j}.remainder({p}).fmod({p})", "{t}.prod(-1, keepdim=True)", "{k}.max(-1, keepdim=True)[0]",
    "{k}.min(-1, keepdim=True)[0]", "{k}.argmax(-1, keepdim=True) * {t}",
    "{k}.argmin(-1, keepdim=True) * {t}", "({k} > 0).any(-1, keepdim=True) * {a}",
    "({k} > 0).all(-1, keepdim=True) * {a}", "{a}.cumsum(-1)", "{t}.cumprod(-1)",
)  # fmt: skip
EVERY = 13  # of so many cells one has an operation that no kernel has


@dataclass(frozen=True)
class Drawn:
    """A random cell, its text and parameters.

    Attributes:
        jumps: whether it may have an operation that a rounding error changes by much.
    """

    cell: Cell
    text: str
    params: dict[str, Tensor]
    jumps: bool


@dataclass
class Writer:
    """Writes a step at random, and runs it on some rows to see how wide and how large values are.

    Attributes:
        known: everything that has a name.
        values: the names of values `[B, width]`.
        unread: those of them that nothing reads yet.
        params: the names of parameters.
    """

    draw: Random
    numbers: torch.Generator
    lines: list[str] = field(default_factory=list)
    known: dict[str, Tensor] = field(default_factory=dict)
    values: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    params: list[str] = field(default_factory=list)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.numbers, dtype=torch.float64)

    def width(self, value: str) -> int:
        return self.known[value].shape[1]

    def keep(self, text: str, limit: float = 3) -> str:
        """Write a line; what is too large is made small, and what is too wide is left out."""
        made = eval(text, {"torch": torch, "F": F, "aten": torch.ops.aten}, self.known)
        assert made.isfinite().all(), text
        if made.shape[1] > WIDEST and limit == 3:
            return self.values[-1]
        name = f"v{len(self.lines)}"
        if made.abs().max() > limit:
            text = self.draw.choice((f"({text}).tanh()", f"({text}).sin()"))
            made = made.tanh()
        self.lines.append(f"{name} = {text}")
        self.known[name] = made
        self.values.append(name)
        self.unread = [each for each in self.unread if not re.search(rf"\b{each}\b", text)]
        self.unread.append(name)
        return name

    def param(self, *shape: int) -> str:
        """A parameter of a shape; often one that was used before."""
        same = [name for name in self.params if self.known[name].shape == shape]
        if same and self.draw.random() < 0.4:
            return self.draw.choice(same)
        name = f"p{len(self.params)}"
        matrix = len(shape) == 2
        self.known[name] = self.normal(*shape) / (max(shape) ** 0.5 if matrix else 2)
        self.params.append(name)
        return name

    def one(self) -> str:
        """A value, rather one that nothing reads yet."""
        some = self.unread if self.unread and self.draw.random() < 0.6 else self.values
        return self.draw.choice(some)

    def partner(self, width: int) -> str:
        """What goes with a width: as wide, a single feature, or a parameter."""
        fitting = [each for each in self.values if width == 1 or self.width(each) in (1, width)]
        if fitting and self.draw.random() < 0.7:
            return self.draw.choice(fitting)
        return self.param(*self.draw.choice(((), (1,), (width,), (width,))))

    def fill(self, template: str) -> str:
        """A template with its places filled."""
        a, number = self.one(), str(self.draw.choice((-1.5, -0.4, 0.3, 0.75, 2.0)))
        words = {"a": a, "n": number, "width": str(self.width(a))}
        words |= {key: made.format(a=a) for key, made in MADE_OF.items()}
        words["r"] = self.partner(self.width(a)) if "{r}" in template else ""
        if "{b}" in template:
            words["b"] = self.draw.choice((self.partner(self.width(a)), number))
        for key, shape in (("w", (self.width(a),)), ("u", (self.width(a),)), ("s", ())):
            if f"{{{key}}}" in template:
                words[key] = self.param(*shape)
        return template.format_map(words)

    def step(self, jumps: bool) -> None:
        """Write one line."""
        match self.draw.randrange(11 if jumps else 10):
            case 0 | 1:
                self.product(self.draw.choice(SIZES))
            case 2 | 3:
                self.keep(self.view())
            case 4:
                self.keep(self.fill(self.draw.choice(REDUCED)))
            case 5 | 6 | 7:
                self.keep(self.fill(self.draw.choice((*BOUNDED, *UNARY))))
            case 8 | 9:
                self.keep(self.fill(self.draw.choice(BINARY)))
            case _:
                self.keep(self.fill(self.draw.choice(JUMPS)))

    def product(self, width: int) -> str:
        """Some value by a parameter."""
        a = self.one()
        depth = self.width(a)
        kinds = [
            lambda: f"{a} @ {self.param(width, depth)}.T",
            lambda: f"{a} @ {self.param(depth, width)}",
            lambda: f"F.linear({a}, {self.param(width, depth)}, {self.param(width)})",
            lambda: f"{a} @ ({self.param(width, depth)} * {self.param(depth)}).T",
            lambda: f"{a} @ ({(p := self.param(depth, width))} - {p}.mean(0)).tanh()",
            lambda: f"({a} @ {self.param(depth)})[:, None].expand(-1, {width})",
        ]
        return self.keep(self.draw.choice((*kinds, *kinds[:3]))())

    def view(self) -> str:
        """Features moved, dropped, repeated or joined."""
        a, draw = self.one(), self.draw
        width = self.width(a)
        parts = draw.choice([n for n in (1, 2, 3, 4, 7) if width % n == 0])
        first, last = sorted((draw.randrange(width), draw.randrange(width)))
        part, each = draw.randrange(parts), width // parts
        cut = f"{a}.reshape(len({a}), {parts}, {each})"
        wider = draw.choice([each for each in self.values if self.width(each) >= width])
        at = draw.randint(0, self.width(wider) - width)
        kinds = [
            lambda: f"{a}[:, {first}:{last + 1}]",
            lambda: f"{a}[:, {first}:{last + 1}:{draw.choice((2, 3))}]",
            lambda: f"{a}[:, {last}][:, None]",
            lambda: f"{a}.chunk({parts}, -1)[{part}]",
            lambda: f"{a}.split({each}, -1)[{part}]",
            lambda: f"torch.cat({a}.split([{first}, {width - first}], 1)[::-1], 1)",
            lambda: f"{cut}.unbind(1)[{part}]",
            lambda: f"{cut}.transpose(1, 2).flatten(1)",
            lambda: f"{cut}.permute(0, 2, 1).reshape(len({a}), -1)",
            lambda: f"({cut} * {self.param(each)}).flatten(1)",
            lambda: f"({cut} + {self.param(parts, 1)}).flatten(1)",
            lambda: f"{a}.flip(-1)",
            lambda: f"{a}.repeat(1, 2)",
            lambda: f"{a}[:, {last}:{last + 1}].expand(-1, {draw.choice(SIZES)})",
            lambda: f"torch.cat([{', '.join(self.one() for _ in range(draw.randint(2, 4)))}], -1)",
            lambda: f"torch.stack([{a}, {a}.sigmoid()], -1).flatten(1)",
            lambda: f"torch.stack([{a}, -{a}], 1).flatten(1)",
            lambda: f"torch.slice_scatter({wider}, {a}, 1, {at}, {at + width})",
            lambda: f"torch.select_scatter({a}, {self.one()}[:, 0], 1, {last})",
        ]
        return draw.choice(kinds)()

    def fit(self, width: int) -> str:
        """A value of a given width and no larger than 1."""
        rows = [each for each in self.unread if self.width(each) == width]
        return self.keep(self.draw.choice(rows) if rows else self.product(width), limit=1)

    def rest(self) -> str:
        """Everything that nothing reads yet, side by side."""
        return self.keep(f"torch.cat([{', '.join(self.unread)}], -1)", limit=9)


def random_cell(seed: int) -> Drawn:
    """A cell of 3 to 12 lines and what it needs to return; the same one for the same seed."""
    draw = Random(seed)
    jumps = seed % 4 == 3
    writer = Writer(draw, torch.Generator().manual_seed(seed))
    flow = {"x": random_shape(draw)}
    flow |= {f"h{i}": random_shape(draw) for i in range(draw.choice((1, 1, 2, 2, 3)))}
    for name, shape in flow.items():
        writer.known[name] = writer.normal(8, *shape) / 2
        flat = {0: "[:, None]", 1: "", 2: ".flatten(1)"}[len(shape)]
        writer.keep(f"{name}{flat}")
    for _ in range(draw.randint(3, 12)):
        writer.step(jumps)
    # Some operation of each table in turn, so that few seeds have them all.
    every = (*BOUNDED, *UNARY, *BINARY, *REDUCED)
    writer.keep(writer.fill(every[seed % len(every)]))
    if jumps:
        writer.keep(writer.fill(JUMPS[seed // 4 % len(JUMPS)]))
    if seed % EVERY == 0:
        writer.keep(writer.fill(OUTSIDE[seed // EVERY % len(OUTSIDE)]))
    after = [shaped(writer.fit(prod(s)), s) for name, s in flow.items() if name != "x"]
    returned = f"{writer.rest()}, ({', '.join(after)},)"
    return finish(f"random{seed}", flow, writer, returned, jumps)


def random_shape(draw: Random) -> tuple[int, ...]:
    if draw.random() < 0.15:
        return draw.choice(((), (2, 3), (1, 5), (4, 1)))
    return (draw.choice(SIZES),)


def shaped(value: str, shape: tuple[int, ...]) -> str:
    """A value `[B, width]` in the shape of a field."""
    if len(shape) == 1:
        return value
    return f"{value}.reshape({', '.join(map(str, (f'len({value})', *shape)))})"


def finish(
    name: str, flow: dict[str, tuple[int, ...]], writer: Writer, returned: str, jumps: bool
) -> Drawn:
    """The cell of the lines that were written."""
    params = {each: writer.known[each] for each in writer.params}
    shapes = {each: tuple(param.shape) for each, param in params.items()}

    def spelled(fields: dict[str, tuple[int, ...]]) -> str:
        return ", ".join(f'{name}: "{" ".join(map(str, s))}"' for name, s in fields.items())

    start = f"def {name}({spelled(flow)}{', *, ' if params else ''}{spelled(shapes)}):"
    text = "\n    ".join([start, *writer.lines, f"return {returned}"])
    made: dict[str, Callable[..., Any]] = {}
    exec(text, {"torch": torch, "F": F, "aten": torch.ops.aten}, made)
    return Drawn(cell(made[name]), text, params, jumps)


def random_data(drawn: Drawn, seed: int) -> Data:
    """Arguments for a scan in float64; what lies in padding is NaN."""
    draw, numbers = Random(seed), torch.Generator().manual_seed(seed)
    steps, rows = draw.randint(1, 5), draw.choice((1, 2, 3, 5, 9))

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=numbers, dtype=torch.float64) / 2

    xs = normal(steps, rows, *drawn.cell.input.shape({}))
    state = tuple(normal(rows, *each.shape({})) for each in drawn.cell.state)
    lengths = reset = None
    if draw.random() < 0.5:
        lengths = torch.randint(0, steps + 1, (rows,), generator=numbers)
        xs[torch.arange(steps)[:, None] >= lengths] = torch.nan
    if draw.random() < 0.5:
        reset = torch.rand(steps, rows, generator=numbers) < 0.3
    return Data(drawn.params, xs, state, lengths, reset, reverse=draw.random() < 0.4)
