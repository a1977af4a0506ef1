"""How each pointwise operation of torch is written with the functions of a loop."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import torch

from segue.engine.plan.loop import Fn, Var
from segue.engine.step.graph import Node, Value

Operand = Var | float


class Writer(Protocol):
    """What a rule writes to."""

    def operand(self, value: object, result: Value) -> Operand:
        """An argument of a pointwise operation: as wide as the result's features, or 1."""

    def pointwise(self, fn: Fn, *args: Operand, mask: bool = False) -> Operand:
        """A new pointwise node; its width is the widest argument's."""


Rule = Callable[[Writer, Node], Operand]
_aten = torch.ops.aten


def as_number(node: Node) -> float:
    """The number that a filling operation fills with."""
    names = [arg.name for arg in node.op._schema.arguments]
    given = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
    if "ones" in node.title:
        return 1.0
    for name in ("fill_value", "s", "value"):
        if name in given:
            return float(given[name])
    return 0.0


def _args(to: Writer, node: Node) -> list[Operand]:
    return [to.operand(arg, node.results[0]) for arg in node.args]


def _number(to: Writer, operand: Operand) -> Operand:
    """A mask as ones and zeros."""
    is_mask = isinstance(operand, Var) and operand.mask
    return to.pointwise(Fn.WHERE, operand, 1.0, 0.0) if is_mask else operand


def _truth(to: Writer, operand: Operand) -> Operand:
    """A number as a mask."""
    is_mask = isinstance(operand, Var) and operand.mask
    return operand if is_mask else to.pointwise(Fn.NE, operand, 0.0, mask=True)


def _plain(fn: Fn) -> Rule:
    def rule(to: Writer, node: Node) -> Operand:
        return to.pointwise(fn, *(_number(to, arg) for arg in _args(to, node)))

    return rule


def _compare(fn: Fn) -> Rule:
    def rule(to: Writer, node: Node) -> Operand:
        return to.pointwise(fn, *(_number(to, arg) for arg in _args(to, node)), mask=True)

    return rule


def _logical(fn: Fn) -> Rule:
    def rule(to: Writer, node: Node) -> Operand:
        return to.pointwise(fn, *(_truth(to, arg) for arg in _args(to, node)), mask=True)

    return rule


def _sum(fn: Fn) -> Rule:
    """Sum or difference, with the second argument times `alpha`."""

    def rule(to: Writer, node: Node) -> Operand:
        a, b, *rest = (_number(to, arg) for arg in _args(to, node))
        alpha = float(node.kwargs.get("alpha", rest[0] if rest else 1))
        return to.pointwise(fn, a, b if alpha == 1 else to.pointwise(Fn.MUL, b, alpha))

    return rule


def _product(to: Writer, node: Node) -> Operand:
    a, b = (_number(to, arg) for arg in _args(to, node))
    if a == 1.0:
        return b
    return a if b == 1.0 else to.pointwise(Fn.MUL, a, b)


def _divide(to: Writer, node: Node) -> Operand:
    a, b = (_number(to, arg) for arg in _args(to, node)[:2])
    mode = node.kwargs.get("rounding_mode")
    quotient = to.pointwise(Fn.DIV, a, b)
    if mode is None:
        return quotient
    return to.pointwise(Fn.FLOOR if mode == "floor" else Fn.TRUNC, quotient)


def _power(to: Writer, node: Node) -> Operand:
    base, power = (_number(to, arg) for arg in _args(to, node))
    simple = {0.5: Fn.SQRT, -0.5: Fn.RSQRT, -1.0: Fn.RECIPROCAL}
    if isinstance(power, float) and power in simple:
        return to.pointwise(simple[power], base)
    if power == 0.0:
        return 1.0
    if isinstance(power, float) and power in (1.0, 2.0, 3.0, 4.0):
        result = base
        for _ in range(int(power) - 1):
            result = to.pointwise(Fn.MUL, result, base)
        return result
    return to.pointwise(Fn.POW, base, power)


def _clamp(to: Writer, node: Node) -> Operand:
    names = [arg.name for arg in node.op._schema.arguments]
    given: dict[str, Any] = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
    result = to.operand(given["self"], node.results[0])
    for name, fn in (("min", Fn.MAXIMUM), ("max", Fn.MINIMUM)):
        if given.get(name) is not None:
            result = to.pointwise(fn, result, to.operand(given[name], node.results[0]))
    return result


def _relu(to: Writer, node: Node) -> Operand:
    return to.pointwise(Fn.MAXIMUM, *_args(to, node), 0.0)


def _where(to: Writer, node: Node) -> Operand:
    mask, a, b = _args(to, node)
    return _choose(to, mask, a, b)


def _masked_fill(to: Writer, node: Node) -> Operand:
    otherwise, mask, value = _args(to, node)
    return _choose(to, mask, value, otherwise)


