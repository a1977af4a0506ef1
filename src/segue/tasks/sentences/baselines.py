"""What a tagger must beat: the usual tag of a word, and a linear CRF."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.errors import OptionError, RunError
from segue.tasks.examples.baselines import linear_text
from segue.tasks.sentences.corpus import Corpus

_NEAR = (-2, -1, 1, 2)
_TOKENS = 300_000  # that a linear CRF is fitted to in about a minute
_WORK = 40_000_000_000  # transitions of tags in all iterations
_NO_CRFSUITE = "the baseline needs python-crfsuite: pip install 'segue[tag]'"


@dataclass(frozen=True)
class Said:
    """What a method says of sentences: tags of each, and labels where there are some."""

    name: str
    tags: Sequence[Sequence[str]]
    labels: Sequence[str] | None


@dataclass(frozen=True)
class Usual:
    """The most frequent tag of each word of a training.

    Attributes:
        tags: by word.
        tag: of a word that the training did not have: the most frequent of all.
        label: the most frequent label.
    """

    tags: dict[str, str]
    tag: str
    label: str | None

    @classmethod
    def of(cls, train: Corpus) -> Usual:
        """Count; of equally frequent ones the first in the alphabet counts."""
        each: dict[str, Counter[str]] = {}
        every: Counter[str] = Counter()
        for tokens, tags in zip(train.tokens, train.tags, strict=True):
            for word, tag in zip(tokens, tags, strict=True):
                each.setdefault(word, Counter())[tag] += 1
            every.update(tags)
        labels = None if train.labels is None else _first(Counter(train.labels))
        return cls({word: _first(counts) for word, counts in each.items()}, _first(every), labels)

    def said(self, asked: Corpus) -> Said:
        """Tags of sentences."""
        get = self.tags.get
        tags = [[get(word, self.tag) for word in one] for one in asked.tokens]
        labels = None if self.label is None else [self.label] * len(asked)
        return Said("most frequent tag", tags, labels)

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        names = sorted(set(self.tags.values()))
        place = {name: number for number, name in enumerate(names)}
        return {
            "words": list(self.tags),
            "names": names,
            "places": [place[tag] for tag in self.tags.values()],
            "other": self.tag,
            "label": self.label,
        }

    @classmethod
    def from_state(cls, state: object) -> Usual:
        """What `state` returned; nothing in it is trusted.

        Raises:
            RunError: it is something else.
        """
        try:
            found = _State.model_validate(state)
            tags = [found.names[place] for place in found.places]
            return cls(dict(zip(found.words, tags, strict=True)), found.other, found.label)
        except (ValidationError, IndexError, ValueError):
            raise RunError("the tags of the training's words are damaged; train again") from None


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    words: Annotated[list[str], Field(max_length=50_000_000)]
    names: Annotated[list[str], Field(max_length=1_000_000)]
    places: list[Annotated[int, Field(ge=0)]]
    other: str
    label: str | None


def linear_crf(train: Corpus, asked: Corpus) -> Said:
    """A linear CRF (N. Okazaki's CRFsuite) on words, their ends and shapes, and their neighbours.

    Labels are by logistic regression on TF-IDF. Of a larger training the first sentences are taken.

    Raises:
        OptionError: python-crfsuite is not installed.
    """
    try:
        import pycrfsuite
    except ImportError:
        raise OptionError(_NO_CRFSUITE) from None
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)  # its others draw by chance
    size = min(train.size, _TOKENS) * len({tag for one in train.tags for tag in one}) ** 2
    iterations = max(10, min(50, _WORK // size))
    trainer.set_params({"max_iterations": iterations, "c1": 0.1, "c2": 0.01})
    tokens = 0
    for one, tags in zip(train.tokens, train.tags, strict=True):
        trainer.append(pycrfsuite.ItemSequence(_features(one)), list(tags))
        tokens += len(one)
        if tokens > _TOKENS:
            break
    with tempfile.TemporaryDirectory(prefix="segue-") as folder:
        path = Path(folder) / "crf"
        trainer.train(str(path))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(path))
        found = [tagger.tag(pycrfsuite.ItemSequence(_features(one))) for one in asked.tokens]
        tagger.close()
    labels = None if train.labels is None else _linear(train, asked)
    return Said("linear CRF", found, labels)


def _linear(train: Corpus, asked: Corpus) -> list[str]:
    """Labels by a linear model on TF-IDF."""
    import numpy as np

    if train.labels is None:
        raise ValueError("these sentences have no labels")
    names, labels = np.unique(np.array(train.labels), return_inverse=True)
    texts = [[" ".join(one) for one in part.tokens] for part in (train, asked)]
    shares = linear_text(texts[0], labels, texts[1], len(names), characters=False)
    return [str(names[place]) for place in shares.argmax(1)]


def _features(tokens: Sequence[str]) -> list[list[str]]:
    """The features of each word: its own, and the words around it."""
    padded = ["<s>", "<s>", *(word.lower() for word in tokens), "</s>", "</s>"]
    found = []
    for place, word in enumerate(tokens):
        lower = padded[place + 2]
        one = [f"w={lower}", f"shape={_shape(word)}"]
        one += [f"end{n}={lower[-n:]}" for n in (1, 2, 3, 4)]
        one += [f"start{n}={lower[:n]}" for n in (1, 2, 3)]
        one += [f"{near}={padded[place + 2 + near]}" for near in _NEAR]
        one += [f"-1,0={padded[place + 1]},{lower}", f"0,1={lower},{padded[place + 3]}"]
        if place:
            one.append(f"shape-1={_shape(tokens[place - 1])}")
        if place + 1 < len(tokens):
            one.append(f"shape+1={_shape(tokens[place + 1])}")
        found.append(one)
    return found


def _shape(word: str) -> str:
    """Capitals, small letters and digits as X, x and 0, runs of them once.

    >>> _shape("McDonald-97")
    'XxXx-0'
    """
    kinds = ("0" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c
             for c in word)  # fmt: skip
    return re.sub(r"(.)\1+", r"\1", "".join(kinds))


def _first(counts: Counter[str]) -> str:
    return min(counts, key=lambda name: (-counts[name], name))
