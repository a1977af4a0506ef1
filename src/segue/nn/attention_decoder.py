"""A recurrent layer that reads a memory by attention at every step."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from segue.engine.run.scan import scan
from segue.engine.step.cell import Cell
from segue.engine.step.factory import factory
from segue.engine.step.signature import Dim, Field
from segue.errors import ScanError
from segue.nn.attention import Attention
from segue.nn.layer import real_steps
from segue.nn.recurrent import Recurrent

_PLACES = 8  # a step is traced once for memories of 1 to 8 steps, of 9 to 16, and so on


class Remembered(NamedTuple):
    """A memory as the steps of a decoder read it; `AttentionDecoder.remember` makes it.

    Attributes:
        memory: `[B, S, M]`, zero in padding.
        keys: `[B, S, K]`, what queries are compared with.
        real: `[B, S]`, 1, or 0 in padding.
    """

    memory: Tensor
    keys: Tensor
    real: Tensor

    def rows(self, index: Tensor) -> Remembered:
        """Some rows of it, such as each one several times for a beam."""
        return Remembered(*(each[index] for each in self))


class AttentionDecoder(nn.Module):
    """A cell, attention over a memory asked by the cell's output, and both together:
    `output = tanh(W [context, cell's output])`.

    M. Luong, H. Pham, C. Manning, "Effective approaches to attention-based neural machine
    translation", EMNLP 2015. Without input feeding the cell runs over all steps first, and all
    steps attend at once. With it, a step's input is joined by the output before it.

    Args:
        cell: the equation, of one input of D features; its output has as many as the queries.
        input_size: D, features of an input.
        hidden_size: H, features of the cell's state, and of an output.
        attention: of the cell's outputs over the memory.
        input_feeding: the cell reads the output before it beside its input.

    State:
        A named tuple `[B, ...]`: the cell's, and with input feeding `fed`, the latest output.

    Raises:
        ScanError: a cell whose sizes are not D and H alone, or an attention whose queries are not
            its outputs.

    Example:
        >>> import segue
        >>> attention = segue.nn.MultiplicativeAttention(16, 12)
        >>> decoder = AttentionDecoder(segue.cells.gru, 8, 16, attention, input_feeding=True)
        >>> inputs, memory = torch.randn(5, 2, 8), torch.randn(7, 2, 12)     # 5 steps read 7
        >>> output, weights, state = decoder(inputs, memory, lengths=torch.tensor([7, 3]))
        >>> output.shape, weights.shape, weights[0, 1, 3:].tolist()
        (torch.Size([5, 2, 16]), torch.Size([5, 2, 7]), [0.0, 0.0, 0.0, 0.0])

        One step at a time, on the same memory:

        >>> remembered, now = decoder.remember(memory, torch.tensor([7, 3])), None
        >>> for x, wanted in zip(inputs, output):
        ...     y, _, now = decoder.step(x, remembered, now)
        ...     assert torch.allclose(y, wanted, atol=1e-5)
        >>> kept = torch.tensor([1, 1])                    # go on with row 1 twice
        >>> y, _, _ = decoder.step(x, remembered.rows(kept), type(now)(*(s[kept] for s in now)))
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        attention: Attention,
        *,
        input_feeding: bool,
    ) -> None:
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.input_feeding = input_feeding
        if len(cell.inputs) > 1 or len(cell.input.dims) != 1 or not set(cell.symbols) <= {"D", "H"}:
            raise ScanError(f"AttentionDecoder: {cell} must have sizes D and H, and an input of D")
        fed = hidden_size if input_feeding else 0
        self.recurrent = Recurrent(cell, input_size + fed, hidden_size)
        if attention.query_size != hidden_size:
            raise ScanError(
                f"AttentionDecoder: the attention takes queries of {attention.query_size} features,"
                f" and the cell's outputs have {hidden_size}"
            )
        self.attention = attention
        self.combine = nn.Linear(attention.memory_size + hidden_size, hidden_size, bias=False)
        sizes = tuple(self.recurrent.sizes.items())
        shapes = tuple((name, tuple(w.shape)) for name, w in attention.weights().items())
        width = attention.keys(torch.zeros(1, 1, attention.memory_size)).shape[2]
        self.fed = _fed(cell, sizes, type(attention), shapes, attention.memory_size, width)

    def forward(
        self,
        input: Tensor,
        memory: Tensor,
        state: tuple[Tensor, ...] | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Any]:
        """Run over the time steps of the input.

        Args:
            input: `[T, B, D]`.
            memory: `[S, B, M]`.
            state: where to go on; zeros when None.
            lengths: `[B]`, the real steps of each memory, at least 1; all of S when None.

        Returns:
            Outputs `[T, B, H]`; the weights `[T, B, S]` of the memory's steps, exactly 0 in
            padding; and the state after the last step.

        Raises:
            ScanError: a part that does not fit.
        """
        if not self.input_feeding:
            y, state = self.recurrent(input, state)
            context, weights = self.attention(y, memory, lengths)
            return torch.tanh(self.combine(torch.cat([context, y], 2))), weights, state
        self._check(memory, lengths)
        places = len(memory)
        padding = -places % _PLACES
        whole = lengths
        if padding:
            memory = torch.cat([memory, memory.new_zeros(padding, *memory.shape[1:])])
            whole = torch.full((memory.shape[1],), places) if lengths is None else lengths
        given = self.remember(memory, whole)._asdict()
        found, after = scan(self.fed, self._params(), input, state, context=given)
        output, weights = torch.split(found, [self.hidden_size, len(memory)], 2)
        return output, weights[..., :places], after

    def remember(self, memory: Tensor, lengths: Tensor | None = None) -> Remembered:
        """What the steps read of a memory `[S, B, M]`, computed once."""
        self._check(memory, lengths)
        real = torch.ones_like(memory[..., 0])
        if lengths is not None:
            is_real = real_steps(len(memory), lengths.to(memory.device))
            real = is_real.to(memory.dtype)
            memory = memory.masked_fill(~is_real[..., None], 0)
        # Every step reads them row by row.
        keys = self.attention.keys(memory).contiguous()
        return Remembered(memory.transpose(0, 1).contiguous(), keys, real.T.contiguous())

    def step(
        self, input: Tensor, remembered: Remembered, state: tuple[Tensor, ...] | None = None
    ) -> tuple[Tensor, Tensor, Any]:
        """Take one step of B rows, for decoding.

        Args:
            input: `[B, D]`.
            remembered: the memory.
            state: where to go on; zeros when None. Rows may be taken out, repeated or reordered,
                in every tensor of it.

        Returns:
            The output `[B, H]`, the weights `[B, S]` and the next state.
        """
        cell = self.fed if self.input_feeding else self.recurrent.cell
        if state is None:
            sizes = self.recurrent.sizes
            state = tuple(input.new_zeros(len(input), *each.shape(sizes)) for each in cell.state)
        if self.input_feeding:
            found, after = cell.step(input, *state, **self._params(), **remembered._asdict())
            size = [self.hidden_size, remembered.real.shape[1]]
            output, weights = torch.split(found, size, 1)
            return output, weights, cell.State(*after)
        params = {field.name: getattr(self.recurrent, field.name) for field in cell.params}
        y, after = cell.step(input, *state, **params)
        output, weights = _attend(
            self.attention.compare, y, remembered, self.attention.weights(), self.combine.weight
        )
        return output, weights, cell.State(*after)

    def _check(self, memory: Tensor, lengths: Tensor | None) -> None:
        size = self.attention.memory_size
        if memory.dim() != 3 or memory.shape[2] != size:
            raise ScanError(
                f"AttentionDecoder: memory is {list(memory.shape)}; it must be [S, B, {size}]"
            )
        places, rows = memory.shape[:2]
        if lengths is None:
            return
        if lengths.shape != (rows,) or bool(((lengths < 1) | (lengths > places)).any()):
            raise ScanError(f"AttentionDecoder: lengths are {rows} numbers of 1 to {places} steps")

    def _params(self) -> dict[str, Tensor]:
        found = {
            each.name: getattr(self.recurrent, each.name) for each in self.recurrent.cell.params
        }
        found |= {f"attention_{name}": each for name, each in self.attention.weights().items()}
        return found | {"combine": self.combine.weight}