def _choose(to: Writer, mask: Operand, a: Operand, b: Operand) -> Operand:
    masks = [isinstance(each, Var) and each.mask for each in (a, b)]
    if all(masks):
        return to.pointwise(Fn.WHERE, mask, a, b, mask=True)
    return to.pointwise(Fn.WHERE, mask, _number(to, a), _number(to, b))


def _convert(to: Writer, node: Node) -> Operand:
    operand = to.operand(node.args[0], node.results[0])
    to_mask = node.results[0].dtype == torch.bool
    return _truth(to, operand) if to_mask else _number(to, operand)


def _second(to: Writer, node: Node) -> Operand:
    return to.operand(node.args[1], node.results[0])


def _exp2(to: Writer, node: Node) -> Operand:
    return to.pointwise(Fn.POW, 2.0, *_args(to, node))


def _remainder(to: Writer, node: Node) -> Operand:
    """That of fmod, moved by b where its sign is not that of b."""
    a, b = _args(to, node)
    left = to.pointwise(Fn.FMOD, a, b)
    if isinstance(b, Var):
        over, under = to.pointwise(Fn.GT, b, 0.0, mask=True), to.pointwise(Fn.LT, b, 0.0, mask=True)
        low = to.pointwise(Fn.AND, to.pointwise(Fn.LT, left, 0.0, mask=True), over, mask=True)
        high = to.pointwise(Fn.AND, to.pointwise(Fn.GT, left, 0.0, mask=True), under, mask=True)
        wrong = to.pointwise(Fn.OR, low, high, mask=True)
    else:
        wrong = to.pointwise(Fn.LT if b > 0 else Fn.GT, left, 0.0, mask=True)
    return _choose(to, wrong, to.pointwise(Fn.ADD, left, b), left)


def _is_nan(to: Writer, node: Node) -> Operand:
    (a,) = _args(to, node)
    return to.pointwise(Fn.NE, a, a, mask=True)


def _is_inf(to: Writer, node: Node) -> Operand:
    size = to.pointwise(Fn.ABS, *_args(to, node))
    return to.pointwise(Fn.EQ, size, float("inf"), mask=True)


_UNARY = (
    "neg abs sign exp expm1 log log1p sqrt rsqrt reciprocal sin cos tan atan erf tanh sigmoid floor"
    " ceil round trunc"
)
_BINARY = {
    "maximum": Fn.MAXIMUM,
    "minimum": Fn.MINIMUM,
    "atan2": Fn.ATAN2,
}
_MODULO = {
    "fmod": _plain(Fn.FMOD),
    "remainder": _remainder,
}
_rules: dict[Any, Rule] = {
    getattr(_aten, name).default: _plain(Fn(name)) for name in _UNARY.split()
}
_rules |= {getattr(_aten, name).default: _plain(fn) for name, fn in _BINARY.items()}
_rules |= {
    getattr(getattr(_aten, name), overload): rule
    for name, rule in _MODULO.items()
    for overload in ("Scalar", "Tensor")
}
_rules |= {
    getattr(getattr(_aten, fn.value), overload): _compare(fn)
    for fn in (Fn.EQ, Fn.NE, Fn.LT, Fn.LE, Fn.GT, Fn.GE)
    for overload in ("Scalar", "Tensor")
}
_rules |= {
    _aten.sgn.default: _plain(Fn.SIGN),
    _aten.relu.default: _relu,
    _aten.copy.default: _second,
    _aten.fill.Tensor: _second,
    _aten.exp2.default: _exp2,
    _aten.isnan.default: _is_nan,
    _aten.isinf.default: _is_inf,
    _aten.add.Tensor: _sum(Fn.ADD),
    _aten.add.Scalar: _sum(Fn.ADD),
    _aten.sub.Tensor: _sum(Fn.SUB),
    _aten.sub.Scalar: _sum(Fn.SUB),
    _aten.mul.Tensor: _product,
    _aten.mul.Scalar: _product,
    _aten.div.Tensor: _divide,
    _aten.div.Scalar: _divide,
    _aten.div.Tensor_mode: _divide,
    _aten.pow.Tensor_Scalar: _power,
    _aten.pow.Tensor_Tensor: _power,
    _aten.pow.Scalar: _power,
    _aten.clamp.default: _clamp,
    _aten.clamp.Tensor: _clamp,
    _aten.clamp_min.default: _clamp,
    _aten.clamp_max.default: _clamp,
    _aten.where.self: _where,
    _aten.masked_fill.Scalar: _masked_fill,
    _aten.masked_fill.Tensor: _masked_fill,
    _aten.logical_and.default: _logical(Fn.AND),
    _aten.logical_or.default: _logical(Fn.OR),
    _aten.logical_not.default: _logical(Fn.NOT),
    _aten.bitwise_and.Tensor: _logical(Fn.AND),
    _aten.bitwise_or.Tensor: _logical(Fn.OR),
    _aten.bitwise_not.default: _logical(Fn.NOT),
    _aten._to_copy.default: _convert,
}
RULES: Mapping[Any, Rule] = MappingProxyType(_rules)
