"""What the training loop lowers, and what it chooses the weights by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor, nn

from segue.insight.calibration import best_temperature
from segue.tasks.speech.answers import Emission
from segue.tasks.speech.losses import JOINT, ctc, transduced
from segue.tasks.speech.spoken import Batch, Spoken
from segue.tasks.transcribe.emitted import each_of
from segue.tasks.transcribe.model import Emitted, TranscribeModel
from segue.training.objective import Step

Measure = Callable[[Sequence[Emission]], Mapping[str, float]]


class TranscribeObjective:
    """Connectionist temporal classification, for each unit that is said.

    A. Graves et al., "Connectionist temporal classification", ICML 2006. Validation is at the
    temperature that the finished model will have: as a model goes on to learn, it grows surer of
    its mistakes before it makes more of them. A transducer learns beside it, from the same layers,
    and its own loss then is that of the validation (T. Hori et al. train attention so beside CTC,
    "Joint CTC-attention based end-to-end speech recognition", ICASSP 2017).

    Args:
        dev: recordings to validate on.
        measure: from what is said of each of them to figures.
        smoothing: share of the target that is spread over all units.
    """

    def __init__(self, dev: Spoken, measure: Measure, smoothing: float) -> None:
        self.dev, self.measure, self.smoothing = dev, measure, smoothing

    def loss(self, model: nn.Module, batch: Batch, carry: None) -> Step:
        """Mean loss over units."""
        emitted: Emitted = model(batch.frames, batch.lengths, batch.labels)
        units = float(batch.label_lengths.sum())
        if not units:
            return Step(loss=emitted.logits.sum(), weight=0.0)
        shares = emitted.logits.log_softmax(-1)
        loss = ctc(shares, emitted.lengths, batch)
        if self.smoothing:
            real = torch.arange(len(shares), device=shares.device)[:, None] < emitted.lengths
            flat = -shares.mean(-1)[real].sum()
            loss = (1 - self.smoothing) * loss + self.smoothing * flat
        if emitted.joint is not None:
            loss = loss + transduced(emitted.joint, emitted.lengths, batch)
        return Step(loss=loss / units, weight=units)

    @torch.no_grad()
    def evaluate(self, model: nn.Module, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss` of a unit at the best temperature, and the figures of `measure`."""
        if not isinstance(model, TranscribeModel):
            raise TypeError(f"{type(model).__name__} is no TranscribeModel")
        loss, _, emitted = self._best(model, check)
        return {"loss": loss, **self.measure(emitted)}

    @torch.no_grad()
    def temperature(self, model: TranscribeModel) -> float:
        """What logits are divided by, so that probabilities mean what they say."""
        return self._best(model, lambda: None)[1]

    def _best(
        self, model: TranscribeModel, check: Callable[[], None]
    ) -> tuple[float, float, list[Emission]]:
        """The lowest loss of a unit, its temperature, and what is said of each recording."""
        kept: list[tuple[Tensor, Tensor, Batch]] = []
        found: dict[int, Emission] = {}
        joint = 0.0
        for batch, rows in self.dev.each(JOINT) if model.transducer else self.dev.each():
            check()
            frames, lengths = batch.frames.to(model.scale.device), batch.lengths
            emitted = model(frames, lengths, batch.labels.to(frames.device))
            kept.append((emitted.logits.cpu(), emitted.lengths, batch))
            if emitted.joint is not None:
                joint += float(transduced(emitted.joint.cpu(), emitted.lengths, batch))
            found |= zip(rows, each_of(emitted, torch.ones(())), strict=True)
        units = int(self.dev.labels.lengths.sum())

        def loss(temperature: float) -> float:
            check()
            terms = (
                float(ctc((logits / temperature).log_softmax(-1), lengths, batch))
                for logits, lengths, batch in kept
            )
            return sum(terms) / units

        best = best_temperature(loss, units)
        lowest = loss(best) if model.transducer is None else joint / units
        return lowest, best, [found[row] for row in range(len(self.dev))]
