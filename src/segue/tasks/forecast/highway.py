"""A linear path around the network: what a season and a level say without any learning by gradient.

G. Lai et al. (LSTNet, SIGIR 2018) put a linear autoregression beside their recurrent network, so
that the network needs to learn only what is not linear. Here the linear part has a handful of
inputs per season (the season before, the one before that, their means, and the last value, from
which all is measured), and its weights start from least absolute deviations on the training
windows. Few weights fit from few rows: a file of a hundred months is enough.
"""

import torch
from torch import Tensor, nn

_ROUNDS = 8  # of reweighting
_RIDGE = 1e-2  # share of the inputs' mean power


class Highway(nn.Module):
    """A forecast `[B, m*w]` from a context `[B, L]`, one set of weights for each of m segments.

    Args:
        context: L, steps.
        segments: m.
        segment: w, steps.
        seasons: season lengths in steps, each below L.
    """

    def __init__(self, context: int, segments: int, segment: int, seasons: tuple[int, ...]) -> None:
        super().__init__()
        self.context, self.segments, self.segment = context, segments, segment
        self.seasons = seasons
        inputs = self.inputs(torch.zeros(1, context)).shape[-1]
        self.weight = nn.Parameter(torch.zeros(segments, inputs))

    def inputs(self, context: Tensor) -> Tensor:
        """The linear inputs `[B, m*w, P]` of a context `[B, L]` whose last value is 0."""
        step = torch.arange(self.segments * self.segment, device=context.device)
        flat = torch.ones_like(step)[None]
        found = [context[:, -4:].mean(1, keepdim=True) * flat]
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
        """Forecast `[B, m*w]` from a context `[B, L]` whose last value is 0."""
        inputs = self.inputs(context).view(len(context), self.segments, self.segment, -1)
        return torch.einsum("bmwp,mp->bmw", inputs, self.weight).flatten(1)

    @torch.no_grad()
    def fit(self, context: Tensor, target: Tensor) -> None:
        """Set the weights to the least absolute deviations of windows.

        By iteratively reweighted least squares with a small ridge towards 0, which is the naive
        forecast (E. J. Schlossmacher, Journal of the American Statistical Association 68, 1973).

        Args:
            context: `[N, L]`, last value 0.
            target: `[N, H]` on the same scale, H at most m*w.
        """
        inputs = self.inputs(context.double())[:, : target.shape[1]]
        for number in range(self.segments):
            steps = slice(number * self.segment, (number + 1) * self.segment)
            x = inputs[:, steps].flatten(0, 1)
            y = target[:, steps].double().flatten()
            self.weight[number] = _least_absolute(x, y)


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
