"""How much of what training added to the linear path is kept: validation says.

The network's last layer starts at 0, so the model before training is the path alone. Between it and
the trained model lie models that trust the network in part, as shrinkage estimators do (W. James,
C. Stein, 1961). Where training spoiled the path, nothing of it is kept.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from segue.tasks.forecast.model import ForecastModel
from segue.tasks.forecast.objective import ForecastObjective

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
_LAST = ("highway.weight", "highway.spread", "head.weight", "head.bias")


def untrained(model: ForecastModel) -> Mapping[str, Tensor]:
    """What `shrink` goes back to: the last layer and the path, to be taken before training."""
    state = model.state_dict()
    return {name: state[name].clone() for name in _LAST}


@torch.no_grad()
def keep(model: ForecastModel, before: Mapping[str, Tensor], share: float) -> None:
    """Keep a share of what training changed in the last layer and the path."""
    for name, value in model.state_dict().items():
        if name in before:
            value.copy_(before[name] + share * (value - before[name]))


def shrink(
    model: ForecastModel, before: Mapping[str, Tensor], objective: ForecastObjective
) -> float:
    """Keep the share that validates best, by the loss and the median's error alike.

    Args:
        model: as training left it; changed in place.
        before: what `untrained` took.
        objective: whose validation windows judge.

    Returns:
        The share.
    """
    after = untrained(model)
    best, least, unit = 1.0, float("inf"), None
    model.eval()
    for share in reversed(SHARES):
        model.load_state_dict(after, strict=False)
        keep(model, before, share)
        found = objective.evaluate(model, lambda: None)
        unit = unit or found
        error = sum(found[name] / max(unit[name], 1e-12) for name in found)
        if error < least:
            best, least = share, error
    model.load_state_dict(after, strict=False)
    keep(model, before, best)
    return best
