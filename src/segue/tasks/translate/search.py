"""From texts to translations, in the order of the texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from segue.data.bilingual import Units
from segue.data.ragged import Ragged, pad
from segue.data.units import BOS, EOS
from segue.nn.decoding.beam import BeamSettings, Hypothesis, beam_search
from segue.nn.encoder_decoder import DecoderSteps, EncoderDecoder

_BEAMS = 320  # translations that are followed together
_STEPS = 40_000  # units of sources that are read together


class Translation(NamedTuple):
    """Translations of a text, the best first, each as text beside what was found."""

    texts: list[str]
    found: list[Hypothesis]


@torch.no_grad()
def translate(
    model: EncoderDecoder,
    units: Units,
    texts: Sequence[str],
    settings: BeamSettings,
    factor: float,
) -> list[Translation]:
    """Translate texts; the model is in eval mode afterwards.

    Args:
        model: a translator.
        units: of both languages.
        texts: n of them; an empty one has an empty translation.
        settings: of the search.
        factor: a translation has at most this many units for each unit of its text, and 10.
    """
    model.eval()
    ids = Ragged.of(units.encode_sources(texts)) if texts else None
    found = [Translation([""], [])] * len(texts)
    if ids is None:
        return found
    rows = max(1, _BEAMS // settings.beams)
    order = np.argsort(ids.lengths, kind="stable")
    order = order[ids.lengths[order] > 1]  # more than the end
    while len(order):
        fits = np.arange(1, len(order) + 1) * ids.lengths[order] <= _STEPS
        some = order[: max(1, min(rows, int(fits.sum())))]
        order = order[len(some) :]
        batch = pad(ids, torch.from_numpy(some))
        memory = model.encode(batch.steps, batch.lengths)
        longest = (factor * batch.lengths.numpy() + 10).astype(np.int64)
        made = beam_search(
            DecoderSteps(model, memory, settings.beams),
            len(some),
            first=BOS,
            end=EOS,
            longest=longest,
            settings=settings,
            never=units.never,
        )
        for row, each in zip(some.tolist(), made, strict=True):
            found[row] = Translation([units.text(one, texts[row]) for one in each], each)
    return found
