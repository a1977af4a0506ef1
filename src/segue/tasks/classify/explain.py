"""Which tokens or time steps decided a prediction."""

import torch
from torch import Tensor, nn

from segue.insight.attribution import Attribution, integrated_gradients
from segue.tasks.classify.model import ClassifyModel, Member


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
    found = [_explain_member(model, member, x, decided) for member in model.members]
    values = torch.stack([each.values for each in found]).mean(0)
    if model.config.channels is None:
        values = values.sum(1)
    elif model.config.missing:
        numbers, absent = values.chunk(2, 1)
        values = numbers + absent
    start = sum(each.start for each in found) / len(found)
    end = sum(each.end for each in found) / len(found)
    return Attribution(values, start, end, max(each.points for each in found))


def _explain_member(
    model: ClassifyModel, member: nn.Module, x: Tensor, decided: int
) -> Attribution:
    assert isinstance(member, Member)  # noqa: S101 - for the type checker
    text = model.config.channels is None

    def score(path: Tensor) -> Tensor:
        lengths = torch.full((path.shape[1],), len(path))
        logits = member.read(path, lengths) if text else member(path, lengths)
        return torch.softmax(logits / model.temperature, 1)[:, decided]

    return integrated_gradients(score, member.embed(x)[:, 0] if text else x[:, 0])