def _attend(
    compare: Any, y: Tensor, remembered: Remembered, weights: dict[str, Tensor], combine: Tensor
) -> tuple[Tensor, Tensor]:
    """Output `[B, H]` and weights `[B, S]` of a cell's output `[B, H]`."""
    memory, keys, real = remembered
    scores = compare(y[:, None], keys, **weights).squeeze(1)
    found = scores.masked_fill(real == 0, -torch.inf).softmax(1)
    context = torch.bmm(found[:, None], memory).squeeze(1)
    return torch.tanh(torch.cat([context, y], 1) @ combine.T), found


@factory
def _fed(
    cell: Cell,
    sizes: tuple[tuple[str, int], ...],
    attention: type[Attention],
    shapes: tuple[tuple[str, tuple[int, ...]], ...],
    memory: int,
    keys: int,
) -> Cell:
    """The cell with attention and input feeding: outputs and weights `[B, H + S]` side by side."""
    known = dict(sizes)
    names = [field.name for field in cell.params]
    hidden = known["H"]

    def composed(x: Tensor, *flow: Tensor, **given: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        *state, fed = flow
        own = {name: given[name] for name in names}
        y, after = cell.step(torch.cat([x, fed], 1), *state, **own)
        weights = {name: given[f"attention_{name}"] for name, _ in shapes}
        remembered = Remembered(given["memory"], given["keys"], given["real"])
        fed, found = _attend(attention.compare, y, remembered, weights, given["combine"])
        return torch.cat([fed, found], 1), (*after, fed)

    def field(name: str, *shape: int, context: bool = False) -> Field:
        dims = tuple(Dim(size) for size in shape)
        return Field(name, (Dim(1, "S"), *dims) if context else dims, context=context)

    return Cell(
        f"{cell.name}_attention",
        composed,
        (field("x", known["D"] - hidden),),
        (*(field(each.name, *each.shape(known)) for each in cell.state), field("fed", hidden)),
        (
            *(field(each.name, *each.shape(known)) for each in cell.params),
            *(field(f"attention_{name}", *shape) for name, shape in shapes),
            field("combine", hidden, memory + hidden),
            field("memory", memory, context=True),
            field("keys", keys, context=True),
            field("real", context=True),
        ),
        cell.doc,
    )
