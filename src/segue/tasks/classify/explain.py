"""Which tokens or time steps decided a prediction."""

from dataclasses import replace
from typing import cast

import torch
from torch import Tensor

from segue.insight.attribution import Attribution, integrated_gradients
from segue.tasks.classify.model import ClassifyModel, Member, calibrated


def explain(model: ClassifyModel, steps: Tensor, decided: int) -> Attribution:
    """Attribute the probability of a class to the steps of one sequence.

    A token is compared with a vector of zeros, a number with its channel's mean. The values sum to
    how much more probable the class is than with these in place of all steps.

    Args:
        model: in eval mode.
        steps: `[T]` tokens, or `[T, C]` numbers.
        decided: the class.

    Returns:
        Values `[T]` for tokens, `[T, C]` for numbers.

    Example:
        >>> from segue.tasks.classify.model import ClassifyConfig
        >>> model = ClassifyModel(ClassifyConfig(classes=2, vocabulary=50, hidden=8)).eval()
        >>> found = explain(model, torch.tensor([7, 3, 9]), decided=1)
        >>> found.values.shape, found.gap < 0.01
        (torch.Size([3]), True)
    """
    x = model.features(steps[:, None])
    text = model.config.channels is None
    members = cast("list[Member]", list(model.members))
    if text:
        x = torch.stack([member.embed(x) for member in members], 2)  # [T, 1, M, E]

    def score(path: Tensor) -> Tensor:
        lengths = torch.full((path.shape[1],), len(path))
        logits = [
            member.read(path[:, :, place], lengths) if text else member(path, lengths)
            for place, member in enumerate(members)
        ]
        return calibrated(torch.stack(logits), model.temperature)[:, decided]

    found = integrated_gradients(score, x[:, 0])
    values = found.values
    if text:
        values = values.sum((1, 2))
    elif model.config.missing:
        numbers, absent = values.chunk(2, 1)
        values = numbers + absent
    return replace(found, values=values)
