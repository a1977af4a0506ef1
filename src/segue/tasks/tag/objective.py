"""What the training loop lowers, and what it chooses the weights by."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from segue.insight.calibration import best_temperature, fit_temperature, unseen_probabilities
from segue.insight.classification import log_loss
from segue.tasks.tag.batches import Numbered, answer
from segue.tasks.tag.model import Batch, TagModel
from segue.training.objective import Step

Measure = Callable[[list[np.ndarray]], Mapping[str, float]]


class TagObjective:
    """Negative log-likelihood of a token; validation at the best temperature.

    As a model goes on to learn, it grows surer of its mistakes before it makes more of them: the
    likelihood at the temperature that the finished model will have does not see that.

    Args:
        dev: sentences to validate on.
        measure: from the tags said of them to figures.
    """

    def __init__(self, dev: Numbered, measure: Measure) -> None:
        self.dev, self.measure = dev, measure

    def loss(self, model: nn.Module, batch: Batch, carry: None) -> Step:
        """Mean loss over tokens."""
        terms: Tensor = model(batch)
        tokens = batch.lengths.sum().clamp_min(1)
        return Step(loss=terms.sum() / tokens, weight=float(batch.lengths.sum()))

    @torch.no_grad()
    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss` of a token, and the figures of `measure`."""
        if not isinstance(model, TagModel):
            raise TypeError(f"{type(model).__name__} is no TagModel")
        check()
        loss, _, _ = self.temperatures(model, check)
        return {"loss": loss, **self.measure(answer(model, self.dev).tags)}

    @torch.no_grad()
    def temperatures(
        self, model: TagModel, check: Callable[[], None] = lambda: None
    ) -> tuple[float, float, float]:
        """The loss of a token at the best temperatures: those of the tags and of the label."""
        device = next(model.parameters()).device
        kept, logits, labels = [], [], []
        for batch, _ in self.dev.each(self.dev.known()):
            check()
            batch = Batch(*(part.to(device) for part in batch))
            found = model.outputs(batch)
            kept.append((found.emissions, batch.tags, batch.lengths))
            if found.logits is not None:
                logits.append(found.logits.cpu().numpy())
                labels.append(batch.labels.cpu().numpy())
        if not kept:
            return float("inf"), 1.0, 1.0
        tokens = sum(int(lengths.sum()) for *_, lengths in kept)

        def loss(temperature: float) -> float:
            model.crf.temperature.fill_(temperature)
            return -sum(float(model.crf(*each).sum()) for each in kept) / tokens

        found_tags = best_temperature(loss, tokens)
        total, found_label = loss(found_tags), 1.0
        model.crf.temperature.fill_(1.0)
        if logits:
            every, truth = np.concatenate(logits)[None], np.concatenate(labels)
            alone = np.full(len(truth), -1)
            found_label = fit_temperature(every, truth, alone)
            shares = unseen_probabilities(every, alone, found_label)
            total += log_loss(truth, shares) * len(truth) / tokens
        return total, found_tags, found_label
