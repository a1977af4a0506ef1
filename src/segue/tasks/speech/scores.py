"""How good a recogniser is beside what costs nothing, on the same recordings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.audio.store import Heard
from segue.data.audio.texts import Writing
from segue.data.audio.utterances import Utterances
from segue.insight.word_errors import Errors, character_errors, word_errors
from segue.tasks.examples import scores as examples
from segue.tasks.examples.scores import ClassifyScores
from segue.tasks.scores import Measure, Method, Scores
from segue.tasks.speech.answers import Answer
from segue.tasks.speech.baselines import Means

USUAL = "most frequent text"


@dataclass(frozen=True, eq=False)
class TranscribeScores(Scores):
    """A recogniser beside the most frequent text.

    Attributes:
        utterances: with what is said.
        answers: what was heard.
        words: the errors by word.
        characters: the errors by character.
        writing: the form in which texts are compared.
        speakers: what is to be said of the speakers.
    """

    utterances: Utterances
    answers: tuple[Answer, ...]
    words: Errors
    characters: Errors
    writing: Writing
    speakers: str

    MEASURES = (
        Measure("wer", "WER", percent=True),
        Measure("cer", "CER", percent=True),
        Measure("sentence_errors", "texts with an error", percent=True),
    )
    UNIT = "held-back recording"
    REMEDY = "give the model more recordings or more epochs"

    @property
    def scored(self) -> int:
        """How many recordings were scored."""
        return len(self.utterances)

    @property
    def kinds(self) -> dict[str, float]:
        """The shares of words that were taken for others, not heard, and heard without cause."""
        said = max(int(self.words.said.sum()), 1)
        return {
            "substitutions": float(self.words.substitutions.sum() / said),
            "deletions": float(self.words.deletions.sum() / said),
            "insertions": float(self.words.insertions.sum() / said),
        }

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the rates are made of."""
        low, high = self.words.interval()
        kinds = ", ".join(f"{name} {share:.2%}" for name, share in self.kinds.items())
        return (
            f"WER {self.words.rate:.2%}, 95% interval {low:.2%} to {high:.2%} (bootstrap over"
            f" recordings): {kinds}.",
            f"Texts are compared {self.writing}; {self.speakers}.",
        )

    def extent(self) -> dict[str, Any]:
        """The figures of the model that are asked for most, for JSON."""
        return {
            "recordings": self.scored,
            "words": int(self.words.said.sum()),
            **self.model.as_json(),
            "wer_interval": list(self.words.interval()),
            "cer_interval": list(self.characters.interval()),
        }

    def details(self) -> dict[str, Any]:
        """What errors there are, and how texts were compared, for JSON."""
        return {**self.kinds, "compared": str(self.writing), "speakers": self.speakers}


@dataclass(frozen=True, eq=False)
class CommandScores(ClassifyScores):
    """A recogniser of names beside the mean sound of each."""

    UNIT = "held-back recording"
    REMEDY = "give the model more recordings or more epochs"


def compare(
    name: str,
    utterances: Utterances,
    answers: Sequence[Answer],
    usual: str,
    writing: Writing,
    speakers: str,
) -> TranscribeScores:
    """What was heard beside what was said."""
    said = [item.text or "" for item in utterances]
    heard = [each.text for each in answers]
    words, characters = word_errors(said, heard), character_errors(said, heard)
    free = [usual] * len(said)
    return TranscribeScores(
        _method(name, words, characters),
        (_method(USUAL, word_errors(said, free), character_errors(said, free)),),
        utterances,
        tuple(answers),
        words,
        characters,
        writing,
        speakers,
    )


def _method(name: str, words: Errors, characters: Errors) -> Method:
    wrong = float(np.mean(characters.edits > 0))
    return Method(name, {"wer": words.rate, "cer": characters.rate, "sentence_errors": wrong})


def compare_names(
    name: str,
    names: tuple[str, ...],
    heard: Heard,
    told: NDArray[np.float64],
    means: Means,
    usual: str,
) -> CommandScores:
    """Names that were told, beside the nearest means and the most frequent name.

    Args:
        name: of the method.
        names: K of them.
        heard: recordings.
        told: `[n, K]`, the probability of each name.
        means: the mean sound of each name.
        usual: the most frequent name.

    Raises:
        DataError: a recording says another name.
    """
    index = {one: number for number, one in enumerate(names)}
    for item in heard.utterances:
        if item.text not in index:
            raise heard.utterances.error(
                item, f"says {item.text!r}, which the training has not; it has {', '.join(names)}"
            )
    truth = np.array([index[item.text or ""] for item in heard.utterances])
    nearest = np.eye(len(names))[[index[one] for one in means.nearest(heard)]]
    always = np.eye(len(names))[np.full(len(truth), index[usual])]
    baselines = [
        examples.method(label, truth, shares)
        for label, shares in (("nearest mean sound", nearest), ("most frequent name", always))
    ]
    return CommandScores(examples.method(name, truth, told), tuple(baselines), names, truth, told)
