"""The tagger: words and their letters, layers in both directions, a CRF over the tags."""

from typing import Annotated, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from segue.cells import by_name
from segue.data.spans import legal
from segue.data.units import UNKNOWN
from segue.nn import (
    CRF,
    AttentionPool,
    Bidirectional,
    Recurrent,
    Spelling,
    Stack,
    VariationalDropout,
)
from segue.tasks.bounds import CellName, check_size

_SPREAD = 0.1  # of new embeddings

Names = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=1_000_000)], ...], Field(max_length=10_000)
]


class TagConfig(BaseModel):
    """Everything that a `TagModel` is built from.

    Attributes:
        tags: their names, spans in IOBES.
        spans: whether the tags write spans.
        labels: the names of the labels of sentences; none where there are none.
        vocabulary: words that are known.
        characters: letters that are known.
        vectors: words that have pretrained vectors, which are not trained on.
        vector: features of one of these.
        embedding: features of a word as a whole.
        letter: features of a letter.
        spelling: features of a word from its letters, in each direction.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of the state in each direction.
        layers: recurrent layers.
        independent: whether the CRF has no transitions, so that each tag is decided by itself.
        dropout: share of features dropped before the first layer, between layers and before the
            tags, in training.
        variational: whether dropout takes the same features at all steps of a sentence.
        word_dropout: share of the words of a batch that count as unknown, in training.
        character_dropout: share of the letters that do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tags: Annotated[Names, Field(min_length=2)]
    spans: bool = False
    labels: Names = ()
    vocabulary: int = Field(ge=1, le=10_000_000)
    characters: int = Field(ge=1, le=1_200_000)
    vectors: int = Field(default=0, ge=0, le=10_000_000)
    vector: int = Field(default=0, ge=0, le=4096)
    embedding: int = Field(default=100, ge=1, le=8192)
    letter: int = Field(default=25, ge=1, le=8192)
    spelling: int = Field(default=50, ge=1, le=8192)
    cell: CellName = "gru"
    hidden: int = Field(default=128, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    independent: bool = False
    dropout: float = Field(default=0.5, ge=0, lt=1)
    variational: bool = True
    word_dropout: float = Field(default=0.05, ge=0, lt=1)
    character_dropout: float = Field(default=0.0, ge=0, lt=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.tags)) < len(self.tags) or len(set(self.labels)) < len(self.labels):
            raise ValueError("a tag or a label is named twice")
        if (self.vectors > 0) != (self.vector > 0):
            raise ValueError("vectors need their size, and a size needs vectors")
        width, word = 2 * self.hidden, self.word
        inner = width * (word + self.hidden + (self.layers - 1) * (width + self.hidden))
        front = (
            self.vocabulary * self.embedding
            + self.vectors * self.vector
            + self.characters * self.letter
        )
        front += 2 * self.spelling * (self.spelling + self.letter)
        size = front + inner + len(self.tags) * (width + len(self.tags))
        check_size(size)
        return self

    @property
    def word(self) -> int:
        """All features of a word."""
        return self.embedding + self.vector + 2 * self.spelling


class Batch(NamedTuple):
    """B sentences of U different words.

    Attributes:
        words: `[T, B]`, which of the U words stands there.
        lengths: `[B]`.
        ids: `[U]`, the number of each word.
        vectors: `[U]`, the row of each among the pretrained vectors; 0 for none.
        characters: `[L, U]`, its letters.
        character_lengths: `[U]`.
        tags: `[T, B]`; 0 where they are not known.
        labels: `[B]`; 0 where they are not known.
    """

    words: Tensor
    lengths: Tensor
    ids: Tensor
    vectors: Tensor
    characters: Tensor
    character_lengths: Tensor
    tags: Tensor
    labels: Tensor


class Outputs(NamedTuple):
    """Scores `[T, B, K]` of tags, and logits `[B, M]` of labels, None where there are none."""

    emissions: Tensor
    logits: Tensor | None


class TagModel(nn.Module):
    """Tags for sentences of words, and a label for each.

    A sentence's result depends neither on the sentences beside it nor on its padding. The features
    of a word are computed once for a batch, however often it stands there.

    Example:
        >>> config = TagConfig(tags=("O", "S-X"), spans=True, vocabulary=9, characters=9, hidden=8)
        >>> model = TagModel(config).eval()
        >>> one, two = torch.tensor([[0, 1], [1, 0]]), torch.tensor([3, 2])
        >>> batch = Batch(one, torch.tensor([2, 1]), two, two, one, torch.tensor([2, 1]), one, two)
        >>> model.outputs(batch).emissions.shape
        torch.Size([2, 2, 2])
    """

    def __init__(self, config: TagConfig) -> None:
        super().__init__()
        self.config = config
        cell, width = by_name()[config.cell], 2 * config.hidden
        self.embed = nn.Embedding(config.vocabulary, config.embedding)
        nn.init.normal_(self.embed.weight, std=_SPREAD)
        self.vectors: Tensor | None
        size = (config.vectors + 1, config.vector)
        self.register_buffer("vectors", torch.zeros(size) if config.vectors else None)
        self.spelling = Spelling(
            cell,
            config.characters,
            config.letter,
            config.spelling,
            dropout=config.character_dropout,
            unknown=UNKNOWN,
        )
        drop = VariationalDropout if config.variational else nn.Dropout
        self.drop = drop(config.dropout)
        sizes = [config.word, *[width] * (config.layers - 1)]
        layers = [
            Bidirectional(
                Recurrent(cell, size, config.hidden),
                Recurrent(cell, size, config.hidden, reverse=True),
            )
            for size in sizes
        ]
        self.layers = Stack(layers, drop(config.dropout))
        self.emit = nn.Linear(width, len(config.tags))
        self.crf = _crf(config)
        self.label: Label | None = Label(config) if config.labels else None
        self.temperature: Tensor
        self.register_buffer("temperature", torch.ones(()))

    def take_vectors(self, values: NDArray[np.float32]) -> None:
        """Take over pretrained vectors `[V, D]`, brought to the spread of an embedding of theirs.

        Published vectors differ in their lengths by a factor of ten; layers start for inputs of
        about 1.
        """
        if self.vectors is None:
            raise ValueError("this model has no place for vectors")
        self.vectors[1:] = torch.from_numpy(values / max(float(values.std()), 1e-6))

    def forward(self, batch: Batch) -> Tensor:
        """Negative log-likelihood `[B]` of the tags of each sentence, and of its label."""
        found = self.outputs(batch)
        loss: Tensor = -self.crf(found.emissions, batch.tags, batch.lengths)
        if found.logits is not None:
            loss = loss + F.cross_entropy(found.logits, batch.labels, reduction="none")
        return loss

    def outputs(self, batch: Batch) -> Outputs:
        """Scores of tags and logits of labels."""
        ids = batch.ids
        if self.training and self.config.word_dropout:
            lost = torch.rand(ids.shape, device=ids.device) < self.config.word_dropout
            ids = ids.masked_fill(lost, UNKNOWN)
        letters = self.spelling(batch.characters, batch.character_lengths)
        parts = [self.embed(ids), letters]
        if self.vectors is not None:
            parts.append(F.embedding(batch.vectors, self.vectors))
        words = torch.cat(parts, 1)  # [U, E]
        x = F.embedding(batch.words, words)  # [T, B, E]
        y, _ = self.layers(self.drop(x), None, batch.lengths)
        y = self.drop(y)
        logits = None if self.label is None else self.label(y, batch.lengths)
        return Outputs(self.emit(y), logits)


class Label(nn.Module):
    """Logits `[B, M]` of labels from the outputs of all words."""

    def __init__(self, config: TagConfig) -> None:
        super().__init__()
        width = 2 * config.hidden
        self.pool = AttentionPool(width, config.hidden)
        self.head = nn.Linear(width, len(config.labels))

    def forward(self, y: Tensor, lengths: Tensor) -> Tensor:
        """Logits `[B, M]`."""
        logits: Tensor = self.head(self.pool(y, lengths))
        return logits


def _crf(config: TagConfig) -> CRF:
    """The CRF, with what IOBES forbids out of reach."""
    if config.independent:
        crf = CRF(len(config.tags))
        for weight in crf.parameters():
            weight.requires_grad_(False)
        return crf
    if not config.spans:
        return CRF(len(config.tags))
    may = legal(config.tags)
    masks = (torch.from_numpy(mask) for mask in (may.transitions, may.starts, may.ends))
    transitions, starts, ends = masks
    return CRF(len(config.tags), transitions=transitions, starts=starts, ends=ends)
