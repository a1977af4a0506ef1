"""What a recogniser says of recordings, in their order."""

from __future__ import annotations

import torch
from torch import Tensor

from segue.tasks.speech.answers import Emission
from segue.tasks.speech.spoken import Spoken
from segue.tasks.transcribe.model import Emitted, TranscribeModel


@torch.no_grad()
def emissions(model: TranscribeModel, given: Spoken) -> list[Emission]:
    """What the network says at each step of each recording; the model is in eval mode."""
    model.eval()
    found: dict[int, Emission] = {}
    for batch, rows in given.each():
        emitted = model(batch.frames, batch.lengths)
        found |= zip(rows, each_of(emitted, model.temperature), strict=True)
    return [found[row] for row in range(len(given))]


def each_of(emitted: Emitted, temperature: Tensor) -> list[Emission]:
    """What was said of each recording of a batch, at a temperature."""
    shares = (emitted.logits / temperature).log_softmax(-1).cpu().numpy()
    heard = None if emitted.heard is None else emitted.heard.cpu().numpy()
    return [
        Emission(shares[:length, row], None if heard is None else heard[:length, row])
        for row, length in enumerate(emitted.lengths.tolist())
    ]
