"""An encoder, attention, and a decoder around it: sequences of tokens to sequences of tokens."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from segue.engine.step.cell import Cell
from segue.errors import ScanError
from segue.nn.attention import Attention
from segue.nn.attention_decoder import AttentionDecoder, Remembered
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
            al.), as `AttentionDecoder` does.

    Raises:
        ScanError: one embedding for two vocabularies of different sizes.

    Example:
        >>> import segue
        >>> from segue.nn import MultiplicativeAttention
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
        attention: Attention,
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
        self.attend: Attention | None = None
        self.lower: Recurrent | AttentionDecoder
        if input_feeding:
            self.lower = AttentionDecoder(cell, size, hidden, attention, input_feeding=True)
        else:
            self.lower, self.attend = Recurrent(cell, size, hidden), attention
        answer = hidden if input_feeding else 2 * hidden
        read = [hidden if input_feeding else 3 * hidden, *[hidden] * (layers - 1)]
        self.upper = Stack([Recurrent(cell, each, hidden) for each in read], dropout)
        self.starts = nn.ModuleList(nn.Linear(2 * hidden, hidden) for _ in self.recurrent)
        self.readout = nn.Linear(hidden + answer + size, size)
        self.output = nn.Linear(size, targets)
        if tied:
            self.output.weight = self.embed_target.weight
        else:
            nn.init.normal_(self.output.weight, std=_SPREAD)
        nn.init.zeros_(self.output.bias)

    @property
    def recurrent(self) -> list[Recurrent]:
        """The decoder's layers, from below."""
        lower = self.lower if isinstance(self.lower, Recurrent) else self.lower.recurrent
        return [lower, *(layer for layer in self.upper.layers if isinstance(layer, Recurrent))]

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
        if isinstance(self.lower, AttentionDecoder):
            fed = mean.new_zeros(len(lengths), self.lower.hidden_size)
            states[0] = self.lower.fed.State(*states[0], fed)
        return states

    def decode(self, memory: Memory, inputs: Tensor) -> Tensor:
        """Features `[T, B, E]` of what follows each of the inputs `[T, B]`."""
        x, (first, *states) = self.drop(self.embed_target(inputs)), self.begin(memory)
        if isinstance(self.lower, AttentionDecoder):
            read, _, _ = self.lower(x, memory.steps, first, memory.lengths)
            answer = read
        else:
            y, _ = self.lower(x, first)
            answer, _ = self.attention(y, *memory)
            read = torch.cat([y, answer], 2)
        z, _ = self.upper(self.drop(read), states)
        return self.features(z, answer, x)

    @property
    def attention(self) -> Attention:
        """Where the decoder's lowest layer looks."""
        found = self.lower.attention if isinstance(self.lower, AttentionDecoder) else self.attend
        assert found is not None  # noqa: S101 - for the type checker
        return found

    def features(self, z: Tensor, answer: Tensor, x: Tensor) -> Tensor:
        """What the output reads: `[..., E]`."""
        made: Tensor = self.drop(torch.tanh(self.readout(torch.cat([z, answer, x], -1))))
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
        self.order = torch.arange(self.rows)
        repeated = self.order // beams
        first, *states = (type(s)(*(f[repeated] for f in s)) for s in model.begin(memory))
        lower, *upper = model.recurrent
        self.lower = None if model.input_feeding else lower.stream(self.rows)
        self.upper = [layer.stream(self.rows) for layer in upper]
        self.first = first
        self.remembered: Remembered | None = None
        if isinstance(model.lower, AttentionDecoder):
            self.remembered = model.lower.remember(*memory).rows(repeated)
        if self.lower is not None:
            self.lower.state = first
        for stream, state in zip(self.upper, states, strict=True):
            stream.state = state

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Log probabilities `[N, V]` of what follows, and the attention `[N, S]`."""
        model = self.model
        x = model.embed_target(tokens)
        z, answer, weights = self._ask(x)
        for stream in self.upper:
            z = stream.step(z)
        logp = F.log_softmax(model.output(model.features(z, answer, x)), 1)
        return logp, weights

    def _ask(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the upper layers read, the attention's answer, and where it looked."""
        if self.lower is None:
            assert isinstance(self.model.lower, AttentionDecoder)  # noqa: S101 - for the type checker
            assert self.remembered is not None  # noqa: S101 - likewise
            y, weights, self.first = self.model.lower.step(x, self.remembered, self.first)
            return y, y, weights
        y = self.lower.step(x)
        asked = y.view(-1, self.beams, y.shape[1]).transpose(0, 1)  # [k, B, H]
        context, looked = self.model.attention(asked, *self.memory)
        context = context.transpose(0, 1).reshape(self.rows, -1)
        return torch.cat([y, context], 1), context, looked.transpose(0, 1).reshape(self.rows, -1)

    def keep(self, rows: Tensor) -> None:
        """Let translation i go on from where translation `rows[i]` is."""
        if torch.equal(rows, self.order):
            return
        for stream in self.upper if self.lower is None else [self.lower, *self.upper]:
            stream.state = type(stream.state)(*(field[rows] for field in stream.state))
        self.first = type(self.first)(*(field[rows] for field in self.first))


def _embedding(size: int, features: int) -> nn.Embedding:
    made = nn.Embedding(size, features)
    nn.init.normal_(made.weight, std=_SPREAD)
    return made


def _both_ways(cell: Cell, size: int, hidden: int) -> Bidirectional:
    return Bidirectional(Recurrent(cell, size, hidden), Recurrent(cell, size, hidden, reverse=True))
