"""The op table: one row for each operation that the engine understands.

A row says what the operation is called in torch, of which kind it is, what it costs and what it
means. The kind is what the rest of the engine reasons with: how an operation moves rows of the
batch (`rows.py`) and what it costs (`flops`). An operation that is not in the table is legal in a
cell; it is then judged by trial, and nothing is known of its cost.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

import torch

from segue.engine.step.graph import Node


class Kind(Enum):
    """How an operation's result depends on its arguments."""

    PRODUCT = "product"  # sums over a shared dimension of the last two tensors
    POINTWISE = "pointwise"  # each element on its own, with broadcasting
    REDUCTION = (
        "reduction"  # along the dimensions `dim` (all when it has none), or `normalized_shape`
    )
    VIEW = "view"  # moves, repeats or drops elements and computes nothing
    FILL = "fill"  # one number everywhere


@dataclass(frozen=True)
class Op:
    """A row of the table.

    `flops` counts for each multiply-add of a product 2, for a pointwise operation those of one
    element of the result, for a reduction those of one element of its argument. A transcendental
    function counts as one, as is the custom.
    """

    torch: str
    kind: Kind
    flops: int
    meaning: str


_P, _E, _R, _V, _F = Kind.PRODUCT, Kind.POINTWISE, Kind.REDUCTION, Kind.VIEW, Kind.FILL

