"""Where words stand without a blank between them, learned from texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

_MOST = 1_000  # words that stick


@dataclass(frozen=True)
class Spacing:
    """Marks that stick to the word before them, or to the one after.

    Attributes:
        before: such as a full stop.
        after: such as an opening bracket.
    """

    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    @classmethod
    def learn(cls, texts: Iterable[str], cut: Callable[[str], list[str]]) -> Spacing:
        """Take the marks that more often than not stand without a blank.

        >>> from segue.data.units import VocabularySettings, cutter
        >>> texts = ["Stop, (now)!", "A t-shirt (red)."]
        >>> found = Spacing.learn(texts, cutter(VocabularySettings()))
        >>> found.join(["A", "hat", "(", "a", "t", "-", "shirt", ")", ",", "no", "?"])
        'A hat (a t-shirt), no ?'
        """
        seen: Counter[str] = Counter()
        before: Counter[str] = Counter()
        after: Counter[str] = Counter()
        for text in texts:
            place, latest = 0, ""
            for word in cut(text):
                found = text.find(word, place)
                if found < 0:  # another case or composition
                    continue
                mark = not any(map(str.isalnum, word))
                touches = bool(latest) and found == place
                seen[word] += mark
                before[word] += mark and touches
                if touches and latest and not any(map(str.isalnum, latest)):
                    after[latest] += 1
                place, latest = found + len(word), word
        often = [
            frozenset([word for word, n in each.most_common(_MOST) if 2 * n > seen[word]])
            for each in (before, after)
        ]
        return cls(*often)

    def join(self, words: Sequence[str]) -> str:
        """Words as a text."""
        parts: list[str] = []
        for place, word in enumerate(words):
            if place and word not in self.before and words[place - 1] not in self.after:
                parts.append(" ")
            parts.append(word)
        return "".join(parts)

    def state(self) -> dict[str, list[str]]:
        """Plain JSON."""
        return {"before": sorted(self.before), "after": sorted(self.after)}

    @classmethod
    def from_state(cls, state: object) -> Spacing:
        """Rebuild from `state()`.

        Raises:
            ValueError: it is none.
        """
        given = state if isinstance(state, dict) else {}
        parts: list[frozenset[str]] = []
        for key in ("before", "after"):
            part = given.get(key)
            if not isinstance(part, list) or len(part) > _MOST:
                raise ValueError("the marks without blanks are damaged")
            if not all(type(word) is str for word in part):
                raise ValueError("the marks without blanks are damaged")
            parts.append(frozenset(part))
        return cls(*parts)
