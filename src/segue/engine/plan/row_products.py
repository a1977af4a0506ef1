"""Products of one row's matrices as what loops have: rows by a parameter, features by features."""

from collections.abc import Iterable, Sequence
from functools import reduce
from math import prod

import torch
from torch import Tensor

from segue.engine.plan.refusal import Refusal
from segue.engine.plan.row_values import Rows, alone
from segue.engine.step.graph import Node, Value

_MOST = 64  # vectors of a row that one product may have


def product(rows: Rows, node: Node) -> Tensor:
    """A product, and what is added to it: `[B, ...]`."""
    *added, left, right = node.inputs
    if rows.facts.is_plain(node):
        found = _vector(rows, left, rows.known[right])
    else:
        found = _matrices(rows, left, right)
    if not added:
        return found
    rows.put(node.results[0], found)
    found, other = rows.known[node.results[0]], rows.aligned(added[0], node.results[0])
    scale, times = node.kwargs.get("beta", 1), node.kwargs.get("alpha", 1)
    return (found if times == 1 else found * times) + (other if scale == 1 else other * scale)


def _matrices(rows: Rows, left: Value, right: Value) -> Tensor:
    """`[n, i, k] @ [n, k, j]` for each row: `[B, n, i, j]`."""
    a = rows.shaped(left, *_sizes(left, column=False))
    b = rows.shaped(right, *_sizes(right, column=len(right.shape) == 1))
    if left in rows.facts.rowed and right in rows.facts.rowed:
        return _features(a, b)
    if right in rows.facts.rowed:
        return _by_parameter(rows, right, _turned(b), _turned(a)).transpose(-1, -2)
    return _by_parameter(rows, left, a, b)


def _sizes(value: Value, *, column: bool) -> tuple[int, ...]:
    """`[n, i, k]`; a vector is one row, or one column."""
    sizes = alone(value)
    if len(sizes) == 1:
        sizes = (*sizes, 1) if column else (1, *sizes)
    return (1,) * (3 - len(sizes)) + sizes


def _turned(matrices: Tensor) -> Tensor:
    """The transposed matrices; of vectors without a permutation."""
    *lead, lines, columns = matrices.shape
    if 1 in (lines, columns):
        return matrices.reshape(*lead, columns, lines)
    return matrices.transpose(-1, -2)


def _by_parameter(rows: Rows, value: Value, x: Tensor, weight: Tensor) -> Tensor:
    """`[B, n, i, k]` by `[n, k, j]`: each vector of a row by its matrix."""
    blocks, vectors = x.shape[1], x.shape[2]
    if blocks * vectors == 1:
        found = _vector(rows, value, weight.reshape(weight.shape[1:]))
        return found.reshape(rows.count, 1, 1, found.shape[-1])
    if blocks * vectors > _MOST:
        raise Refusal(
            f"it multiplies {blocks * vectors} vectors of a row, more than {_MOST}; multiply fewer,"
            " or join them to one"
        )
    matrices = weight.unbind(0) if blocks > 1 else [weight.reshape(weight.shape[1:])]
    return _stacked(
        [
            _stacked([vector @ matrix for vector in _apart(block, 1)], 1)
            for block, matrix in zip(_apart(x, 1), matrices, strict=True)
        ],
        1,
    )


def _vector(rows: Rows, value: Value, weight: Tensor) -> Tensor:
    """The features of a row by one matrix; what stands side by side there, part by part."""
    parts = rows.facts.parts[value]
    if not parts:
        return rows.shaped(value, prod(alone(value))) @ weight
    groups = [[_flat(rows, each) for each in group] for group in parts]
    joined = [group[0] if len(group) == 1 else torch.cat(group, -1) for group in groups]
    lines: Sequence[Tensor] = torch.split(weight, [each.shape[-1] for each in joined])
    return reduce(torch.add, [each @ own for each, own in zip(joined, lines, strict=True)])


def _flat(rows: Rows, value: Value) -> Tensor:
    """The features of a row side by side: `[B, k]`."""
    width = prod(alone(value))
    found = rows.shaped(value, width)
    return found if value in rows.facts.rowed else found.expand(rows.count, width)


def _features(a: Tensor, b: Tensor) -> Tensor:
    """`[B, n, i, k] @ [B, n, k, j]`: features by features, summed up over `k`."""
    if a.shape[-1] == 1:
        return a * b
    if b.shape[-1] <= a.shape[-2]:
        turned = _turned(b)
        return _stacked([(a * each.unsqueeze(-2)).sum(-1) for each in _apart(turned, -2)], -1)
    return _stacked([(each.unsqueeze(-1) * b).sum(-2) for each in _apart(a, -2)], -2)


def _apart(tensor: Tensor, dim: int) -> Iterable[Tensor]:
    return tensor.unbind(dim) if tensor.shape[dim] > 1 else [tensor.squeeze(dim)]


def _stacked(parts: Sequence[Tensor], dim: int) -> Tensor:
    return torch.stack(list(parts), dim) if len(parts) > 1 else parts[0].unsqueeze(dim)
