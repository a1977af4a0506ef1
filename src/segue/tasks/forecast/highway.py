"""A linear path around the network: what a season and a level say without any learning by gradient.

G. Lai et al. (LSTNet, SIGIR 2018) put a linear autoregression beside their recurrent network, so
that the network needs to learn only what is not linear. Here the linear part has a handful of
inputs per season (the season before, the one before that, their means, and the last value, from
which all is measured), and its weights start from least absolute deviations on the training
windows. Few weights fit from few rows: a file of a hundred months is enough.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_LEVEL = 4  # steps that the latest level is the mean of
_ROUNDS = 8  # of reweighting
_RIDGE = 1e-2  # share of the inputs' mean power


class Highway(nn.Module):
    """Quantiles `[B, m*w, Q]` from a context `[B, L]`, one set of weights for each of m segments.

    Args:
        context: L, steps.
        segments: m.
        segment: w, steps.
        seasons: season lengths in steps, each at most L.
        levels: the Q quantile levels, 0.5 among them.
    """

    def __init__(
        self,
        context: int,
        segments: int,
        segment: int,
        seasons: tuple[int, ...],
        levels: Sequence[float],
    ) -> None:
        super().__init__()
        self.context, self.segments, self.segment = context, segments, segment
        self.seasons, self.levels = seasons, tuple(levels)
        inputs = self.inputs(torch.zeros(1, context)).shape[-1]
        self.weight = nn.Parameter(torch.zeros(segments, inputs))
        self.spread = nn.Parameter(torch.zeros(segments * segment, len(levels)))

    def inputs(self, context: Tensor) -> Tensor:
        """The linear inputs `[B, m*w, P]` of a context `[B, L]` whose last value is 0."""
        step = torch.arange(self.segments * self.segment, device=context.device)
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
        return torch.stack(found, dim=-1)

    def forward(self, context: Tensor) -> Tensor:
        """Quantiles `[B, m*w, Q]` from a context `[B, L]` whose last value is 0."""
        return self._median(context)[..., None] + self.spread

    def _median(self, context: Tensor) -> Tensor:
        inputs = self.inputs(context).view(len(context), self.segments, self.segment, -1)
        return torch.einsum("bmwp,mp->bmw", inputs, self.weight.to(inputs.dtype)).flatten(1)

    @torch.no_grad()
    def fit(self, context: Tensor, target: Tensor) -> None:
        """Set the weights to the least absolute deviations of windows, the spread to what is left.

        By iteratively reweighted least squares with a small ridge towards 0, which is the naive
        forecast (E. J. Schlossmacher, Journal of the American Statistical Association 68, 1973).
        The quantiles spread around the median as the errors of the windows do; a median error
        other than 0, which would be a trend for ever, is left to the network.

        Args:
            context: `[N, L]`, last value 0.
            target: `[N, H]` on the same scale, H at most m*w.
        """
        context, target = context.double(), target.double()
        inputs = self.inputs(context)[:, : target.shape[1]]
        for number in range(self.segments):
            steps = slice(number * self.segment, (number + 1) * self.segment)
            found = _least_absolute(inputs[:, steps].flatten(0, 1), target[:, steps].flatten())
            self.weight[number] = found
        error = target - self._median(context)[:, : target.shape[1]]
        level = torch.tensor(self.levels, dtype=error.dtype)
        spread = torch.quantile(error, level, dim=0) - error.quantile(0.5, dim=0)  # [Q, H]
        self.spread[: target.shape[1]] = spread.T


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
