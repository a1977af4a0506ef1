"""An encoder, attention, and a decoder around it: sequences of tokens to sequences of tokens."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.engine.step.cell import Cell
from segue.errors import ScanError
from segue.nn.attention import AdditiveAttention, MultiplicativeAttention
from segue.nn.bidirectional import Bidirectional
from segue.nn.layer import real_steps
from segue.nn.recurrent import Recurrent
from segue.nn.stack import Stack

PAD = 0
_SPREAD = 0.1  # of new embeddings


class Memory(NamedTuple):
    """What the encoder says of B texts: steps `[S, B, 2H]` and how many are real, `[B]`."""

    steps: Tensor
    lengths: Tensor


class EncoderDecoder(nn.Module):
    """From the tokens of a source to what may follow in its translation.

    The decoder's lowest layer asks the attention (M. Luong et al., EMNLP 2015), and the layers
    above it read the answer (so Y. Wu et al., "Google's neural machine translation system", 2016):
    all steps of a training go through each part at once. Token 0 is padding.

    Args:
        cell: of all layers.
        attention: of queries with H features over a memory with 2H.
        sources: tokens of the source that are told apart.
        targets: V, tokens of the target.
        embedding_size: E, features of a token.
        hidden_size: H, features of a state; the encoder has H in each direction.
        layers: of the encoder, and of the decoder above its attention.
        dropout: share of features dropped before every layer and before the output.
        shared: source and target have one embedding.
        tied: target and output have one embedding (O. Press, L. Wolf, "Using the output embedding
            to improve language models", EACL 2017).
        input_feeding: the decoder reads its own latest features beside the latest token (Luong et
            al.); it then goes step by step.

    Raises:
        ScanError: one embedding for two vocabularies of different sizes.

    Example:
        >>> import segue
        >>> network = EncoderDecoder(segue.cells.gru, MultiplicativeAttention(8, 16), sources=9,
        ...                          targets=7, embedding_size=4, hidden_size=8)
        >>> source, lengths = torch.tensor([[4, 5], [6, 0]]), torch.tensor([2, 1])
        >>> inputs, targets = torch.tensor([[2, 2], [5, 4]]), torch.tensor([[5, 4], [3, 3]])
        >>> network(source, lengths, inputs, targets, torch.tensor(0.0)).shape  # real steps, V
        torch.Size([4, 7])
    """

    def __init__(
        self,
        cell: Cell,
        attention: MultiplicativeAttention | AdditiveAttention,
        *,
        sources: int,
        targets: int,
        embedding_size: int,
        hidden_size: int,
        layers: int = 1,
        dropout: float = 0.0,
        shared: bool = False,
        tied: bool = True,
        input_feeding: bool = False,
    ) -> None:
        super().__init__()
        if shared and sources != targets:
            raise ScanError(f"EncoderDecoder: {sources} and {targets} tokens share no embedding")
        size, hidden = embedding_size, hidden_size
        self.embedding_size, self.input_feeding = size, input_feeding
        self.embed_target = _embedding(targets, size)
        self.embed_source = self.embed_target if shared else _embedding(sources, size)
        self.drop = nn.Dropout(dropout)
        sizes = [size, *[2 * hidden] * (layers - 1)]
        self.encoder = Stack([_both_ways(cell, each, hidden) for each in sizes], dropout)
        self.lower = Recurrent(cell, size * (2 if input_feeding else 1), hidden)
        self.attend = attention
        read = [3 * hidden, *[hidden] * (layers - 1)]
        self.upper = Stack([Recurrent(cell, each, hidden) for each in read], dropout)
        self.starts = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in self.recurrent)
        self.readout = nn.Linear(3 * hidden + size, size)
        self.output = nn.Linear(size, targets)
        if tied:
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
        if not self.input_feeding:
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


class DecoderSteps:
    """Translations of B texts on their way, k of each side by side: `nn.decoding.beam.Decoding`."""

    def __init__(self, model: EncoderDecoder, memory: Memory, beams: int) -> None:
        self.model, self.memory, self.beams = model, memory, beams
        self.rows = len(memory.lengths) * beams
        self.streams = [layer.stream(self.rows) for layer in model.recurrent]
        for stream, state in zip(self.streams, model.begin(memory), strict=True):
            stream.state = tuple(field.repeat_interleave(beams, 0) for field in state)
        self.fed = torch.zeros(self.rows, model.embedding_size)
        self.order = torch.arange(self.rows)

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities `[N, V]` of what follows, and the attention `[N, S]`."""
        model = self.model
        x = model.embed_target(tokens)
        lower, *upper = self.streams
        y = lower.step(torch.cat([x, self.fed], 1) if model.input_feeding else x)
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


def _both_ways(cell: Cell, size: int, hidden: int) -> Bidirectional:
    return Bidirectional(Recurrent(cell, size, hidden), Recurrent(cell, size, hidden, reverse=True))
