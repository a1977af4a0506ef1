"""Shows that a derivative of one's own fits the plan: rows apart, and sums over rows only added up.

The derivative of a step whose rows are independent has both by nature. One that somebody writes may
have neither: a gradient divided by its norm over the batch, or clipped after it was summed.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from segue.engine.step.graph import Graph, Node, Value
from segue.engine.step.ops import Kind, kind
from segue.engine.step.own_derivative import OwnDerivative
from segue.engine.step.rows import MIXED, check_rows, label
from segue.errors import CellError

_aten = torch.ops.aten
_BATCH = 37  # rows of the trial; a number that is seldom a size
_ADDITIVE = (
    _aten.add.Tensor,
    _aten.sub.Tensor,
    _aten.neg.default,
    _aten.sum.dim_IntList,
    _aten.sum.default,
    _aten._to_copy.default,
    _aten.cat.default,
)
_SCALING = (_aten.mul.Tensor, _aten.mul.Scalar)
_DIVIDING = (_aten.div.Tensor, _aten.div.Scalar)


def check(own: OwnDerivative, backward: Graph) -> None:
    """Refuse a derivative that no plan computes as the Python loop does.

    Args:
        own: where the derivative comes from.
        backward: the step and its derivative; what it returns is the gradient of the input and of
            the state. The cotangents are part of its state.

    Raises:
        NotImplementedError: an operation of it mixes rows, or does more than add up the sums over
            rows that gradients of parameters are.
    """
    try:
        check_rows(own, backward, _BATCH)
        labels = label(own, backward, _BATCH)
    except CellError as error:
        reason = str(error).partition(": ")[2]
        raise NotImplementedError(f"in the derivative that {own.named} brings, {reason}") from error
    for node in backward.nodes:
        if not _adds_up(node, labels):
            raise NotImplementedError(
                f"the derivative that {own.named} brings computes {node.title} of a sum over the"
                " rows of the batch, which a plan sums over time too; compute it of each row, or"
                " leave it to the optimiser"
            )


def _adds_up(node: Node, labels: Mapping[Value, Tensor]) -> bool:
    """Whether a node gives of sums the sum of what it gives."""
    summed = [value for value in node.inputs if _is_sum(value, labels)]
    if not summed or kind(node) is Kind.VIEW or node.op in _ADDITIVE:
        # What is added must be a sum too, or it would be added once instead of once a step.
        return node.op not in _ADDITIVE[:2] or len(summed) in (0, len(node.args[:2]))
    if node.op in _DIVIDING:
        return summed == [node.args[0]]
    if node.op in _SCALING or kind(node) is Kind.PRODUCT:
        return len(summed) == 1
    return False


def _is_sum(value: Value, labels: Mapping[Value, Tensor]) -> bool:
    return value in labels and bool((labels[value] == MIXED).any())
