"""Prefix beam search for CTC, with a language model or a lexicon beside the network."""

from __future__ import annotations

import math
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from segue.nn.ctc import BLANK

_NEVER = -math.inf


class Fusion(Protocol):
    """What is added to the score of a prefix while it grows (shallow fusion).

    A state is whatever the model needs to go on; it is never changed.
    """

    def begin(self) -> Any:
        """The state of no labels."""

    def extend(self, state: Any, label: int) -> tuple[float, Any] | None:
        """What a further label adds, and the state behind it; None where it may not follow."""

    def end(self, state: Any) -> float | None:
        """What is added at the end; None where nothing may end here."""


class Hypothesis(NamedTuple):
    """Labels that may have been said.

    Attributes:
        labels: by number.
        score: `acoustic` and what the fusion adds.
        acoustic: log probability of the labels, summed over the paths that were kept.
    """

    labels: tuple[int, ...]
    score: float
    acoustic: float


class _Prefix:
    """Log probabilities of a prefix whose path ends in a blank, or in its last label."""

    __slots__ = ("added", "blank", "label", "state")

    def __init__(self, state: Any, added: float) -> None:
        self.state, self.added = state, added
        self.blank = self.label = _NEVER

    @property
    def acoustic(self) -> float:
        return _add(self.blank, self.label)

    @property
    def score(self) -> float:
        return self.acoustic + self.added


def prefix_beam(
    log_probs: NDArray[np.floating],
    *,
    beam: int = 16,
    fusion: Fusion | None = None,
    least: float = 1e-4,
) -> list[Hypothesis]:
    """The likeliest labels, the best first.

    A. Hannun et al., "First-pass large vocabulary continuous speech recognition using
    bi-directional recurrent DNNs", 2014.

    Args:
        log_probs: `[T, K]`; class 0 is the blank.
        beam: prefixes that are kept at each frame.
        fusion: a language model or a lexicon.
        least: labels less probable than this at a frame are not tried there, but the best one is.

    Returns:
        `beam` hypotheses at most; none where the fusion lets nothing end.

    >>> probs = np.array([[0.6, 0.4], [0.6, 0.4]])
    >>> best = prefix_beam(np.log(probs))[0]             # "a", by three paths, beats the blanks
    >>> best.labels, round(math.exp(best.acoustic), 2)
    ((1,), 0.64)
    """
    start = _Prefix(None if fusion is None else fusion.begin(), 0.0)
    start.blank = 0.0
    kept: dict[tuple[int, ...], _Prefix] = {(): start}
    floor = math.log(least) if least > 0 else _NEVER
    for frame in log_probs.astype(np.float64):
        tried = np.flatnonzero(frame >= min(floor, frame.max()))
        labels = [(int(label), float(frame[label])) for label in tried if label != BLANK]
        grown = _grow(kept, float(frame[BLANK]), labels, fusion)
        best = sorted(grown.items(), key=lambda item: (-item[1].score, item[0]))[:beam]
        kept = dict(best)
    return _ended(kept, fusion)


def _grow(
    kept: dict[tuple[int, ...], _Prefix],
    blank: float,
    labels: list[tuple[int, float]],
    fusion: Fusion | None,
) -> dict[tuple[int, ...], _Prefix]:
    """All prefixes one frame later."""
    grown: dict[tuple[int, ...], _Prefix] = {}
    for prefix, old in kept.items():
        same = grown.get(prefix)
        if same is None:
            same = grown[prefix] = _Prefix(old.state, old.added)
        total = old.acoustic
        same.blank = _add(same.blank, total + blank)
        last = prefix[-1] if prefix else BLANK
        for label, log_prob in labels:
            before = total
            if label == last:
                same.label = _add(same.label, old.label + log_prob)
                before = old.blank  # a repeat is a further label only behind a blank
            if before == _NEVER:
                continue
            longer = (*prefix, label)
            found = grown.get(longer) or _new(old, longer, kept, fusion)
            if found is not None:
                grown[longer] = found
                found.label = _add(found.label, before + log_prob)
    return grown


def _new(
    old: _Prefix,
    longer: tuple[int, ...],
    kept: dict[tuple[int, ...], _Prefix],
    fusion: Fusion | None,
) -> _Prefix | None:
    """A prefix that no path has reached at this frame yet; None where the fusion forbids it."""
    known = kept.get(longer)
    if known is not None:
        return _Prefix(known.state, known.added)
    if fusion is None:
        return _Prefix(None, 0.0)
    found = fusion.extend(old.state, longer[-1])
    return None if found is None else _Prefix(found[1], old.added + found[0])


def _ended(kept: dict[tuple[int, ...], _Prefix], fusion: Fusion | None) -> list[Hypothesis]:
    found = []
    for labels, prefix in kept.items():
        end = 0.0 if fusion is None else fusion.end(prefix.state)
        if end is not None:
            acoustic = prefix.acoustic
            found.append(Hypothesis(labels, acoustic + prefix.added + end, acoustic))
    return sorted(found, key=lambda one: (-one.score, one.labels))


def _add(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    if one < other:
        one, other = other, one
    return one if other == _NEVER else one + math.log1p(math.exp(other - one))
