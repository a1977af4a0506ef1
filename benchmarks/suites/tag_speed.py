"""The tagger beside the same model of torch's own layers, with a CRF that loops over time."""

import random
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from segue.data.lexicon import Lexicon
from segue.tasks.tag.batches import number
from segue.tasks.tag.model import Batch, TagConfig, TagModel

_SENTENCES, _ROWS = 256, 32
Turn = Callable[[], object]


class Plain(nn.Module):
    """`TagModel` as one would write it with torch's layers."""

    def __init__(self, config: TagConfig) -> None:
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}[config.cell]
        self.config, tags = config, len(config.tags)
        self.embed = nn.Embedding(config.vocabulary, config.embedding)
        self.letters = nn.Embedding(config.characters, config.letter)
        self.spelling = kind(config.letter, config.spelling, bidirectional=True)
        self.layer = kind(config.word, config.hidden, bidirectional=True)
        self.drop = nn.Dropout(config.dropout)
        self.emit = nn.Linear(2 * config.hidden, tags)
        self.transition = nn.Parameter(torch.zeros(tags, tags))
        self.start, self.end = nn.Parameter(torch.zeros(tags)), nn.Parameter(torch.zeros(tags))

    def emissions(self, batch: Batch) -> Tensor:
        packed = pack_padded_sequence(
            self.letters(batch.characters), batch.character_lengths, enforce_sorted=False
        )
        _, state = self.spelling(packed)
        last = state[0] if isinstance(state, tuple) else state
        words = torch.cat([self.embed(batch.ids), last[0], last[1]], 1)
        x = self.drop(nn.functional.embedding(batch.words, words))
        packed = pack_padded_sequence(x, batch.lengths, enforce_sorted=False)
        y, _ = pad_packed_sequence(self.layer(packed)[0])
        return self.emit(self.drop(y))

    def forward(self, batch: Batch) -> Tensor:
        x, real = self.emissions(batch), torch.arange(len(batch.words))[:, None] < batch.lengths
        tags, mask = batch.tags, real.to(torch.float32)
        score, total = (
            self.start[tags[0]] + x[0].gather(1, tags[0][:, None])[:, 0],
            x[0] + self.start,
        )
        for t in range(1, len(x)):
            step = self.transition[tags[t - 1], tags[t]] + x[t].gather(1, tags[t][:, None])[:, 0]
            score = score + step * mask[t]
            following = torch.logsumexp(total[:, :, None] + self.transition + x[t][:, None], 1)
            total = torch.where(real[t][:, None], following, total)
        last = tags.gather(0, batch.lengths[None] - 1)[0]
        return torch.logsumexp(total + self.end, 1) - score - self.end[last]


def cases() -> dict[str, tuple[Turn, Turn]]:
    """A pass of training and one of tagging for two cells and two numbers of tags."""
    found = {}
    for cell, tags in (("gru", 40), ("lstm", 40), ("gru", 150)):
        config, batches = _data(cell, tags)
        torch.manual_seed(0)
        ours, theirs = TagModel(config), Plain(config)
        found[f"{cell}, {tags} tags, training"] = (
            _training(ours, batches),
            _training(theirs, batches),
        )
    config, batches = _data("gru", 40)
    ours, theirs = TagModel(config).eval(), Plain(config).eval()
    found["gru, features for tagging"] = (
        _reading(lambda batch: ours.outputs(batch).emissions, batches),
        _reading(theirs.emissions, batches),
    )
    return found


def _data(cell: str, tags: int) -> tuple[TagConfig, list[Batch]]:
    """Sentences of 5 to 45 words, as long as those of newspapers."""
    chance = random.Random(0)  # noqa: S311
    words = [
        "".join(chance.choices("abcdefghijklmnop", k=chance.randint(1, 12))) for _ in range(5000)
    ]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    lengths = sorted(chance.randint(5, 45) for _ in range(_SENTENCES))
    tokens = [chance.choices(words, weights, k=length) for length in lengths]
    names = tuple(f"T{k}" for k in range(tags))
    said = [chance.choices(names, k=len(one)) for one in tokens]
    lexicon = Lexicon.fit((word for one in tokens for word in one), lower=True)
    rows = number(lexicon, tokens, (said, names))
    config = TagConfig(tags=names, cell=cell, vocabulary=lexicon.words.size,
                       characters=lexicon.characters.size)  # fmt: skip
    return config, [rows.batch(torch.arange(k, k + _ROWS)) for k in range(0, _SENTENCES, _ROWS)]


def _training(model: nn.Module, batches: list[Batch]) -> Turn:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)

    def turn() -> None:
        for batch in batches:
            optimizer.zero_grad()
            model(batch).mean().backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    return turn


def _reading(read: Callable[[Batch], Tensor], batches: list[Batch]) -> Turn:
    @torch.no_grad()
    def turn() -> None:
        for batch in batches:
            read(batch)

    return turn
