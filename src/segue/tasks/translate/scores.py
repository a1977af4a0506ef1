"""How good translations are beside copying and a dictionary, on the same texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from segue.data.bilingual import simple_units
from segue.data.dictionary import Dictionary
from segue.data.pairs import Pairs
from segue.data.unit import Cut
from segue.insight.translation import Quality, quality
from segue.tasks.scores import Measure, Method, Scores
from segue.tasks.translate.search import Translation

DICTIONARY = "word-for-word dictionary"


@dataclass(frozen=True, eq=False)
class TranslateScores(Scores):
    """A translator beside the baselines.

    Attributes:
        pairs: what was translated, with the references.
        found: the translations.
        by_dictionary: those of the dictionary.
        signature: sacreBLEU's.
        whole: whether a translation is right or wrong as a whole, as a pronunciation is.
    """

    pairs: Pairs
    found: list[Translation]
    by_dictionary: list[str]
    signature: str
    whole: bool

    MEASURES = (
        Measure("bleu", "BLEU", higher=True, perfect=100.0),
        Measure("chrf", "chrF", higher=True, perfect=100.0),
        Measure("word_accuracy", "whole text right", higher=True, perfect=1.0, percent=True),
        Measure("edit_distance", "edits per unit", percent=True),
    )
    UNIT = "held-back text"
    REMEDY = "give the model more pairs, more epochs or other units"

    @property
    def scored(self) -> int:
        """How many texts were scored."""
        return len(self.pairs)

    @property
    def shown(self) -> tuple[Measure, ...]:
        """Where texts are words, their accuracy first and no BLEU, which counts four words."""
        return self.MEASURES[2:] + self.MEASURES[1:2] if self.whole else self.MEASURES

    @property
    def measure(self) -> str:
        """Word accuracy where texts are words, else BLEU."""
        return "word_accuracy" if self.whole else "bleu"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How BLEU was computed."""
        return (f"sacreBLEU: {self.signature}",)

    def extent(self) -> dict[str, Any]:
        """The figures of the model that are asked for most, for JSON."""
        return {"texts": self.scored, **self.model.as_json(), "signature": self.signature}


def compare(
    name: str,
    pairs: Pairs,
    found: list[Translation],
    dictionary: Dictionary,
    cuts: tuple[Cut, Cut],
    tokenizer: str,
) -> TranslateScores:
    """The model's translations beside those of the baselines."""
    by_dictionary = [dictionary.translate(text) for text in pairs.sources]
    cut = simple_units(cuts[1])

    def measured(texts: list[str]) -> Quality:
        return quality(pairs.sources, texts, pairs.targets or (), cut, tokenizer)

    ours = measured([each.texts[0] for each in found])
    return TranslateScores(
        _method(name, ours),
        (
            _method("copy of the source", measured(list(pairs.sources))),
            _method(DICTIONARY, measured(by_dictionary)),
        ),
        pairs,
        found,
        by_dictionary,
        ours.signature,
        cuts[0] is Cut.char,
    )


def _method(name: str, of: Quality) -> Method:
    return Method(
        name,
        {
            "bleu": of.bleu,
            "chrf": of.chrf,
            "word_accuracy": of.word_accuracy,
            "edit_distance": of.edit_distance,
        },
    )
