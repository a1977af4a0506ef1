"""How a cell's tensors start: the default values of what stands after `*` in its signature."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

Start = Callable[[Tensor], object]
"""Fills a tensor in place with what it starts from, as the functions of `torch.nn.init` do."""


@dataclass(frozen=True)
class Fixed:
    """A tensor that is never learned, and how it starts."""

    start: Start


@dataclass(frozen=True)
class Context:
    """What `segue.context` is: it says that each row has its own of a tensor of the cell.

    A context stands after `*`, as a parameter does, arrives with the batch in front, and is the
    same at all steps. It is given with each call: `scan(..., context={...})`. Its gradient is the
    sum over the steps.

    Example:
        A state that reads a memory of S steps by attention (M. Luong et al., "Effective approaches
        to attention-based neural machine translation", EMNLP 2015). Some steps are `real`, 1, and
        the others padding, 0:

        >>> import torch, segue
        >>> @segue.cell
        ... def reader(x: "H", h: "H", *, weight: "H H",
        ...            memory: "S H" = segue.context, real: "S" = segue.context):
        ...     scores = (memory @ h[:, :, None]).squeeze(2).masked_fill(real == 0, -torch.inf)
        ...     read = (scores.softmax(1)[:, None] @ memory).squeeze(1)
        ...     h = (x + read @ weight.T).tanh()
        ...     return h, (h,)
        >>> reader
        reader(x: H, h: H | weight: H H, memory: context S H, real: context S)
        >>> real = torch.tensor([[1.0, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
        >>> given = {"memory": torch.randn(2, 5, 3), "real": real}
        >>> xs, params = torch.zeros(4, 2, 3), {"weight": torch.eye(3)}
        >>> segue.scan(reader, params, xs, context=given)[0].shape
        torch.Size([4, 2, 3])
    """


context: Any = Context()


def fixed(start: Start) -> Any:
    """Say that a tensor of a cell is never learned: a mask, a reservoir, periods, a table.

    It stands after `*`, as a parameter does. A layer keeps it as a buffer: in its `state_dict`,
    moved and converted by `.to()`, without a gradient. What a step computes of it and of parameters
    alone is computed once for all time steps.

    Args:
        start: fills the tensor in place, once, when a layer is made.

    Example:
        A clockwork network (J. Koutník et al., "A clockwork RNN", ICML 2014), whose units keep
        their state but at every 1st, 2nd, 4th, 8th step:

        >>> import torch, segue
        >>> def periods(tensor):
        ...     unit = torch.arange(len(tensor))
        ...     tensor.copy_(2 ** (unit * 4 // len(tensor)))
        >>> @segue.cell
        ... def clockwork(x: "D", h: "H", t: "", *, weight_ih: "H D", weight_hh: "H H",
        ...               period: "H" = segue.fixed(periods)):
        ...     new = (x @ weight_ih.T + h @ weight_hh.T).tanh()
        ...     ticks = t[:, None] / period
        ...     h = torch.where(ticks == ticks.floor(), new, h)
        ...     return h, (h, t + 1)
        >>> clockwork
        clockwork(x: D, h: H, t: scalar | weight_ih: H D, weight_hh: H H, period: fixed H)
        >>> layer = segue.nn.Recurrent(clockwork, input_size=3, hidden_size=8)
        >>> layer.period
        tensor([1., 1., 2., 2., 4., 4., 8., 8.])
        >>> [name for name, _ in layer.named_parameters()]
        ['weight_ih', 'weight_hh']
    """
    return Fixed(start)
