"""A linear path around the network: what seasons, levels and smoothing say without any gradient.

G. Lai et al. (LSTNet, SIGIR 2018) put a linear autoregression beside their recurrent network, so
that the network needs to learn only what is not linear. Here the linear part has a handful of
inputs per season (the season before, the one before that, their means, and the last value, from
which all is measured), and forecasts by smoothing, which it thus averages (J. M. Bates,
C. W. J. Granger, "The combination of forecasts", 1969). Its weights start from least absolute
deviations on the training windows: few weights fit from few rows. Each channel may have weights of
its own, drawn towards those of all channels as ridge regression draws towards 0.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

_LEVEL = 4  # steps that the latest level is the mean of
_ROUNDS = 8  # of reweighting
_RIDGE = 1e-2  # share of the inputs' mean power
_KNOWN = 3.0  # windows' worth of the error of all channels in that of each


class Examples(NamedTuple):
    """What the path is fitted to: N windows, measured from their last value on one scale."""

    context: Tensor  # [N, L], last value 0
    smooth: Tensor  # [N, H, S], forecasts by smoothing
    target: Tensor  # [N, H]
    channel: Tensor  # [N] int64, 0 for a channel that training did not have
    loc: Tensor  # [N, 1], the last value
    scale: Tensor  # [N, 1]


class Highway(nn.Module):
    """Quantiles `[B, m*w, Q]` from a context `[B, L]`, one set of weights for each of m segments.

    Args:
        context: L, steps.
        segments: m.
        segment: w, steps.
        seasons: season lengths in steps, each at most L.
        smooth: S, forecasts by smoothing among the inputs.
        channels: C, of training.
        shrink: windows' worth of the weights of all channels in each channel's own; None has no
            weights of a channel's own.
        levels: the Q quantile levels, 0.5 among them.
    """

    def __init__(
        self,
        context: int,
        segments: int,
        segment: int,
        seasons: tuple[int, ...],
        levels: Sequence[float],
        *,
        smooth: int = 0,
        channels: int = 0,
        shrink: float | None = None,
    ) -> None:
        super().__init__()
        self.context, self.segments, self.segment = context, segments, segment
        self.seasons, self.levels, self.shrink = seasons, tuple(levels), shrink
        inputs = self.inputs(torch.zeros(1, context), torch.zeros(1, 1, smooth), 0, 1).shape[-1]
        self.weight = nn.Parameter(torch.zeros(segments, inputs))
        self.spread = nn.Parameter(torch.zeros(segments * segment, len(levels)))
        own = 0 if shrink is None else channels + 1
        self.own: Tensor  # what a channel's weights differ by
        self.register_buffer("own", torch.zeros(own, segments, inputs))
        self.width: Tensor  # of each channel's errors, beside that of all
        self.register_buffer("width", torch.ones(channels + 1))

    def inputs(self, context: Tensor, smooth: Tensor, first: int, last: int) -> Tensor:
        """The linear inputs `[B, last - first, P]` of a context `[B, L]` whose last value is 0.

        Args:
            context: `[B, L]`.
            smooth: `[B, last - first, S]`.
            first: the first step of the horizon, from 0.
            last: the step after the last one.
        """
        step = torch.arange(first, last, device=context.device)
        flat = torch.ones_like(step)[None]
        found = [context[:, -_LEVEL:].mean(1, keepdim=True) * flat]
        for season in self.seasons:
            before = context[:, -season:]
            found += [before[:, step % season], before.mean(1, keepdim=True) * flat]
            if self.context > season:
                found.append(context[:, -season - 1, None] * flat)
            if self.context >= 2 * season:
                earlier = context[:, -2 * season : -season]
                found += [earlier[:, step % season], earlier.mean(1, keepdim=True) * flat]
        return torch.cat([torch.stack(found, dim=-1), smooth.to(context.dtype)], dim=-1)

    def forward(self, context: Tensor, smooth: Tensor, channel: Tensor) -> Tensor:
        """Quantiles `[B, H, Q]` of H steps.

        Args:
            context: `[B, L]`, last value 0.
            smooth: `[B, H, S]`.
            channel: `[B]`, 0 for a new one.
        """
        horizon = smooth.shape[1]
        inputs = self.inputs(context, smooth, 0, horizon)
        weight = self.weight.repeat_interleave(self.segment, 0)[:horizon]
        median = (inputs * weight).sum(-1)
        if self.shrink is not None:
            own = self.own[channel].repeat_interleave(self.segment, 1)[:, :horizon]
            median = median + (inputs * own).sum(-1)
        spread = self.spread[:horizon] * self.width[channel][:, None, None]
        return median[..., None] + spread

    @torch.no_grad()
    def fit(self, examples: Examples) -> None:
        """Set the weights to the least absolute deviations of windows, the spread to what is left.

        By iteratively reweighted least squares with a small ridge towards 0, which is the naive
        forecast (E. J. Schlossmacher, Journal of the American Statistical Association 68, 1973).
        The quantiles spread around the median as the errors of the windows do; a median error
        other than 0, which would be a trend for ever, is left to the network.
        """
        self.fit_all(examples)
        if self.shrink is not None:
            self.fit_each(examples, self.shrink)
        error = examples.target.double() - self.median(examples)
        self.width.copy_(_widths(error.abs().mean(1), examples.channel, len(self.width)))
        level = torch.tensor(self.levels, dtype=error.dtype)
        even = error / self.width[examples.channel][:, None]
        spread = torch.quantile(even, level, dim=0) - even.quantile(0.5, dim=0)  # [Q, H]
        self.spread[: error.shape[1]] = spread.T

    @torch.no_grad()
    def fit_all(self, examples: Examples) -> None:
        """Set the weights of all channels together."""
        for number, x, y in self._parts(examples):
            self.weight[number] = _least_absolute(x.flatten(0, 1), y.flatten())

    @torch.no_grad()
    def fit_each(self, examples: Examples, shrink: float) -> None:
        """Set what the weights of each channel differ by from those of all."""
        for number, x, y in self._parts(examples):
            weight = self.weight[number].double()
            own = _of_each(x, y, examples.channel, weight, shrink, len(self.own))
            self.own[:, number] = own

    @torch.no_grad()
    def median(self, examples: Examples) -> Tensor:
        """The path's median `[N, H]` of windows, float64."""
        found = []
        for number, x, _ in self._parts(examples):
            each = self.weight[number].double().expand(len(x), -1)
            if self.shrink is not None:
                each = each + self.own[examples.channel, number].double()
            found.append((x @ each[..., None])[..., 0])
        return torch.cat(found, dim=1)

    def _parts(self, examples: Examples) -> Iterator[tuple[int, Tensor, Tensor]]:
        """For each segment its number, inputs `[N, w, P]` and targets `[N, w]`."""
        context, smooth, target = examples[:3]
        horizon = target.shape[1]
        for number in range(-(-horizon // self.segment)):
            first = number * self.segment
            last = min(first + self.segment, horizon)
            inputs = self.inputs(context.double(), smooth[:, first:last].double(), first, last)
            yield number, inputs, target[:, first:last].double()


def _least_absolute(x: Tensor, y: Tensor) -> Tensor:
    """Weights `[P]` that make `|y - x w|` small on the whole."""
    influence = torch.ones_like(y)
    solution = torch.zeros(x.shape[1], dtype=x.dtype)
    for _ in range(_ROUNDS):
        gram = (x * influence[:, None]).T @ x
        ridge = _RIDGE * gram.diagonal().mean() + torch.finfo(x.dtype).tiny
        gram.diagonal().add_(ridge)
        solution = torch.linalg.solve(gram, (x * influence[:, None]).T @ y)
        error = (y - x @ solution).abs()
        influence = 1 / error.clamp_min(0.1 * error.median() + 1e-9)
    return solution


def _of_each(
    x: Tensor, y: Tensor, channel: Tensor, weight: Tensor, shrink: float, channels: int
) -> Tensor:
    """What makes `|y - x (weight + own)|` small in each channel, `[channels, P]`; row 0 stays 0.

    Args:
        x: `[N, w, P]`.
        y: `[N, w]`.
        channel: `[N]`.
        weight: `[P]`, of all channels.
        shrink: windows' worth of a penalty on `own`, in the mean power of a window's inputs.
        channels: with the one that is new.
    """
    windows = torch.bincount(channel, minlength=channels)
    first = (windows.cumsum(0) - windows)[channel]
    place = torch.empty_like(channel)
    order = channel.argsort(stable=True)
    place[order] = torch.arange(len(channel)) - first[order]

    def together(values: Tensor) -> Tensor:
        """The windows of each channel side by side, zeros behind the last."""
        found = values.new_zeros(channels, int(windows.max()), *values.shape[1:])
        found[channel, place] = values
        return found.flatten(1, 2)

    x, left = together(x), together(y - x @ weight)  # [channels, windows * w, P]
    real = together(torch.ones_like(y)) > 0
    own = x.new_zeros(channels, x.shape[-1])
    pull = (shrink / windows.clamp_min(1).to(x.dtype))[:, None]
    for _ in range(_ROUNDS // 2):
        error = (left - (x @ own[..., None])[..., 0]).abs()
        influence = 1 / error.clamp_min(0.05 * error[real].median() + 1e-9)
        weighted = (x * influence[..., None]).mT
        gram = weighted @ x
        power = gram.diagonal(dim1=1, dim2=2)
        ridge = (power + 0.1 * power.mean(1, keepdim=True)) * pull
        gram += torch.diag_embed(ridge + torch.finfo(x.dtype).tiny ** 0.5)
        own = torch.linalg.solve(gram, (weighted @ left[..., None])[..., 0])
    own[0] = 0
    return own


def _widths(error: Tensor, channel: Tensor, channels: int) -> Tensor:
    """Each channel's mean error beside that of all, `[channels]`, drawn towards 1 where few."""
    windows = torch.bincount(channel, minlength=channels).to(error.dtype)
    total = torch.zeros(channels, dtype=error.dtype).index_add_(0, channel, error)
    mean = error.mean() + torch.finfo(error.dtype).tiny
    return (total / mean + _KNOWN) / (windows + _KNOWN)