_ROWS = (
    Op("mm", _P, 2, "a @ b"),
    Op("addmm", _P, 2, "c + a @ b"),
    Op("bmm", _P, 2, "a @ b for each leading index"),
    Op("baddbmm", _P, 2, "c + a @ b for each leading index"),
    Op("mv", _P, 2, "a @ b, b a vector"),
    Op("addmv", _P, 2, "c + a @ b, b a vector"),
    Op("dot", _P, 2, "a @ b, both vectors"),
    Op("sigmoid", _E, 1, "1 / (1 + exp(-a))"),
    Op("tanh", _E, 1, "hyperbolic tangent"),
    Op("relu", _E, 1, "max(a, 0)"),
    Op("gelu", _E, 1, "a times the normal distribution function of a"),
    Op("silu", _E, 2, "a * sigmoid(a)"),
    Op("mish", _E, 3, "a * tanh(softplus(a))"),
    Op("softplus", _E, 2, "log(1 + exp(a))"),
    Op("log_sigmoid_forward", _E, 2, "log(sigmoid(a))"),
    Op("elu", _E, 2, "a where positive, else exp(a) - 1"),
    Op("leaky_relu", _E, 1, "a where positive, else slope * a"),
    Op("hardtanh", _E, 2, "a kept between two numbers"),
    Op("hardsigmoid", _E, 3, "a / 6 + 1/2 kept between 0 and 1"),
    Op("hardswish", _E, 4, "a * hardsigmoid(a)"),
    Op("threshold", _E, 1, "a where above a number, else another number"),
    Op("exp", _E, 1, "exponential"),
    Op("exp2", _E, 1, "2 to the power of a"),
    Op("expm1", _E, 1, "exp(a) - 1"),
    Op("log", _E, 1, "natural logarithm"),
    Op("log2", _E, 1, "logarithm to base 2"),
    Op("log1p", _E, 1, "log(1 + a)"),
    Op("sqrt", _E, 1, "square root"),
    Op("rsqrt", _E, 1, "1 / sqrt(a)"),
    Op("sin", _E, 1, "sine"),
    Op("cos", _E, 1, "cosine"),
    Op("sinh", _E, 1, "hyperbolic sine"),
    Op("cosh", _E, 1, "hyperbolic cosine"),
    Op("atan", _E, 1, "arc tangent"),
    Op("erf", _E, 1, "error function"),
    Op("abs", _E, 1, "magnitude"),
    Op("neg", _E, 1, "-a"),
    Op("sign", _E, 1, "-1, 0 or 1"),
    Op("sgn", _E, 1, "-1, 0 or 1; a / |a| of a complex number"),
    Op("reciprocal", _E, 1, "1 / a"),
    Op("floor", _E, 1, "the integer below"),
    Op("ceil", _E, 1, "the integer above"),
    Op("round", _E, 1, "the nearest integer"),
    Op("isnan", _E, 1, "whether a is no number"),
    Op("isinf", _E, 1, "whether a is infinite"),
    Op("logical_not", _E, 1, "not a"),
    Op("bitwise_not", _E, 1, "not a, bit by bit"),
    Op("add.Tensor", _E, 1, "a + b"),
    Op("add.Scalar", _E, 1, "a + number"),
    Op("sub.Tensor", _E, 1, "a - b"),
    Op("sub.Scalar", _E, 1, "a - number"),
    Op("rsub.Tensor", _E, 1, "b - a"),
    Op("rsub.Scalar", _E, 1, "number - a"),
    Op("mul.Tensor", _E, 1, "a * b"),
    Op("mul.Scalar", _E, 1, "a * number"),
    Op("div.Tensor", _E, 1, "a / b"),
    Op("div.Scalar", _E, 1, "a / number"),
    Op("div.Tensor_mode", _E, 1, "a / b, rounded"),
    Op("fmod.Scalar", _E, 1, "a less the whole multiples of a number, with the sign of a"),
    Op("fmod.Tensor", _E, 1, "a less the whole multiples of b, with the sign of a"),
    Op("remainder.Scalar", _E, 1, "a modulo a number"),
    Op("remainder.Tensor", _E, 1, "a modulo b"),
    Op("pow.Tensor_Scalar", _E, 1, "a to the power of a number"),
    Op("pow.Tensor_Tensor", _E, 1, "a to the power of b"),
    Op("pow.Scalar", _E, 1, "a number to the power of a"),
    Op("atan2", _E, 1, "angle of (b, a)"),
    Op("maximum", _E, 1, "the larger of a and b"),
    Op("minimum", _E, 1, "the smaller of a and b"),
    Op("clamp", _E, 2, "a kept between two numbers"),
    Op("clamp.Tensor", _E, 2, "a kept between b and c"),
    Op("clamp_min", _E, 1, "max(a, number)"),
    Op("clamp_max", _E, 1, "min(a, number)"),
    Op("addcmul", _E, 2, "a + b * c"),
    Op("addcdiv", _E, 2, "a + b / c"),
    Op("lerp.Scalar", _E, 3, "a + number * (b - a)"),
    Op("lerp.Tensor", _E, 3, "a + c * (b - a)"),
    Op("where.self", _E, 1, "b where a, else c"),
    Op("masked_fill.Scalar", _E, 1, "a number where b, else a"),
    Op("masked_fill.Tensor", _E, 1, "c where b, else a"),
    Op("eq.Scalar", _E, 1, "a == number"),
    Op("eq.Tensor", _E, 1, "a == b"),
    Op("ne.Scalar", _E, 1, "a != number"),
    Op("ne.Tensor", _E, 1, "a != b"),
    Op("lt.Scalar", _E, 1, "a < number"),
    Op("lt.Tensor", _E, 1, "a < b"),
    Op("le.Scalar", _E, 1, "a <= number"),
    Op("le.Tensor", _E, 1, "a <= b"),
    Op("gt.Scalar", _E, 1, "a > number"),
    Op("gt.Tensor", _E, 1, "a > b"),
    Op("ge.Scalar", _E, 1, "a >= number"),
    Op("ge.Tensor", _E, 1, "a >= b"),
    Op("logical_and", _E, 1, "a and b"),
    Op("logical_or", _E, 1, "a or b"),
    Op("bitwise_and.Tensor", _E, 1, "a and b, bit by bit"),
    Op("bitwise_or.Tensor", _E, 1, "a or b, bit by bit"),
    Op("_to_copy", _E, 0, "a as another type"),
    Op("sum", _R, 1, "sum of all"),
    Op("sum.dim_IntList", _R, 1, "sum"),
    Op("mean", _R, 1, "mean of all"),
    Op("mean.dim", _R, 1, "mean"),
    Op("prod.dim_int", _R, 1, "product of the elements"),
    Op("var.correction", _R, 3, "variance"),
    Op("std.correction", _R, 3, "standard deviation"),
    Op("var_mean.correction", _R, 3, "variance and mean"),
    Op("amax", _R, 1, "largest"),
    Op("amin", _R, 1, "smallest"),
    Op("max", _R, 1, "largest of all"),
    Op("max.dim", _R, 1, "largest, and where"),
    Op("min", _R, 1, "smallest of all"),
    Op("min.dim", _R, 1, "smallest, and where"),
    Op("argmax", _R, 1, "where the largest is"),
    Op("argmin", _R, 1, "where the smallest is"),
    Op("any.dim", _R, 1, "whether any is true"),
    Op("all.dim", _R, 1, "whether all are true"),
    Op("logsumexp", _R, 3, "log(sum(exp(a)))"),
    Op("linalg_vector_norm", _R, 2, "norm"),
    Op("cumsum", _R, 1, "running sum"),
    Op("cumprod", _R, 1, "running product"),
    Op("_softmax", _R, 4, "exp(a) / sum(exp(a))"),
    Op("_log_softmax", _R, 4, "a - log(sum(exp(a)))"),
    Op("native_layer_norm", _R, 7, "(a - mean) / deviation * b + c"),
    Op("permute", _V, 0, "dimensions in another order"),
    Op("t", _V, 0, "transpose of a matrix"),
    Op("transpose.int", _V, 0, "two dimensions exchanged"),
    Op("view", _V, 0, "the same elements in another shape"),
    Op("_unsafe_view", _V, 0, "the same elements in another shape"),
    Op("unsqueeze", _V, 0, "a dimension of size 1 put in"),
    Op("squeeze.dim", _V, 0, "a dimension of size 1 taken out"),
    Op("squeeze.dims", _V, 0, "dimensions of size 1 taken out"),
    Op("expand", _V, 0, "repeated along dimensions of size 1, without a copy"),
    Op("repeat", _V, 0, "repeated"),
    Op("slice.Tensor", _V, 0, "a range of a dimension"),
    Op("select.int", _V, 0, "one index of a dimension"),
    Op("split.Tensor", _V, 0, "parts of one size"),
    Op("split_with_sizes", _V, 0, "parts of given sizes"),
    Op("unbind.int", _V, 0, "every index of a dimension"),
    Op("cat", _V, 0, "joined along a dimension"),
    Op("stack", _V, 0, "joined along a new dimension"),
    Op("flip", _V, 0, "backwards"),
    Op("roll", _V, 0, "shifted around"),
    Op("diagonal", _V, 0, "the diagonal"),
    Op("slice_scatter", _V, 0, "a with b in a range of a dimension"),
    Op("select_scatter", _V, 0, "a with b at one index of a dimension"),
    Op("clone", _V, 0, "a copy"),
    Op("detach", _V, 0, "the same, without its gradient"),
    Op("zeros", _F, 0, "zeros"),
    Op("ones", _F, 0, "ones"),
    Op("full", _F, 0, "a number everywhere"),
    Op("scalar_tensor", _F, 0, "a number"),
    Op("zeros_like", _F, 0, "zeros, in the shape of a"),
    Op("ones_like", _F, 0, "ones, in the shape of a"),
    Op("empty_permuted", _F, 0, "memory that is filled afterwards"),
    Op("full_like", _F, 0, "a number everywhere, in the shape of a"),
    Op("fill.Scalar", _F, 0, "a number everywhere, in the shape of a"),
    Op("fill.Tensor", _E, 0, "b everywhere, in the shape of a"),
    Op("new_zeros", _F, 0, "zeros of the type of a"),
    Op("new_ones", _F, 0, "ones of the type of a"),
    Op("new_full", _F, 0, "a number everywhere, of the type of a"),
)


