"""Which operations of torch are taken apart before the engine reads them, and into what.

Most come apart by torch's own decompositions. Those here would come out as operations that are no
simpler; they are written with the operations of the table.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch._decomp import core_aten_decompositions, get_decompositions

_aten = torch.ops.aten
_TORCH = (
    _aten.addmm,
    _aten.addmv,
    _aten.addcdiv,
    _aten.addcmul,
    _aten.elu,
    _aten.elu_backward,
    _aten.gelu,
    _aten.gelu_backward,
    _aten.hardsigmoid,
    _aten.hardswish,
    _aten.hardtanh,
    _aten.leaky_relu,
    _aten.lerp,
    _aten.log_sigmoid_forward,
    _aten.logsumexp,
    _aten.mish,
    _aten.rsub,
    _aten.silu,
    _aten.silu_backward,
    _aten.softplus,
    _aten.threshold,
    _aten.threshold_backward,
    _aten._log_softmax,
    _aten._log_softmax_backward_data,
    _aten._softmax,
    _aten._softmax_backward_data,
)


def _mean(x: Tensor, dim: Sequence[int] | None, keepdim: bool = False) -> Tensor:
    dims = _dims(x, dim)
    return x.sum(dims, keepdim=keepdim) * (1 / prod(x.shape[d] for d in dims))


def _var(
    x: Tensor, dim: Sequence[int] | None = None, correction: float = 1, keepdim: bool = False
) -> Tensor:
    dims = _dims(x, dim)
    apart = x - _mean(x, dims, keepdim=True)
    left = max(0, prod(x.shape[d] for d in dims) - correction)
    return (apart * apart).sum(dims, keepdim=keepdim) / left


def _var_mean(
    x: Tensor, dim: Sequence[int] | None = None, correction: float = 1, keepdim: bool = False
) -> tuple[Tensor, Tensor]:
    return _var(x, dim, correction=correction, keepdim=keepdim), _mean(x, dim, keepdim)


def _std(
    x: Tensor, dim: Sequence[int] | None = None, correction: float = 1, keepdim: bool = False
) -> Tensor:
    return _var(x, dim, correction=correction, keepdim=keepdim).sqrt()


def _layer_norm(
    x: Tensor, shape: Sequence[int], weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    dims = list(range(x.dim() - len(shape), x.dim()))
    mean = _mean(x, dims, keepdim=True)
    apart = x - mean
    scale = (_mean(apart * apart, dims, keepdim=True) + eps).rsqrt()
    y = apart * scale
    y = y if weight is None else y * weight
    return y if bias is None else y + bias, mean, scale


def _layer_norm_backward(
    grad: Tensor,
    x: Tensor,
    shape: Sequence[int],
    mean: Tensor,
    scale: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    mask: Sequence[bool],
) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
    dims = list(range(x.dim() - len(shape), x.dim()))
    rows = list(range(x.dim() - len(shape)))
    y = (x - mean) * scale
    inner = grad if weight is None else grad * weight
    along = inner - _mean(inner, dims, keepdim=True)
    along = (along - y * _mean(inner * y, dims, keepdim=True)) * scale
    wanted = (mask[0], mask[1] and weight is not None, mask[2] and bias is not None)
    return (
        along if wanted[0] else None,
        (grad * y).sum(rows) if wanted[1] else None,
        grad.sum(rows) if wanted[2] else None,
    )


def _norm(
    x: Tensor,
    order: float = 2,
    dim: Sequence[int] | None = None,
    keepdim: bool = False,
    dtype: torch.dtype | None = None,
) -> Any:
    if order != 2 or dtype is not None:
        return NotImplemented  # which leaves the operation as it is
    return (x * x).sum(_dims(x, dim), keepdim=keepdim).sqrt()


def _dims(x: Tensor, dim: Sequence[int] | None) -> list[int]:
    return [d % x.dim() for d in dim] if dim else list(range(x.dim()))


def _cumsum(x: Tensor, dim: int, *, dtype: torch.dtype | None = None) -> Any:
    """A product with a triangle of ones, which the loops have a place for."""
    if x.dim() != 2 or dim % 2 != 1 or dtype is not None:
        return NotImplemented
    places = torch.arange(x.shape[1], device=x.device)
    return x @ (places[:, None] <= places).to(x.dtype)


_OWN: tuple[tuple[torch._ops.OpOverload, Callable[..., Any]], ...] = (
    (_aten.cumsum.default, _cumsum),
    (_aten.mean.dim, _mean),
    (_aten.var.correction, _var),
    (_aten.std.correction, _std),
    (_aten.var_mean.correction, _var_mean),
    (_aten.linalg_vector_norm.default, _norm),
    (_aten.native_layer_norm.default, _layer_norm),
    (_aten.native_layer_norm_backward.default, _layer_norm_backward),
)


_WHOLE = (_aten.roll.default,)  # moves features, which torch would look up by index


@cache
def decompositions() -> Mapping[Any, Any]:
    """For each composite operation, a function that computes it by simpler ones."""
    found = {**core_aten_decompositions(), **get_decompositions(_TORCH), **dict(_OWN)}
    return {operation: how for operation, how in found.items() if operation not in _WHOLE}
