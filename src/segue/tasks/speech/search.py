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
from segue.nn.ctc import Aligned, best_path
from segue.nn.ctc_beam import prefix_beam
from segue.nn.transducer_beam import transducer_beam
from segue.nn.transducer_network import Transducer
from segue.tasks.settings import first_defect
from segue.tasks.speech.answers import Answer, Emission, Speller, without_unknown

_BEAM, _BEAM_OF_TRANSDUCER = 16, 4
_WIDER = 8  # times the beam, where nothing that was kept may end
_CHOSEN_BY = 100  # recordings
_CHOSEN_BY_TRANSDUCER = 25
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
        transducer: what texts come from; None takes them from CTC.
    """

    speller: Speller
    how: How
    fusion: WordFusion | None
    transducer: Transducer | None = None

    @classmethod
    def of(
        cls,
        speller: Speller,
        how: How,
        ngrams: WordNGrams | None,
        transducer: Transducer | None = None,
    ) -> Search:
        """With n-grams, where these count."""
        if not how.beam or ngrams is None:
            return cls(speller, how, None, transducer)
        units = speller.vocabulary
        fusion = WordFusion(
            _texts(units),
            ngrams,
            weight=how.weight,
            bonus=how.bonus,
            closed=how.closed,
            whole=units.settings.unit is Unit.WORD,
        )
        return cls(speller, how, fusion, transducer)

    def _labels(self, emission: Emission) -> tuple[int, ...]:
        """The units that CTC hears; none where no text may end there."""
        shares = without_unknown(emission.shares)
        if not self.how.beam:
            return tuple(best_path(shares))
        for beam in (self.how.beam, _WIDER * self.how.beam):
            found = prefix_beam(shares, beam=beam, fusion=self.fusion)
            if found:
                return found[0].labels
        return ()

    def _units(
        self, transducer: Transducer, heard: NDArray[np.float32] | None
    ) -> tuple[Aligned, ...]:
        """The units that a transducer hears; none where no text may end there."""
        if heard is None:
            raise TypeError("a transducer reads what the layers heard")
        for beam in (max(1, self.how.beam), _WIDER * self.how.beam):
            found = transducer_beam(
                transducer, heard, beam=beam, fusion=self.fusion, never=(UNKNOWN,)
            )
            if found is not None:
                return found
        return ()

    def text(self, emission: Emission) -> str:
        """The text that is heard."""
        if self.transducer is not None:
            units = self._units(self.transducer, emission.heard)
            return self.speller.text([unit.label for unit in units])
        return self.speller.text(self._labels(emission))

    def answer(self, emission: Emission, first: int = 0) -> Answer:
        """The text with the words' times; `first` is the number of the first step."""
        if self.transducer is not None:
            return self.speller.told(self._units(self.transducer, emission.heard), first)
        return self.speller.answer(emission.shares, self._labels(emission), first)

    def beam(self, asked: int | None) -> int:
        """How many texts are followed where so many are asked for."""
        return asked or (_BEAM if self.transducer is None else _BEAM_OF_TRANSDUCER)

    @property
    def greedy(self) -> Search:
        """The same without a search."""
        return Search(self.speller, GREEDY, None, self.transducer)


def choose(wrong: Callable[[Search], float], greedy: Search, ngrams: WordNGrams, beam: int) -> How:
    """The way with the fewest errors; of equal ones the simplest.

    Args:
        wrong: the error rate of a search.
        greedy: the simplest search.
        ngrams: of words.
        beam: texts that are followed side by side.
    """

    def rate(how: How) -> float:
        return wrong(Search.of(greedy.speller, how, ngrams, greedy.transducer))

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


def some(count: int, search: Search) -> NDArray[np.int64]:
    """The recordings by which a search is chosen, of so many."""
    most = _CHOSEN_BY if search.transducer is None else _CHOSEN_BY_TRANSDUCER
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


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