def _overload(name: str) -> torch._ops.OpOverload:
    packet, _, overload = name.partition(".")
    found = getattr(getattr(torch.ops.aten, packet), overload or "default")
    assert isinstance(found, torch._ops.OpOverload)  # noqa: S101 - a row that torch lacks
    return found


TABLE: Mapping[torch._ops.OpOverload, Op] = MappingProxyType(
    {_overload(row.torch): row for row in _ROWS}
)


def kind(node: Node) -> Kind | None:
    """The kind of a node's operation, or None when the table does not have it."""
    row = TABLE.get(node.op)
    return None if row is None else row.kind


def products_flops(nodes: Iterable[Node], rows: int) -> int:
    """Two for each multiply-add of the products among some nodes; what is added to them is not."""
    return sum(
        2 * node.results[0].elements(rows) * node.inputs[-2].shape[-1].at(rows)
        for node in nodes
        if kind(node) is Kind.PRODUCT
    )


def flops(node: Node, batch: int) -> int:
    """Floating-point operations of one node; an operation outside the table counts as nothing."""
    row = TABLE.get(node.op)
    if row is None or row.flops == 0:
        return 0
    result = node.results[0].elements(batch)
    if row.kind is Kind.PRODUCT:
        shared = node.inputs[-2].shape[-1].at(batch)
        added = result if len(node.inputs) == 3 else 0
        return row.flops * result * shared + added
    if row.kind is Kind.REDUCTION:
        return row.flops * node.inputs[0].elements(batch)
    return row.flops * result
