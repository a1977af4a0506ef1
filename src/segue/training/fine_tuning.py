"""`FineTuning`: how a model goes on from weights that another training found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer


@dataclass(frozen=True)
class FineTuning:
    """Gradual unfreezing and discriminative learning rates.

    J. Howard, S. Ruder, "Universal language model fine-tuning for text classification", ACL 2018.
    Weights that are frozen have no gradient: they are not in its norm and no optimizer changes
    them. A rate is a share of the change that the optimizer makes, so that it works with any of
    torch's optimizers and schedules and adds nothing to a checkpoint.

    Attributes:
        layers: parameters by layer, the one nearest to the output first. That one learns from the
            beginning and in full.
        unfreeze: after so many epochs each the next layer begins to learn; 0 begins with all.
        layer_decay: each layer's learning rate is that of the one before it times this.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
        >>> top, bottom = tuple(model[1].parameters()), tuple(model[0].parameters())
        >>> tuning = FineTuning((top, bottom), unfreeze=2)
        >>> [len(tuning.frozen(epoch)) for epoch in range(3)]
        [2, 2, 0]
    """

    layers: tuple[tuple[nn.Parameter, ...], ...]
    unfreeze: int = 0
    layer_decay: float = 1.0

    def frozen(self, epoch: int) -> list[nn.Parameter]:
        """The parameters that do not learn in an epoch; the first one has number 0."""
        if self.unfreeze == 0:
            return []
        return [p for layer in self.layers[1 + epoch // self.unfreeze :] for p in layer]

    def slow(self, optimizer: Optimizer) -> None:
        """Have the optimizer change each layer by its share, from now on."""
        shares = [
            (weight, self.layer_decay**depth)
            for depth, layer in enumerate(self.layers)
            for weight in layer
        ]
        shares = [(weight, share) for weight, share in shares if share != 1]
        before: list[tuple[Tensor, Tensor, float]] = []

        def remember(*_: object) -> None:
            before[:] = [
                (weight, weight.detach().clone(), share)
                for weight, share in shares
                if weight.grad is not None
            ]

        @torch.no_grad()
        def shorten(*_: object) -> None:
            for weight, start, share in before:
                weight.copy_(start.lerp(weight, share))
            before.clear()

        if shares:
            optimizer.register_step_pre_hook(remember)
            optimizer.register_step_post_hook(shorten)


def by_layer(
    model: nn.Module, taken: Iterable[str], unfreeze: int, layer_decay: float
) -> FineTuning:
    """Fine-tuning of a model, layer by layer.

    What was not taken over forms one layer with all that is nearest to the output; a layer is what
    has one name up to its first number inside of a list of layers, in the order of the model.

    Args:
        model: the model, its parameters named from the input to the output.
        taken: names of the parameters that begin with another run's weights.
        unfreeze: see `FineTuning`.
        layer_decay: see `FineTuning`.

    Example:
        >>> model = nn.ModuleDict({"embed": nn.Embedding(5, 2), "head": nn.Linear(2, 2)})
        >>> [len(layer) for layer in by_layer(model, ["embed.weight"], 1, 0.5).layers]
        [2, 1]
    """
    known = set(taken)
    layers: dict[str, list[nn.Parameter]] = {}
    new: list[nn.Parameter] = []
    for name, weight in model.named_parameters():
        (layers.setdefault(_layer(name), []) if name in known else new).append(weight)
    below = [tuple(layer) for layer in reversed(layers.values())]
    found = [tuple(new), *below] if new else below
    return FineTuning(tuple(found), unfreeze, layer_decay)


def _layer(name: str) -> str:
    """The layer of a parameter, whichever member of an ensemble has it.

    >>> _layer("members.3.layers.layers.0.forward_layer.weight_ih"), _layer("embed.weight")
    ('layers.layers.0', 'embed')
    """
    parts = name.split(".")
    if parts[0] == "members":
        parts = parts[2:]
    number = next((i for i, part in enumerate(parts) if part.isdigit()), None)
    return ".".join(parts[: number + 1] if number is not None else parts[:-1])
