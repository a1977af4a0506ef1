"""How well a language model foretells a text, beside n-grams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.corpus import Stretch
from segue.data.kneser_ney import MOST, ORDER, KneserNey
from segue.data.units import UNKNOWN
from segue.tasks.scores import Measure, Method, Scores


@dataclass(frozen=True, eq=False)
class LanguageScores(Scores):
    """A language model beside n-grams on the same text.

    Attributes:
        stretch: the text.
        surprise: `[n]`, of the model at each token but a corpus's first, in nats.
    """

    stretch: Stretch
    surprise: NDArray[np.float64]

    MEASURES = (
        Measure("perplexity", "perplexity", perfect=1.0),
        Measure("bits_per_character", "bits per character"),
        Measure("bits_per_byte", "bits per byte"),
        Measure("bits_per_note", "bits per note"),
        Measure("bits_per_beat", "bits per beat"),
    )
    UNIT = "held-back token"
    REMEDY = "give the model more text, a larger state or more epochs"

    @property
    def scored(self) -> int:
        """How many tokens were foretold."""
        return len(self.surprise)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was unknown."""
        unknown = int((self.stretch.tokens == UNKNOWN).sum())
        known = f"{unknown:,} of its {len(self.stretch):,} tokens are unknown, one token for all."
        return (known,) if unknown else ()

    def extent(self) -> dict[str, Any]:
        """The figures of the model that are asked for most, for JSON."""
        counts = {f"{name}s": value for name, value in self.stretch.measured.items()}
        return {"tokens": self.scored, **counts, **self.model.metrics}


def method(name: str, surprise: NDArray[np.float64], stretch: Stretch, told: int) -> Method:
    """The measures of one method; those that divide the bits count every unit that is foretold."""
    bits = float(surprise.mean()) * int((stretch.tokens < told).sum()) / np.log(2)
    perplexity = float(np.exp(min(float(surprise.mean()), 700)))
    shared = {f"bits_per_{name}": bits / max(n, 1) for name, n in stretch.measured.items()}
    return Method(name, {"perplexity": perplexity, **shared})


def n_grams(train: Stretch, asked: Stretch, size: int, told: int) -> tuple[Method, ...]:
    """What counts alone foretell of units below `told`: n-grams of five, and the frequencies."""
    first = max(asked.start, 1)
    places = first + np.flatnonzero(asked.corpus.tokens[first : asked.end] < told)
    tokens, found = asked.corpus.tokens, []
    for order in (ORDER, 1):
        model = KneserNey(train.tokens, size, order)
        surprise = -np.concatenate(
            [model.log_probs(*_near(tokens, some, order)) for some in _parts(places)]
        )
        few = f", the last {MOST:,} tokens" if len(train) > MOST else ""
        name = "unit frequencies" if order == 1 else f"{order}-grams, Kneser-Ney"
        found.append(method(name + few, surprise, asked, told))
    return tuple(found)


def _parts(places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    return np.array_split(places, -(-len(places) // (1 << 18)) or 1)


def _near(
    tokens: NDArray[np.integer], places: NDArray[np.int64], order: int
) -> tuple[NDArray[np.integer], NDArray[np.int64]]:
    """The tokens around consecutive places, and the places in them."""
    if not len(places):
        return np.zeros(0, np.int64), places
    start = max(int(places[0]) - order, 0)
    return np.asarray(tokens[start : int(places[-1]) + 1]), places - start
