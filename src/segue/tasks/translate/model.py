"""The translator: a bidirectional encoder, attention, and a decoder around it."""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from segue.cells import by_name
from segue.data.units import PAD
from segue.nn import (
    AdditiveAttention,
    Bidirectional,
    MultiplicativeAttention,
    Recurrent,
    Stack,
)
from segue.nn.layer import real_steps
from segue.tasks.translate.settings import Attention

_SPREAD = 0.1  # of new embeddings
_LARGEST = 1_000_000_000  # weights


class TranslateConfig(BaseModel):
    """Everything that a `TranslateModel` is built from.

    Attributes:
        sources: units of the source that are told apart.
        targets: units of the target, V.
        shared: source, target and output have one embedding.
        tied: target and output have one embedding.
        embedding: E, features of a unit.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of a state; the encoder has H in each direction.
        layers: of the encoder, and of the decoder above its attention.
        attention: how a query and a memory are compared.
        input_feeding: the decoder reads its own latest features beside the latest unit.
        dropout: share of features dropped before every layer and before the output.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sources: int = Field(ge=4, le=2_000_000)
    targets: int = Field(ge=4, le=2_000_000)
    shared: bool = False
    tied: bool = True
    embedding: int = Field(default=256, ge=1, le=8192)
    cell: str = "gru"
    hidden: int = Field(default=256, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    attention: Attention = Attention.multiplicative
    input_feeding: bool = False
    dropout: float = Field(default=0.3, ge=0, lt=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.cell not in by_name():
            raise ValueError(f"no cell {self.cell!r}; there are {', '.join(sorted(by_name()))}")
        if self.shared and self.sources != self.targets:
            raise ValueError("one embedding for both languages needs one vocabulary")
        size = (self.sources + 2 * self.targets) * self.embedding
        size += 4 * (self.layers + 1) * self.hidden * (5 * self.hidden + self.embedding)
        if size > _LARGEST:
            raise ValueError(f"the model would have {size:.0e} weights or more; 1e9 is the most")
        return self


class Memory(NamedTuple):
    """What the encoder says of B texts: steps `[S, B, 2H]` and how many are real, `[B]`."""

    steps: Tensor
    lengths: Tensor


class TranslateModel(nn.Module):
    """From units of a source to what may follow in its translation.

    The decoder's lowest layer asks the attention (M. Luong et al., EMNLP 2015), and the layers
    above it read the answer (so Y. Wu et al., "Google's neural machine translation system", 2016):
    all steps of a training go through each part at once. The output shares the embedding of the
    target (O. Press, L. Wolf, "Using the output embedding to improve language models", EACL 2017).

    Example:
        >>> model = TranslateModel(TranslateConfig(sources=9, targets=7, embedding=4, hidden=8))
        >>> source, lengths = torch.tensor([[4, 5], [6, 0]]), torch.tensor([2, 1])
        >>> inputs, targets = torch.tensor([[2, 2], [5, 4]]), torch.tensor([[5, 4], [3, 3]])
        >>> model(source, lengths, inputs, targets, torch.tensor(0.0)).shape  # real steps, V
        torch.Size([4, 7])
    """

    def __init__(self, config: TranslateConfig) -> None:
        super().__init__()
        self.config = config
        size, hidden, cell = config.embedding, config.hidden, by_name()[config.cell]
        self.embed_target = _embedding(config.targets, size)
        self.embed_source = self.embed_target if config.shared else _embedding(config.sources, size)
        self.drop = nn.Dropout(config.dropout)
        sizes = [size, *[2 * hidden] * (config.layers - 1)]
        self.encoder = Stack(
            [
                Bidirectional(
                    Recurrent(cell, each, hidden), Recurrent(cell, each, hidden, reverse=True)
                )
                for each in sizes
            ],
            nn.Dropout(config.dropout),
        )
        fed = size if config.input_feeding else 0
        self.lower = Recurrent(cell, size + fed, hidden)
        self.attend: MultiplicativeAttention | AdditiveAttention
        if config.attention is Attention.additive:
            self.attend = AdditiveAttention(hidden, 2 * hidden, hidden)
        else:
            self.attend = MultiplicativeAttention(hidden, 2 * hidden)
        self.upper = Stack(
            [
                Recurrent(cell, 3 * hidden if k == 0 else hidden, hidden)
                for k in range(config.layers)
            ],
            nn.Dropout(config.dropout),
        )
        self.starts = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in self.recurrent)
        self.readout = nn.Linear(3 * hidden + size, size)
        self.output = nn.Linear(size, config.targets)
        if config.tied:
            self.output.weight = self.embed_target.weight
        else:
            nn.init.normal_(self.output.weight, std=_SPREAD)
        nn.init.zeros_(self.output.bias)

    @property
    def recurrent(self) -> list[Recurrent]:
        """The decoder's layers, from below."""
        above = [layer for layer in self.upper.layers if isinstance(layer, Recurrent)]
        return [self.lower, *above]

    def forward(
        self, source: Tensor, lengths: Tensor, inputs: Tensor, targets: Tensor, own: Tensor
    ) -> Tensor:
        """Logits `[N, V]` of the N real units of the targets, in the order of `[T, B]`.

        Args:
            source: int64 `[S, B]`.
            lengths: int64 `[B]`, at least 1.
            inputs: int64 `[T, B]`, the units that the decoder reads, the first being `BOS`.
            targets: int64 `[T, B]`, the units that follow them; `PAD` is not real.
            own: share of the inputs that are the model's own, drawn from what it says in a first
                pass over the true ones: scheduled sampling (S. Bengio et al., NIPS 2015) in two
                passes (T. Mihaylova, A. Martins, ACL 2019, student research workshop).
        """
        real = targets != PAD
        memory = self.encode(source, lengths)
        if self.training and bool(own > 0):
            inputs = self._mixed(memory, inputs, own)
        return self.output(self.decode(memory, inputs)[real])  # type: ignore[no-any-return]

    def encode(self, source: Tensor, lengths: Tensor) -> Memory:
        """Read the sources `[S, B]`."""
        steps, _ = self.encoder(self.drop(self.embed_source(source)), None, lengths)
        return Memory(steps, lengths)

    def begin(self, memory: Memory) -> list[tuple[Tensor, ...]]:
        """The states of the decoder's layers before the first unit.

        The state h follows from the mean of the memory (as R. Sennrich et al., "Nematus", EACL
        2017); others are 0.
        """
        steps, lengths = memory
        real = real_steps(len(steps), lengths)[..., None]
        mean = (steps * real).sum(0) / lengths.clamp_min(1)[:, None]
        states = []
        for layer, start in zip(self.recurrent, self.starts, strict=True):
            fields = []
            for field in layer.cell.state:
                shape = (len(lengths), *field.shape(layer.sizes))
                made = torch.tanh(start(mean))
                zero = made.new_zeros(shape)
                fields.append(made if field.name == "h" and made.shape == shape else zero)
            states.append(layer.cell.State(*fields))
        return states

    def decode(self, memory: Memory, inputs: Tensor) -> Tensor:
        """Features `[T, B, E]` of what follows each of the inputs `[T, B]`."""
        x, states = self.drop(self.embed_target(inputs)), self.begin(memory)
        if not self.config.input_feeding:
            return self._features(memory, x, states)[0]
        found, features = [], x.new_zeros(x.shape[1:])
        for step in x:
            fed = torch.cat([step, features], 1)
            y, states[0] = self.lower(fed[None], states[0])
            made, states[1:] = self._above(memory, step[None], y, states[1:])
            features = made[0]
            found.append(features)
        return torch.stack(found)

    def _features(
        self, memory: Memory, x: Tensor, states: list[tuple[Tensor, ...]]
    ) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
        y, first = self.lower(x, states[0])
        found, above = self._above(memory, x, y, states[1:])
        return found, [first, *above]

    def _above(
        self, memory: Memory, x: Tensor, y: Tensor, states: list[tuple[Tensor, ...]]
    ) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
        """Features `[T, B, E]` from the lowest layer's outputs, and the states above it."""
        context, _ = self.attend(y, *memory)
        z, after = self.upper(self.drop(torch.cat([y, context], 2)), states)
        return self.features(z, context, x), list(after)

    def features(self, z: Tensor, context: Tensor, x: Tensor) -> Tensor:
        """What the output reads: `[..., E]`."""
        made: Tensor = self.drop(torch.tanh(self.readout(torch.cat([z, context, x], -1))))
        return made

    @torch.no_grad()
    def _mixed(self, memory: Memory, inputs: Tensor, own: Tensor) -> Tensor:
        """Inputs of which a share is drawn from the model."""
        logits = self.output(self.decode(memory, inputs[:-1]))
        chances = torch.softmax(logits.flatten(0, 1), 1)
        drawn = torch.multinomial(chances, 1).view(logits.shape[:2])
        swap = (torch.rand(drawn.shape, device=drawn.device) < own) & (inputs[1:] != PAD)
        return torch.cat([inputs[:1], torch.where(swap, drawn, inputs[1:])])


