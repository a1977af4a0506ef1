"""Where an endless recording is cut into texts, and what is heard of the one that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from segue.nn.ctc import BLANK, labels_of
from segue.tasks.speech.answers import Answer, Emission, without_unknown
from segue.tasks.speech.search import Search

PAUSE = 0.8  # seconds without a unit that end a text
_LONGEST = 60.0  # seconds of a text
_BEFORE = 0.3  # seconds of silence that are kept before a text


class Heard(NamedTuple):
    """What is heard: a text that may still change, or one that is complete."""

    partial: str | None
    final: Answer | None


class Segments:
    """Texts of a stream, each ended by a pause.

    Args:
        search: from log probabilities to texts.
        pause: seconds without a unit that end a text.
    """

    def __init__(self, search: Search, pause: float) -> None:
        self.search, self.step = search, search.speller.step
        self.pause = max(1, round(pause / self.step))
        self._kept: list[Emission] = []  # of the text that goes on
        self._path: list[int] = []  # the likeliest unit at each of them
        self._first = 0  # the number of its first step
        self._silent = 0  # steps since its last unit
        self._said = False
        self._told = ""

    def accept(self, emission: Emission) -> Iterator[Heard]:
        """Take the next steps; give what they change."""
        shares = without_unknown(emission.shares)
        for place, label in enumerate(shares.argmax(1).tolist()):
            self._kept.append(emission.part(place, place + 1))
            self._path.append(label)
            self._silent = self._silent + 1 if label == BLANK else 0
            self._said = self._said or label != BLANK
            if not self._said:
                self._forget()
            elif self._silent >= self.pause or len(self._kept) * self.step >= _LONGEST:
                yield from self.end()
        text = self._partial()
        if text and text != self._told:
            self._told = text
            yield Heard(text, None)

    def end(self) -> Iterator[Heard]:
        """End the text that goes on, if there is one."""
        if self._said:
            answer = self.search.answer(Emission.joined(self._kept), self._first)
            if answer.text:
                yield Heard(None, answer)
        self._first += len(self._kept)
        self._kept, self._path = [], []
        self._silent, self._said, self._told = 0, False, ""

    def _partial(self) -> str:
        if not self._said:
            return ""
        if self.search.transducer is None:
            return self.search.speller.text(labels_of(np.array(self._path)))
        return self.search.greedy.text(Emission.joined(self._kept))

    def _forget(self) -> None:
        """Leave out silence that lies too far before a text."""
        if len(self._kept) * self.step > _BEFORE:
            self._kept.pop(0)
            self._path.pop(0)
            self._first += 1


def joined(parts: list[Answer]) -> Answer:
    """Texts one behind the other as one."""
    words = tuple(word for part in parts for word in part.words)
    logs = [np.log(max(part.confidence, 1e-9)) for part in parts]
    sure = float(np.exp(np.mean(logs))) if logs else 1.0
    return Answer(" ".join(part.text for part in parts), words, sure)
