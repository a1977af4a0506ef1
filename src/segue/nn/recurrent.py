"""`Recurrent`: any cell as a layer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NoReturn

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from segue.engine.explain import Scanned
from segue.engine.run.lengths import Lengths
from segue.engine.run.problem import packed
from segue.engine.run.scan import Given, State, scan
from segue.engine.step.cell import Cell
from segue.engine.step.start import Start
from segue.errors import ScanError
from segue.nn.compiling import refuse_script
from segue.nn.layer import Steps, row_lengths, sequence_ends
from segue.nn.stream import CellStream


class Recurrent(nn.Module):
    """One cell run over time.

    Args:
        cell: the equation.
        input_size: D, features of the input (of one of them, where the cell has several).
        hidden_size: H, features of the state.
        sizes: sizes of the cell's other symbols, by symbol.
        start: how parameters start where it is not as the cell says, by name: each fills a tensor
            in place, as the functions of `torch.nn.init` do; see `segue.cells.start`.
        batch_first: input and output are `[B, T, ...]` rather than `[T, B, ...]`.
        reverse: run from each row's last real step to its first.
        device: where the parameters are made.
        dtype: type of the parameters.

    State:
        The cell's named tuple, one tensor `[B, ...]` for each field.

    Raises:
        ScanError: a symbol without a size or with two, a parameter whose name a module uses, or a
            start of what is no parameter.
        CellError: what starts a parameter fails.

    Example:
        >>> import segue
        >>> layer = Recurrent(segue.cells.lstm, input_size=8, hidden_size=16)
        >>> layer
        Recurrent(lstm, D=8, H=16)
        >>> y, state = layer(torch.zeros(5, 3, 8))
        >>> y.shape, state.c.shape
        (torch.Size([5, 3, 16]), torch.Size([3, 16]))
        >>> Recurrent(segue.cells.lstm_projection, 8, 16, sizes={"P": 4}, batch_first=True)
        Recurrent(lstm_projection, D=8, P=4, H=16, batch_first=True)
        >>> remembering = {"bias": segue.cells.start.gate_bias(1.0, gate=1, gates=4)}
        >>> Recurrent(segue.cells.lstm, 1, 2, start=remembering).bias
        Parameter containing:
        tensor([0., 0., 1., 1., 0., 0., 0., 0.], requires_grad=True)
    """

    def __init__(
        self,
        cell: Cell,
        input_size: int,
        hidden_size: int,
        *,
        sizes: Mapping[str, int] | None = None,
        start: Mapping[str, Start] | None = None,
        batch_first: bool = False,
        reverse: bool = False,
        device: torch.device | str | None = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        for field in cell.contexts:
            raise ScanError(
                f"Recurrent({cell.name}): {field.name} is a context, which a layer has no place"
                " for; call segue.scan(cell, params, xs, context={...})"
            )
        self.cell = cell
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.batch_first = batch_first
        self.reverse = reverse
        self.sizes = _sizes(cell, input_size, hidden_size, sizes or {})
        self.start = dict(start or {})
        for name in self.start.keys() - {field.name for field in cell.params}:
            raise ScanError(f"Recurrent({cell.name}): start has {name}, no parameter of {cell}")
        for field in cell.params:
            if hasattr(self, field.name):
                raise ScanError(
                    f"Recurrent({cell.name}): the parameter {field.name} has the name of something"
                    " that every layer has; give it another name in the step"
                )
            empty = torch.empty(field.shape(self.sizes), device=device, dtype=dtype)
            if field.fixed:
                self.register_buffer(field.name, empty)
            else:
                self.register_parameter(field.name, nn.Parameter(empty))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Let every parameter, and what is fixed, start as the layer or the cell says.

        Where neither does: uniformly from ±1/sqrt(H), as torch's recurrent modules do.
        """
        bound = self.hidden_size**-0.5

        def uniform(tensor: Tensor) -> None:
            nn.init.uniform_(tensor, -bound, bound)

        for field in self.cell.params:
            given = self.start.get(field.name)
            field = field if given is None else replace(field, start=given)
            self.cell.begin(field, getattr(self, field.name), uniform)

    def forward(
        self,
        x: Steps | Given,
        state: State | None = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, State]:
        """Run the cell over the time steps of x.

        Args:
            x: `[T, B, ...]`, or `[B, T, ...]` where `batch_first`, or a packed sequence; where the
                cell has several inputs, a tuple of such tensors, or tensors by name.
            state: one tensor `[B, ...]` for each field of the cell's state; zeros when None.
            lengths: `[B]`, the real steps of each row, or a mask of them: `[T, B]` of bool (or as
                `batch_first` has it). A tensor, an array or a list; a packed sequence brings its
                own.
            reset: `[T, B]` of bool (or as `batch_first` has it), True where a new sequence starts.
                Read in reverse, a sequence starts from zeros at its last step.

        Returns:
            Outputs laid out as x, and the state after the last step run.

        Raises:
            ScanError: a part that does not fit the cell.
        """
        if isinstance(x, PackedSequence):
            row_lengths(self, lengths, x)
            return self._run_packed(x, state, reset)
        y, state = self._padded(self.cell, x, state, lengths, reset)
        return (y.transpose(0, 1) if self.batch_first else y), state

    def observe(
        self,
        x: Given,
        state: State | None = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, State, dict[str, Tensor]]:
        """Run the cell, and return what its step shows beside its output: gates, weights.

        It takes what `forward` takes but packed sequences, runs in the same kernels, and has
        gradients. A plain call computes nothing of what is only shown.

        Returns:
            Outputs, the state after the last step, and what is shown, by name, laid out as the
            outputs; in padding it is zero.

        Raises:
            ScanError: a part that does not fit the cell.
            CellError: a step that shows nothing.

        Example:
            >>> import torch, segue
            >>> @segue.cell
            ... def gated(x: "H", h: "H", *, weight: "H H", bias: "H"):
            ...     gate = (h @ weight.T + bias).sigmoid()
            ...     h = gate * h + (1 - gate) * x
            ...     return h, (h,), {"gate": gate}
            >>> layer = Recurrent(gated, 3, 3)
            >>> y, state, shown = layer.observe(torch.zeros(5, 2, 3))
            >>> shown["gate"].shape
            torch.Size([5, 2, 3])
        """
        if isinstance(x, PackedSequence):
            raise ScanError(f"Recurrent({self.cell.name}): observe takes padded steps and lengths")
        shapes = self.cell.shown(self.sizes)
        ys, state = self._padded(self.cell.observed, x, state, lengths, reset)
        y, shown = shapes.apart(ys)
        if self.batch_first:
            y, shown = y.transpose(0, 1), {n: each.transpose(0, 1) for n, each in shown.items()}
        return y, state, shown

    def _padded(
        self,
        cell: Cell,
        x: Given,
        state: State | None,
        lengths: Lengths | None,
        reset: Tensor | None,
    ) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` of inputs laid out as the layer has them."""
        steps = x if isinstance(x, Tensor) else packed(cell, self._params(), x, ())[0]
        lengths = row_lengths(self, lengths, steps)
        if self.batch_first and steps.dim() > 1:
            steps = steps.transpose(0, 1)
            reset = None if reset is None else reset.transpose(0, 1)
        if steps is not x and state is None and len(cell.inputs) > 1:
            rows = steps.shape[1]  # sizes that only the inputs apart have are those of the layer
            state = tuple(steps.new_zeros(rows, *f.shape(self.sizes)) for f in cell.state)
        return self._run(cell, steps, state, lengths, reset)

    def _params(self) -> dict[str, Tensor]:
        return {field.name: getattr(self, field.name) for field in self.cell.params}

    def _run(
        self,
        cell: Cell,
        x: Tensor,
        state: State | None,
        lengths: Tensor | None,
        reset: Tensor | None,
    ) -> tuple[Tensor, State]:
        if self.reverse and reset is not None:
            reset = sequence_ends(reset, lengths)
        return scan(
            cell, self._params(), x, state, lengths=lengths, reset=reset, reverse=self.reverse
        )

    def _run_packed(
        self,
        packed: PackedSequence,
        state: State | None,
        reset: Tensor | None,
    ) -> tuple[PackedSequence, State]:
        x, lengths = pad_packed_sequence(packed)
        if reset is not None and self.batch_first:
            reset = reset.transpose(0, 1)
        y, state = self._run(self.cell, x, state, lengths, reset)
        order = packed.sorted_indices
        if order is not None:
            y, lengths = y.index_select(1, order), lengths[order.cpu()]
        data, sizes, _, _ = pack_padded_sequence(y, lengths)
        return PackedSequence(data, sizes, order, packed.unsorted_indices), state

    def stream(self, batch: int = 1) -> CellStream:
        """Make of the layer a stream: steps that come one at a time, from a state of zeros.

        The stream takes the parameters as they are now; when they change, make a new one. It never
        records gradients, and it belongs to one thread at a time.

        Args:
            batch: B, the sequences that run side by side.

        Raises:
            ScanError: a layer that runs in reverse, or no batch.

        Example:
            >>> import numpy as np, segue
            >>> layer = Recurrent(segue.cells.gru, input_size=3, hidden_size=4)
            >>> stream = layer.stream()
            >>> stream
            CellStream(gru, D=3, H=4, batch=1, fused)
            >>> for x in np.ones((5, 3), np.float32):
            ...     y = stream.step(x)
            >>> y.shape
            (4,)
            >>> at_once = layer.stream().run(np.ones((5, 3), np.float32))
            >>> bool((at_once[-1] == y).all())
            True
            >>> stream.reset()
            >>> stream.state
            State(h=tensor([[0., 0., 0., 0.]]))
        """
        if self.reverse:
            raise ScanError(
                f"Recurrent({self.cell.name}): a layer that runs in reverse needs the last step"
                " first, so it cannot stream; build it with reverse=False"
            )
        return CellStream(
            self.cell, self._params(), self.sizes, batch, batch_first=self.batch_first
        )

    def scanned(self) -> Iterator[Scanned]:
        """The one cell, for `segue.explain`."""
        yield Scanned(self.cell, self.sizes)

    def __prepare_scriptable__(self) -> NoReturn:
        refuse_script(self)

    def extra_repr(self) -> str:
        """The cell, its sizes, and what differs from the default."""
        words = [self.cell.name, *(f"{symbol}={size}" for symbol, size in self.sizes.items())]
        words += ["batch_first=True"] if self.batch_first else []
        words += ["reverse=True"] if self.reverse else []
        return ", ".join(words)


def _sizes(
    cell: Cell, input_size: int, hidden_size: int, more: Mapping[str, int]
) -> dict[str, int]:
    """A number for every symbol of the cell."""
    known = {"D": input_size, "H": hidden_size}
    for symbol, size in more.items():
        if symbol not in cell.symbols:
            raise ScanError(f"Recurrent({cell.name}): {symbol} is no size of the cell {cell}")
        if known.setdefault(symbol, size) != size:
            name = "input_size" if symbol == "D" else "hidden_size"
            raise ScanError(
                f"Recurrent({cell.name}): {symbol} is {size} in sizes and {known[symbol]} by"
                f" {name}; give it once"
            )
    for symbol in cell.symbols:
        if symbol not in known:
            raise ScanError(
                f"Recurrent({cell.name}): {symbol} has no size; pass sizes={{{symbol!r}: ...}}"
            )
        if known[symbol] < 1:
            raise ScanError(f"Recurrent({cell.name}): {symbol} is {known[symbol]}; it must be >= 1")
    features = cell.input.shape(known)
    if len(cell.inputs) == 1 and len(features) == 1 and features[0] != input_size:
        raise ScanError(
            f"Recurrent({cell.name}): the input has {cell.input.spec} = {features[0]} features and"
            f" input_size is {input_size}; give {features[0]}"
        )
    return {symbol: known[symbol] for symbol in cell.symbols}
