"""Measures of tags and of the spans that they write, as `conlleval` defines them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from segue.data.spans import spans

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Counts:
    """Spans, or tokens of a tag: how many there are, are said, and are said rightly."""

    true: int
    said: int
    right: int

    @property
    def precision(self) -> float:
        """Of what was said, the share that is right; 0 where nothing was."""
        return self.right / self.said if self.said else 0.0

    @property
    def recall(self) -> float:
        """Of what there is, the share that was said; 0 where there is nothing."""
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def span_counts(truth: Sentences, said: Sentences) -> dict[str, Counts]:
    """The counts of each type of span, in alphabetic order.

    A span is right where its start, its end and its type are. Tags may be of any scheme, and break
    it, as `segue.data.spans.spans` reads them: the figures are those of `conlleval`.

    >>> span_counts([["B-PER", "I-PER", "O"]], [["B-PER", "O", "B-LOC"]])
    {'LOC': Counts(true=0, said=1, right=0), 'PER': Counts(true=1, said=1, right=0)}
    """
    true: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one, other in zip(truth, said, strict=True):
        own, its = spans(one), spans(other)
        true.update(span.type for span in own)
        found.update(span.type for span in its)
        right.update(span.type for span in set(own) & set(its))
    return {t: Counts(true[t], found[t], right[t]) for t in sorted(true | found)}


def tag_counts(truth: Sentences, said: Sentences) -> dict[str, Counts]:
    """The counts of each tag, in alphabetic order.

    >>> tag_counts([["DET", "NOUN"]], [["DET", "VERB"]])["DET"].f1
    1.0
    """
    true = Counter(tag for one in truth for tag in one)
    found = Counter(tag for one in said for tag in one)
    pairs = (pair for one in zip(truth, said, strict=True) for pair in zip(*one, strict=True))
    right = Counter(a for a, b in pairs if a == b)
    return {t: Counts(true[t], found[t], right[t]) for t in sorted(true | found)}


def total(counts: dict[str, Counts]) -> Counts:
    """All types together, as `conlleval` has them: every span counts alike."""
    every = list(counts.values())
    return Counts(
        sum(c.true for c in every), sum(c.said for c in every), sum(c.right for c in every)
    )


def token_accuracy(truth: Sentences, said: Sentences) -> float:
    """Share of the tokens whose tag is right.

    >>> token_accuracy([["DET", "NOUN"]], [["DET", "VERB"]])
    0.5
    """
    pairs = [a == b for one in zip(truth, said, strict=True) for a, b in zip(*one, strict=True)]
    return sum(pairs) / len(pairs) if pairs else 0.0
