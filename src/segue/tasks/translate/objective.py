"""What the training of a translator lowers, and what the weights are chosen by."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.data.bucketing import Buckets
from segue.data.paired import Batch, Encoded
from segue.data.units import PAD
from segue.training.objective import Step


class TranslateObjective:
    """Cross entropy of each unit, and the perplexity of pairs that are not trained on.

    Args:
        validation: pairs that the weights are chosen by.
        smoothing: share of the target that is spread over all units (C. Szegedy et al.,
            "Rethinking the inception architecture for computer vision", CVPR 2016).
    """

    def __init__(self, validation: Encoded, smoothing: float) -> None:
        self.validation, self.smoothing = validation, smoothing

    def loss(self, model: nn.Module, batch: Batch, carry: None) -> Step:
        """Mean over the real units."""
        logits: Tensor = model(*batch)
        real = batch.targets[batch.targets != PAD]
        if not len(real):
            return Step(loss=logits.sum(), weight=0.0)
        loss = F.cross_entropy(logits, real, label_smoothing=self.smoothing)
        return Step(loss=loss, weight=float(len(real)))

    @torch.no_grad()
    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss` of a unit in nats, without smoothing, and the `perplexity`."""
        pairs = self.validation
        batches = Buckets(pairs.fetch, pairs.lengths, seed=0, rows=256, steps=16_384, shuffle=False)
        total, units = 0.0, 0
        device = next(model.parameters()).device
        for index in range(len(batches)):
            check()
            batch = Batch(*(part.to(device) for part in batches.batch(0, index)))
            real = batch.targets[batch.targets != PAD]
            total += float(F.cross_entropy(model(*batch), real, reduction="sum"))
            units += len(real)
        return {"loss": total / units, "perplexity": float(np.exp(min(total / units, 700)))}
