"""What the training loop lowers, and what it chooses the weights by."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from segue.insight.calibration import fit_temperature, unseen_probabilities
from segue.insight.classification import log_loss
from segue.training.objective import Step


class Labelled(NamedTuple):
    """B sequences with their classes.

    Attributes:
        steps: `[T, B]` tokens, or `[T, B, C]` numbers.
        lengths: `[B]`.
        labels: `[B]`, classes by number.
        folds: `[B]`, the member that must not learn from the row; -1 for none.
    """

    steps: Tensor
    lengths: Tensor
    labels: Tensor
    folds: Tensor


def balanced_weights(labels: NDArray[np.int64], classes: int) -> Tensor:
    """Weights `[K]` by which all classes that occur count alike, and rows 1 on average.

    >>> balanced_weights(np.array([0, 0, 0, 1]), 2)
    tensor([0.6667, 2.0000])
    """
    rows = np.bincount(labels, minlength=classes)
    weights = np.divide(len(labels), rows * (rows > 0).sum(), out=np.zeros(classes), where=rows > 0)
    return torch.from_numpy(weights).float()


class ClassifyObjective:
    """Cross entropy; validation on rows that a member did not learn from.

    Where rows have folds, each is validated by its own fold's member: a small set is then both
    trained on and validated on in full (A. Krogh, J. Vedelsby, "Neural network ensembles, cross
    validation, and active learning", NIPS 1994). Other rows are validated by all members.

    The validation loss is that at the best temperature, which the finished model will have: it
    asks how well classes are told apart, not how sure the network is of it (E. Berta et al.,
    "Rethinking early stopping: refine, then calibrate", 2025).

    Args:
        validation: gives the batches to validate on, the same ones at every call.
        weights: `[K]`, how much the rows of each class count; all alike when None.
        smoothing: share of the target that is spread over all classes (C. Szegedy et al.,
            "Rethinking the inception architecture for computer vision", CVPR 2016).
    """

    def __init__(
        self,
        validation: Callable[[], Iterable[Labelled]],
        *,
        weights: Tensor | None = None,
        smoothing: float = 0.0,
    ) -> None:
        self.validation, self.weights, self.smoothing = validation, weights, smoothing

    def loss(self, model: nn.Module, batch: Labelled, carry: None) -> Step:
        """Mean loss over members and the rows that they may learn from."""
        logits: Tensor = model(batch.steps, batch.lengths)
        members, rows, _ = logits.shape
        terms = F.cross_entropy(
            logits.flatten(0, 1),
            batch.labels.repeat(members),
            reduction="none",
            label_smoothing=self.smoothing,
        ).view(members, rows)
        mine = torch.arange(members, device=logits.device)[:, None] != batch.folds
        weight = mine.to(terms.dtype)
        if self.weights is not None:
            weight = weight * self.weights.to(terms)[batch.labels]
        total = weight.sum()
        return Step(loss=(terms * weight).sum() / total.clamp_min(1e-12), weight=float(total))

    @torch.no_grad()
    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss`, and the `accuracy` of the rows."""
        unseen = self.unseen(model, check)
        temperature = self.temperature(unseen)
        found = unseen_probabilities(unseen.logits, unseen.folds, temperature)
        return {
            "loss": log_loss(unseen.labels, found, self._numbers()),
            "accuracy": float((found.argmax(1) == unseen.labels).mean()),
        }

    def temperature(self, unseen: "Unseen") -> float:
        """The temperature that calibrates a model."""
        return fit_temperature(unseen.logits, unseen.labels, unseen.folds, self._numbers())

    @torch.no_grad()
    def unseen(self, model: nn.Module, check: Callable[[], None] = lambda: None) -> "Unseen":
        """What a model in eval mode says of the rows to validate on."""
        device = next(model.parameters()).device
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for batch in self.validation():
            check()
            logits = model(batch.steps.to(device), batch.lengths.to(device))
            found.append((logits.cpu(), batch.labels, batch.folds))
        logits, labels, folds = zip(*found, strict=True)
        return Unseen(
            torch.cat(logits, 1).numpy(), torch.cat(labels).numpy(), torch.cat(folds).numpy()
        )

    def _numbers(self) -> NDArray[np.float64] | None:
        return None if self.weights is None else self.weights.double().numpy()


class Unseen(NamedTuple):
    """Rows to validate on: logits `[M, N, K]` of the members, labels `[N]` and folds `[N]`."""

    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    folds: NDArray[np.int64]
