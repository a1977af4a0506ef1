"""What the training loop lowers, and what it chooses the weights by."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.tasks.classify.calibration import fit_temperature, unseen_probabilities
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
        logits, labels, folds = self.unseen(model, check)
        temperature, loss = fit_temperature(logits, labels, folds, self.weights)
        decided = unseen_probabilities(logits, folds, temperature).argmax(1)
        return {"loss": loss, "accuracy": float((decided == labels).double().mean())}

    @torch.no_grad()
    def unseen(
        self, model: nn.Module, check: Callable[[], None] = lambda: None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits `[M, N, K]`, labels `[N]` and folds `[N]` of the rows to validate on, on the CPU.

        A model in training mode is put into eval mode for it.
        """
        training = model.training
        model.eval()
        device = next(model.parameters()).device
        found = []
        for batch in self.validation():
            check()
            logits = model(batch.steps.to(device), batch.lengths.to(device))
            found.append((logits.cpu(), batch.labels, batch.folds))
        model.train(training)
        logits, labels, folds = zip(*found, strict=True)
        return torch.cat(logits, 1), torch.cat(labels), torch.cat(folds)
