"""How parameters of gated cells start, beside the functions of `torch.nn.init`."""

import torch
from torch import Tensor, nn

from segue.engine.step.start import Start


def gate_bias(value: float, *, gate: int, gates: int) -> Start:
    """Start one gate's bias at a value and the others at 0.

    A forget gate that starts open, at 1 or 2, lets gradients through from the first step: F. A.
    Gers et al., "Learning to forget", Neural Computation 12 (2000); R. Jozefowicz et al., "An
    empirical exploration of recurrent network architectures", ICML 2015.

    Args:
        value: what the gate's bias starts at.
        gate: which gate it is, from 0, in the order of the equation.
        gates: how many the bias holds.

    Example:
        >>> bias = torch.empty(4)
        >>> gate_bias(1.0, gate=1, gates=2)(bias)
        >>> bias
        tensor([0., 0., 1., 1.])
    """

    def fill(bias: Tensor) -> None:
        bias.zero_().chunk(gates)[gate].fill_(value)

    return fill


def chrono(longest: int, *, keep: int, gates: int, let_in: int | None = None) -> Start:
    """Start gates so that units remember for times spread from 1 to `longest` steps.

    C. Tallec, Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018: the bias of the
    gate that keeps is log(u), u uniform from 1 to longest - 1, and that of the gate that lets in is
    its negative; the others are 0.

    Args:
        longest: steps, at least 3, over which memory may be needed.
        keep: which gate keeps the state, from 0, in the order of the equation.
        gates: how many the bias holds.
        let_in: which gate lets the input in, where that is a gate of its own.

    Example:
        >>> lstm = chrono(100, keep=1, gates=4, let_in=0)
        >>> bias = torch.empty(8)
        >>> lstm(bias)
        >>> bool((bias[2:4] == -bias[:2]).all()), bool((bias[2:4].exp() < 99).all())
        (True, True)
    """

    def fill(bias: Tensor) -> None:
        parts = bias.zero_().chunk(gates)
        parts[keep].uniform_(1, longest - 1).log_()
        if let_in is not None:
            parts[let_in].copy_(-parts[keep])

    return fill


def orthogonal(blocks: int = 1, gain: float = 1.0) -> Start:
    """Start a recurrent weight as blocks of rows, each orthogonal: one for each gate.

    A. M. Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", ICLR 2014.

    Args:
        blocks: how many gates' weights lie one below the other.
        gain: what each is multiplied by.

    Example:
        >>> weight = torch.empty(8, 4)
        >>> orthogonal(blocks=2)(weight)
        >>> bool(torch.allclose(weight[4:] @ weight[4:].T, torch.eye(4), atol=1e-5))
        True
    """

    def fill(weight: Tensor) -> None:
        for block in torch.chunk(weight, blocks):
            nn.init.orthogonal_(block, gain)

    return fill
