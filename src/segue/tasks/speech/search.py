"""The search for the likeliest text: unit by unit, or with what words are likely beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.data.unit import Unit
from segue.data.units import UNKNOWN, Vocabulary
from segue.data.word_fusion import WordFusion
from segue.data.word_ngrams import WordNGrams
from segue.errors import RunError
from segue.nn.ctc import best_path
from segue.nn.ctc_beam import prefix_beam
from segue.tasks.settings import first_defect
from segue.tasks.speech.answers import Answer, Probabilities, Speller, without_unknown

_WIDER = 8  # times the beam, where nothing that was kept may end
_CHOSEN_BY = 100  # recordings
_WEIGHTS = (0.3, 0.6, 1.0)
_BONUSES = (1.0, 2.0)


class How(BaseModel):
    """How texts are looked for.

    Attributes:
        beam: texts that are followed side by side; 0 takes the likeliest unit at each step.
        weight: of the n-grams' logarithms.
        bonus: what each word adds.
        closed: only words of the n-grams may be said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    beam: int = Field(default=0, ge=0, le=1000)
    weight: float = Field(default=0.0, ge=0, le=100)
    bonus: float = Field(default=0.0, ge=-100, le=100)
    closed: bool = True

    def __str__(self) -> str:
        if not self.beam:
            return "the likeliest unit at each step"
        kind = "words of the lexicon alone" if self.closed else "any words"
        return (
            f"a search with {self.beam} beams, {kind}, n-grams with weight {self.weight:g},"
            f" {self.bonus:g} for each word"
        )


GREEDY = How()


@dataclass
class Chosen:
    """The way that a training chooses at its end, or chose."""

    how: How = GREEDY


@dataclass(frozen=True)
class Search:
    """From log probabilities to units and texts.

    Attributes:
        speller: units as text.
        how: to look.
        fusion: the n-grams; None where these are not asked.
    """

    speller: Speller
    how: How
    fusion: WordFusion | None

    @classmethod
    def of(cls, speller: Speller, how: How, ngrams: WordNGrams | None) -> Search:
        """With n-grams, where these count."""
        if not how.beam or ngrams is None:
            return cls(speller, how, None)
        units = speller.vocabulary
        fusion = WordFusion(
            _texts(units),
            ngrams,
            weight=how.weight,
            bonus=how.bonus,
            closed=how.closed,
            whole=units.settings.unit is Unit.WORD,
        )
        return cls(speller, how, fusion)

    def labels(self, log_probs: Probabilities) -> tuple[int, ...]:
        """The units that are heard in `[T, K]`; none where no text may end there."""
        shares = without_unknown(log_probs)
        if not self.how.beam:
            return tuple(best_path(shares))
        for beam in (self.how.beam, _WIDER * self.how.beam):
            found = prefix_beam(shares, beam=beam, fusion=self.fusion)
            if found:
                return found[0].labels
        return ()

    def text(self, log_probs: Probabilities) -> str:
        """The text that is heard."""
        return self.speller.text(self.labels(log_probs))

    def answer(self, log_probs: Probabilities, first: int = 0) -> Answer:
        """The text with the words' times; `first` is the number of the first step."""
        return self.speller.answer(log_probs, self.labels(log_probs), first)


def choose(
    wrong: Callable[[Search], float], speller: Speller, ngrams: WordNGrams, beam: int
) -> How:
    """The way with the fewest errors; of equal ones the simplest.

    Args:
        wrong: the error rate of a search.
        speller: units as text.
        ngrams: of words.
        beam: texts that are followed side by side.
    """

    def rate(how: How) -> float:
        return wrong(Search.of(speller, how, ngrams))

    tried = {GREEDY: rate(GREEDY)}
    if tried[GREEDY] == 0:
        return GREEDY
    for closed in (True, False):
        for weight in _WEIGHTS:
            how = How(beam=beam, weight=weight, closed=closed)
            tried[how] = rate(how)
    best = min(tried, key=lambda how: tried[how])
    for bonus in _BONUSES if best.beam else ():
        how = best.model_copy(update={"bonus": bonus})
        tried[how] = rate(how)
    return min(tried, key=lambda how: tried[how])


def some(count: int) -> NDArray[np.int64]:
    """The recordings by which a search is chosen, of so many."""
    return np.unique(np.linspace(0, count - 1, min(count, _CHOSEN_BY)).astype(np.int64))


def how_from_state(state: object) -> How:
    """The way that an artifact holds.

    Raises:
        RunError: it is damaged.
    """
    try:
        return How.model_validate(state)
    except ValidationError as error:
        raise RunError(f"search: {first_defect(error)}; train again") from None


def _texts(units: Vocabulary) -> Sequence[str]:
    """The text of each unit; "" for blank and unknown."""
    return ["" if k <= UNKNOWN else units.decode([k]) for k in range(units.size)]
