"""What a recogniser says of recordings, in their order."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from segue.tasks.speech.spoken import Spoken
from segue.tasks.transcribe.model import TranscribeModel


@torch.no_grad()
def log_probs(model: TranscribeModel, given: Spoken) -> list[NDArray[np.float32]]:
    """Log probabilities `[T, K]` of the units at each step, in order; the model is in eval mode."""
    model.eval()
    found: dict[int, NDArray[np.float32]] = {}
    for batch, rows in given.each():
        emitted = model(batch.frames, batch.lengths)
        shares = (emitted.logits / model.temperature).log_softmax(-1)
        for place, (row, length) in enumerate(zip(rows, emitted.lengths.tolist(), strict=True)):
            found[row] = shares[:length, place].numpy()
    return [found[row] for row in range(len(given))]
