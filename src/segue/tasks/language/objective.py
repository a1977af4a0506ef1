"""What the training loop lowers: how surprised the model is by what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.corpus import Stretch, positions
from segue.data.following import Following, following
from segue.data.sampling import Streams
from segue.training.objective import Step

_ROWS, _CONTEXT, _STEPS = 16, 256, 128  # of a text that is scored
_LEAST = 2_000  # tokens of a row of it


def reading(stretch: Stretch, *, rows: int, steps: int, seed: int) -> Streams[Following]:
    """A text in consecutive chunks of `rows` stretches that are read side by side."""
    first, count = stretch.start, len(stretch) - 1
    tokens = stretch.corpus.tokens
    return following(tokens, lambda at: first + at, (count,), rows=rows, steps=steps, seed=seed)


class LanguageObjective:
    """Cross entropy of the unit that follows, in nats; validation on a stretch of text.

    Args:
        validation: the stretch.
        told: the units that are foretold, from 0 on.
    """

    def __init__(self, validation: Stretch, told: int) -> None:
        self.validation, self.told = validation, told

    def loss(self, model: Any, batch: Following, carry: Any) -> Step:
        """The mean over all real steps; the state goes on to the next batch."""
        terms, state = model(batch.tokens, batch.targets, carry, batch.lengths, batch.reset)
        real = torch.arange(len(terms), device=terms.device)[:, None] < batch.lengths
        real = real & (batch.targets < self.told)
        terms = torch.where(real, terms, 0)
        count = real.sum()
        return Step(terms.sum() / count.clamp_min(1), float(count), state)

    def evaluate(self, model: Any, check: Callable[[], None]) -> Mapping[str, float]:
        """`loss`, and the `perplexity`."""
        surprise = surprises(model, self.validation, check)
        loss = float(surprise.mean())
        return {"loss": loss, "perplexity": float(np.exp(min(loss, 700)))}


@torch.no_grad()
def surprises(
    model: Any, stretch: Stretch, check: Callable[[], None] = lambda: None
) -> NDArray[np.float64]:
    """Negative logarithms of the probability of each token of a stretch, in its order, in nats.

    It is read in a few parts side by side, each behind 256 tokens before it, so that every token
    is foretold from nearly all that precedes it. Labels, and the first token of a corpus, which has
    nothing before it, are left out.

    Args:
        model: a `LanguageModel` in eval mode.
        stretch: the text.
        check: called between chunks.
    """
    rows = max(1, min(_ROWS, len(stretch) // _LEAST))
    places, context = positions(stretch, rows, _CONTEXT)
    tokens = stretch.corpus.tokens
    found = np.full(places.shape, np.nan)
    state = None
    for start in range(0, len(places), _STEPS):
        check()
        some = places[start : start + _STEPS]
        real = some >= 0
        at = np.where(real, some, 0)
        now, after = (torch.from_numpy(tokens[each].astype(np.int64)) for each in (at, at + 1))
        lengths = torch.from_numpy(real.sum(0))
        y, state = model.features(now, state, lengths, None)
        told = model.head.surprise(y, after).double()
        found[start : start + _STEPS] = np.where(
            real & (after.numpy() < model.config.told), told.numpy(), np.nan
        )
    wanted = found[context:].T
    flat: NDArray[np.float64] = wanted[~np.isnan(wanted)]
    return flat
