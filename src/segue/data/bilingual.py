"""The units of both languages: learned together or each on its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.spacing import Spacing
from segue.data.unit import Cut, Unit
from segue.data.units import BOS, EOS, PAD, UNKNOWN, cutter, settings_of
from segue.data.vocabulary import (
    PieceModel,
    Split,
    Vocabulary,
    VocabularySettings,
    fit_vocabulary,
    vocabulary_from_state,
)
from segue.errors import RunError
from segue.nn.decoding.beam import Hypothesis

_EXACT = (Unit.PIECE, Unit.BYTE)  # nothing is unknown


@dataclass(frozen=True)
class Units:
    """What the texts of both languages are cut into.

    Attributes:
        source: of what is translated; its texts end with the unit for the end.
        target: of the translations.
        joint: both are one.
        spacing: where words of translations stand without a blank.
    """

    source: Vocabulary
    target: Vocabulary
    joint: bool
    spacing: Spacing

    def encode_sources(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Ids of texts, each with the end."""
        end = np.array([EOS], np.int32)
        return [np.concatenate([ids, end]) for ids in self.source.encode_all(texts)]

    def encode_targets(self, texts: Sequence[str]) -> list[NDArray[np.int32]]:
        """Ids of translations, without begin and end."""
        return list(self.target.encode_all(texts))

    @property
    def never(self) -> tuple[int, ...]:
        """Units that no translation holds."""
        exact = self.target.settings.unit in _EXACT
        return (PAD, BOS, UNKNOWN) if exact else (PAD, BOS)

    def text(self, found: Hypothesis, source: str) -> str:
        """A translation as text.

        An unknown word is the word of the source that the attention was at (M. Luong et al.,
        "Addressing the rare word problem", ACL 2015).
        """
        unit = self.target.settings.unit
        if unit is Unit.WORD:
            return self.spacing.join(self.copied(found, source))
        if unit is Unit.CHAR:
            return "".join(self.copied(found, source))
        return self.target.decode(found.tokens)

    def copied(self, found: Hypothesis, source: str) -> list[str]:
        """The units of a translation by name, unknown ones copied from the source."""
        words = self.source.tokens(source)
        names = [self.target.token(token) for token in found.tokens]
        if found.attention is not None and words:
            for place, token in enumerate(found.tokens):
                if token == UNKNOWN:
                    names[place] = words[int(found.attention[place, : len(words)].argmax())]
        return names

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        both = {"target": self.target.state(), "spacing": self.spacing.state()}
        return both if self.joint else {**both, "source": self.source.state()}

    @classmethod
    def from_state(cls, state: object) -> Units:
        """Rebuild from `state()`; nothing in it is trusted.

        Raises:
            RunError: it is none.
        """
        if not isinstance(state, dict) or "target" not in state:
            raise RunError("vocabulary: the units of the target are missing; train again")
        target = vocabulary_from_state(state["target"])
        joint = "source" not in state
        source = target if joint else vocabulary_from_state(state["source"])
        if target.eos != EOS or source.eos != EOS:
            raise RunError("vocabulary: has no unit for the end of a text; train again")
        try:
            spacing = Spacing.from_state(state.get("spacing"))
        except ValueError as error:
            raise RunError(f"vocabulary: {error}; train again") from None
        return cls(source, target, joint, spacing)


def simple_units(cut: Cut) -> Callable[[str], list[str]]:
    """What a dictionary pairs, and what edits are counted by: characters, tokens or words.

    >>> simple_units(Cut.piece)("A man's hat."), simple_units(Cut.token)("HH AE1 T")
    (['A', "man's", 'hat', '.'], ['HH', 'AE1', 'T'])
    """
    if cut is Cut.char:
        return list
    return cutter(VocabularySettings(split=Split.SPACE if cut is Cut.token else Split.UNICODE))


def learn(
    sources: Sequence[str],
    targets: Sequence[str],
    cuts: tuple[Cut, Cut],
    *,
    joint: bool,
    unigram: bool,
    lower: bool,
    size: int | None,
) -> Units:
    """Learn the units of texts and their translations.

    Raises:
        DataError: no unit appears often enough.
    """
    pieces = PieceModel.UNIGRAM if unigram else PieceModel.BPE
    of = [settings_of(cut, lower=lower, size=size, ends=True, pieces=pieces) for cut in cuts]
    words = cuts[1] is Cut.word
    spacing = Spacing.learn(targets, cutter(of[1])) if words else Spacing()
    if joint:
        both = fit_vocabulary(chain(sources, targets), of[1])
        return Units(both, both, True, spacing)
    return Units(fit_vocabulary(sources, of[0]), fit_vocabulary(targets, of[1]), False, spacing)
