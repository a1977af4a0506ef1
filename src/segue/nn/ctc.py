"""Connectionist temporal classification: what fits, the likeliest labels, and where they lie."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLANK = 0
_NEVER = -np.inf


class Aligned(NamedTuple):
    """A label and the frames that speak for it.

    Attributes:
        label: by number.
        first: its first frame.
        last: its last frame.
        confidence: geometric mean of its probability over these frames.
    """

    label: int
    first: int
    last: int
    confidence: float


def frames_needed(labels: NDArray[np.int64]) -> int:
    """Frames without which CTC cannot give `labels` `[U]`: one each, and a blank between equals.

    >>> frames_needed(np.array([3, 3, 5]))
    4
    """
    return len(labels) + sum(int(one == next_) for one, next_ in pairwise(labels.tolist()))


def best_path(log_probs: NDArray[np.floating]) -> list[int]:
    """The labels of the likeliest path: repeats joined, blanks left out (greedy decoding).

    A. Graves et al., "Connectionist temporal classification", ICML 2006.

    Args:
        log_probs: `[T, K]`; class 0 is the blank.

    >>> best_path(np.log(np.eye(3)[[1, 1, 0, 1, 2]] + 1e-9))
    [1, 1, 2]
    """
    return labels_of(log_probs.argmax(1))


def labels_of(path: NDArray[np.int64]) -> list[int]:
    """The labels of a path `[T]`.

    >>> labels_of(np.array([1, 1, 0, 1, 2]))
    [1, 1, 2]
    """
    starts = np.append(True, path[1:] != path[:-1])
    return [int(label) for label in path[starts & (path != BLANK)]] if len(path) else []


def single_labels(log_probs: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log probability `[K]` that each label, and nothing else, is said; -inf for the blank.

    The sum over all paths of blanks, then the label, then blanks.

    Args:
        log_probs: `[T, K]`, T at least 1; class 0 is the blank.

    >>> probs = np.array([[0.5, 0.3, 0.2], [0.5, 0.1, 0.4]])
    >>> np.exp(single_labels(np.log(probs))).round(2)             # 0.3*0.1 + 0.3*0.5 + 0.5*0.1
    array([0.  , 0.23, 0.38])
    """
    lp = log_probs.astype(np.float64)
    before = 0.0  # blanks alone so far
    inside = np.full(lp.shape[1], _NEVER)
    behind = np.full(lp.shape[1], _NEVER)
    for frame in lp:
        behind = np.logaddexp(behind, inside) + frame[BLANK]
        inside = np.logaddexp(inside, before) + frame
        before += frame[BLANK]
    found: NDArray[np.float64] = np.logaddexp(inside, behind)
    found[BLANK] = _NEVER
    return found


def align(log_probs: NDArray[np.floating], labels: NDArray[np.int64]) -> list[Aligned]:
    """Where each of `labels` `[U]` lies on the likeliest path that gives them (Viterbi).

    Args:
        log_probs: `[T, K]`; class 0 is the blank.
        labels: what is said; none of them is the blank.

    Raises:
        ValueError: there are fewer frames than `frames_needed`.

    >>> found = align(np.log(np.eye(3)[[0, 1, 1, 0, 2]] + 1e-9), np.array([1, 2]))
    >>> [(one.label, one.first, one.last) for one in found]
    [(1, 1, 2), (2, 4, 4)]
    """
    steps, count = len(log_probs), len(labels)
    if frames_needed(labels) > steps:
        raise ValueError(f"{steps} frames cannot give {count} labels")
    if count == 0:
        return []
    places = _places(log_probs, labels)
    found = []
    for number, label in enumerate(labels.tolist()):
        frames = np.flatnonzero(places == 2 * number + 1)
        sure = float(np.exp(log_probs[frames, label].mean()))
        found.append(Aligned(int(label), int(frames[0]), int(frames[-1]), sure))
    return found


def _places(log_probs: NDArray[np.floating], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place in blank, label, blank, ... label, blank at each frame of the best path: `[T]`."""
    states = np.full(2 * len(labels) + 1, BLANK, np.int64)
    states[1::2] = labels
    emitted = log_probs[:, states].astype(np.float64)
    skips = np.zeros(len(states), bool)  # over the blank between two labels that differ
    skips[3::2] = labels[1:] != labels[:-1]
    score = np.full(len(states), _NEVER)
    score[:2] = emitted[0, :2]
    moves = np.zeros(emitted.shape, np.int8)
    for step in range(1, len(emitted)):
        options = np.full((3, len(states)), _NEVER)
        options[0] = score
        options[1, 1:] = score[:-1]
        options[2, 2:] = np.where(skips[2:], score[:-2], _NEVER)
        moves[step] = options.argmax(0)
        score = options.max(0) + emitted[step]
    place = len(states) - 1 if score[-1] >= score[-2] else len(states) - 2
    found = np.empty(len(emitted), np.int64)
    for step in range(len(emitted) - 1, -1, -1):
        found[step] = place
        place -= int(moves[step, place])
    return found
