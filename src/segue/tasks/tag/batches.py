"""From sentences to batches that a tagger reads, and back to tags in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from segue.data.bucketing import Buckets
from segue.data.lexicon import Lexicon, Words
from segue.data.ragged import Ragged, pad
from segue.tasks.tag.model import Batch, TagModel

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Numbered:
    """n sentences by number.

    Attributes:
        words: the different words.
        tokens: which of them stand in each sentence.
        tags: int64, one for each token; those that the model does not know are -1.
        labels: int64 `[n]`; -1 where the model does not know it.
    """

    words: Words
    tokens: Ragged
    tags: np.ndarray
    labels: np.ndarray

    def batch(self, rows: Tensor) -> Batch:
        """The sentences `rows`."""
        tokens = pad(self.tokens, rows)
        tags = pad(Ragged(self.tags, self.tokens.offsets), rows).steps
        kinds, words = torch.unique(tokens.steps, return_inverse=True)
        letters = pad(self.words.characters, kinds)
        return Batch(
            words,
            tokens.lengths,
            torch.from_numpy(self.words.ids)[kinds],
            torch.from_numpy(self.words.vectors)[kinds],
            letters.steps,
            letters.lengths,
            tags.clamp_min(0),
            torch.from_numpy(self.labels[rows.numpy()]).clamp_min(0),
        )

    def known(self) -> np.ndarray:
        """Which sentences, bool `[n]`, have no tag and no label that the model does not know."""
        starts = self.tokens.offsets[:-1]
        return (np.minimum.reduceat(self.tags, starts) >= 0) & (self.labels >= 0)

    def learning(self, *, seed: int, rows: int, steps: int | None) -> Buckets[Batch]:
        """Batches to train on, of like lengths."""
        return Buckets(self.batch, self.tokens.lengths, seed=seed, rows=rows, steps=steps)

    def each(self, chosen: np.ndarray | None = None) -> Iterator[tuple[Batch, np.ndarray]]:
        """All sentences, or those that are chosen, in batches with their numbers."""
        rows = np.arange(len(self.tokens)) if chosen is None else np.flatnonzero(chosen)
        if not len(rows):
            return
        source = Buckets(
            lambda at: (self.batch(torch.from_numpy(rows)[at]), rows[at.numpy()]),
            self.tokens.lengths[rows],
            seed=0,
            rows=64,
            steps=16_384,
            shuffle=False,
        )
        yield from (source.batch(0, index) for index in range(len(source)))


def number(
    lexicon: Lexicon,
    tokens: Sentences,
    tags: tuple[Sentences, Sequence[str]] | None = None,
    labels: tuple[Sequence[str], Sequence[str]] | None = None,
) -> Numbered:
    """Sentences of one or more tokens by number.

    Args:
        lexicon: what the model knows of words.
        tokens: of each sentence.
        tags: of each sentence, and the names of all; None where they are not known.
        labels: of each sentence, and the names of all; None where there are none.
    """
    index: dict[str, int] = {}
    ids = [index.setdefault(word, len(index)) for one in tokens for word in one]
    lengths = np.fromiter(map(len, tokens), np.int64, len(tokens))
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    said = np.zeros(len(ids), np.int64)
    if tags is not None:
        said = _places((tag for one in tags[0] for tag in one), tags[1])
    labelled = np.zeros(len(tokens), np.int64)
    if labels is not None:
        labelled = _places(labels[0], labels[1])
    words = lexicon.encode(list(index))
    return Numbered(words, Ragged(np.array(ids, np.int32), offsets), said, labelled)


@dataclass(frozen=True)
class Answers:
    """What a model says of sentences, in their order.

    Attributes:
        tags: the numbers of the tags of each.
        sure: the probability of each of these tags, or None.
        labels: the number of each one's label and its probability; None where there are none.
    """

    tags: list[np.ndarray]
    sure: list[np.ndarray] | None
    labels: list[tuple[int, float]] | None


@torch.no_grad()
def answer(model: TagModel, given: Numbered, *, sure: bool = False) -> Answers:
    """Tags of all sentences, by the best path; the model is in eval mode afterwards."""
    model.eval()
    tags: dict[int, np.ndarray] = {}
    shares: dict[int, np.ndarray] = {}
    labels: dict[int, tuple[int, float]] = {}
    for batch, rows in given.each():
        found = model.outputs(batch)
        best = model.crf.decode(found.emissions, batch.lengths).tags
        if sure:
            marginals = model.crf.marginals(found.emissions, batch.lengths)
            chosen = marginals.gather(2, best[..., None])[..., 0].clamp(0, 1).numpy()
        for place, (row, length) in enumerate(zip(rows.tolist(), batch.lengths, strict=True)):
            tags[row] = best[:length, place].numpy()
            if sure:
                shares[row] = chosen[:length, place]
        if found.logits is not None:
            share, label = torch.softmax(found.logits.double() / model.temperature, 1).max(1)
            said = zip(label.tolist(), share.tolist(), strict=True)
            labels.update(zip(rows.tolist(), said, strict=True))
    order = range(len(given.tokens))
    return Answers(
        [tags[i] for i in order],
        [shares[i] for i in order] if sure else None,
        [labels[i] for i in order] if labels else None,
    )


def _places(said: Iterable[str], names: Sequence[str]) -> np.ndarray:
    index = {name: place for place, name in enumerate(names)}
    return np.fromiter((index.get(name, -1) for name in said), np.int64)