class Decoder:
    """Translations of B texts on their way, k of each side by side: `nn.decoding.beam.Decoding`."""

    def __init__(self, model: TranslateModel, memory: Memory, beams: int) -> None:
        self.model, self.memory, self.beams = model, memory, beams
        self.rows = len(memory.lengths) * beams
        self.streams = [layer.stream(self.rows) for layer in model.recurrent]
        for stream, state in zip(self.streams, model.begin(memory), strict=True):
            stream.state = tuple(field.repeat_interleave(beams, 0) for field in state)
        self.fed = torch.zeros(self.rows, model.config.embedding)
        self.order = torch.arange(self.rows)

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities `[N, V]` of what follows, and the attention `[N, S]`."""
        model = self.model
        x = model.embed_target(tokens)
        lower, *upper = self.streams
        y = lower.step(torch.cat([x, self.fed], 1) if model.config.input_feeding else x)
        asked = y.view(-1, self.beams, y.shape[1]).transpose(0, 1)  # [k, B, H]
        context, weights = model.attend(asked, *self.memory)
        context = context.transpose(0, 1).reshape(self.rows, -1)
        z = torch.cat([y, context], 1)
        for stream in upper:
            z = stream.step(z)
        self.fed = model.features(z, context, x)
        logp = F.log_softmax(model.output(self.fed), 1)
        return logp, weights.transpose(0, 1).reshape(self.rows, -1)

    def keep(self, rows: Tensor) -> None:
        """Let translation i go on from where translation `rows[i]` is."""
        if torch.equal(rows, self.order):
            return
        for stream in self.streams:
            stream.state = tuple(field[rows] for field in stream.state)
        self.fed = self.fed[rows]


def _embedding(size: int, features: int) -> nn.Embedding:
    made = nn.Embedding(size, features)
    nn.init.normal_(made.weight, std=_SPREAD)
    return made
