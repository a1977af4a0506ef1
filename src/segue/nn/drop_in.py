"""`RNN`, `LSTM` and `GRU`: torch's recurrent modules, computed by `scan` from the cells.

Construction, parameters, initialisation, `state_dict` and `repr` are torch's own, by inheritance.
Only the computation is replaced: each layer and direction is one scan of a cell.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence

from segue import cells
from segue.engine.explain import Scanned
from segue.engine.run.lengths import Lengths, tensor_of
from segue.engine.run.scan import scan
from segue.engine.step.cell import Cell
from segue.errors import ScanError
from segue.nn.compiling import let_dynamo_trace, refuse_script
from segue.nn.layer import State, Steps, row_lengths, sequence_ends
from segue.nn.stream import CellStream, StackStream

Fields = tuple[Tensor, ...]  # one tensor for each field of the cell's state
_TANH, _RELU = cells.rnn(torch.tanh), cells.rnn(torch.relu)


@dataclass(frozen=True)
class _Packing:
    """The way between packed rows `[N, ...]` and padded steps `[T, B, ...]`."""

    index: Tensor  # [N], the place of each packed row among the T * B padded ones
    lengths: Tensor  # [B], descending, on the CPU
    steps: int

    @classmethod
    def of(cls, packed: PackedSequence) -> "_Packing":
        sizes = packed.batch_sizes  # [T], always on the CPU
        real = torch.arange(int(sizes[0]), device="cpu") < sizes[:, None]  # [T, B]
        index = real.flatten().nonzero().flatten()
        return cls(index.to(packed.data.device), real.sum(0), len(sizes))

    def pad(self, rows: Tensor) -> Tensor:
        batch = len(self.lengths)
        flat = rows.new_zeros(self.steps * batch, *rows.shape[1:])
        flat = flat.index_copy(0, self.index, rows)
        return flat.view(self.steps, batch, *rows.shape[1:])

    def pack(self, x: Tensor) -> Tensor:
        return x.flatten(0, 1).index_select(0, self.index)


class _OnScan(nn.RNNBase):
    """What the three modules share; each adds its cell."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        let_dynamo_trace(cls)

    def __prepare_scriptable__(self) -> NoReturn:
        refuse_script(self)

    @property
    @abstractmethod
    def cell(self) -> Cell:
        """The equation that every layer and direction runs."""

    def forward(
        self,
        input: Steps,
        hx: State = None,
        lengths: Lengths | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Steps, State]:
        """Run the module as torch's does; `lengths` and `reset` are additions.

        In training, `dropout` draws the same masks as torch's module from the same seed on a CPU.
        On a GPU torch's module leaves them to cuDNN, and the two differ.

        Args:
            input: `[T, B, D]`, or `[B, T, D]` where `batch_first`; `[T, D]` for one sequence; or a
                packed sequence.
            hx: initial state `[layers * directions, B, H]`, for the LSTM a pair; zeros when None.
            lengths: `[B]`, the real steps of each row of a padded input, or a mask of them,
                `[T, B]` of bool (or as `batch_first` has it): a tensor, an array or a list. Outputs
                after them are zero and the final state is that of the last real step.
            reset: `[T, B]` of bool (or as `batch_first` has it), True where a new sequence starts:
                both directions begin it from a zero state. Rows stand in the order of `hx`'s.

        Returns:
            Outputs laid out as `input`, and the final state laid out as `hx`.

        Raises:
            ValueError, RuntimeError: where torch's module raises them: wrong number of dimensions,
                sizes, dtypes or devices, no time steps.
        """
        self._update_flat_weights()
        if isinstance(input, PackedSequence):
            row_lengths(self, lengths, input)  # which refuses them
            return self._run_packed(input, hx, reset)
        name = type(self).__name__
        if input.dim() not in (2, 3):
            raise ValueError(f"{name}: Expected input to be 2D or 3D, got {input.dim()}D")
        before = self._as_tuple(hx)
        if before is not None and any(s.dim() != input.dim() for s in before):
            got = ", ".join(f"{s.dim()}-D" for s in before)
            raise RuntimeError(f"{name}: hx should be {input.dim()}-D as the input is, got {got}")
        if input.dim() == 3:
            y, after = self._run_padded(input, before, lengths, reset)
            return y, self._as_hx(after)
        axis = 0 if self.batch_first else 1  # a batch of one
        if lengths is not None:
            lengths = tensor_of(name, lengths)
            lengths = lengths.unsqueeze(axis if lengths.dtype == torch.bool else 0)
        y, after = self._run_padded(
            input.unsqueeze(axis),
            None if before is None else tuple(s.unsqueeze(1) for s in before),
            lengths,
            None if reset is None else reset.unsqueeze(axis),
        )
        return y.squeeze(axis), self._as_hx(tuple(s.squeeze(1) for s in after))

    def stream(self, batch: int = 1) -> "DropInStream":
        """Make of the layers a stream, as `segue.nn.Recurrent.stream` does; dropout is off.

        Args:
            batch: B, the sequences that run side by side.

        Raises:
            ScanError: a module that reads in both directions.
        """
        name = type(self).__name__
        if self.bidirectional:
            raise ScanError(
                f"{name}: an output needs the last step of its sequence, so bidirectional=True"
                " cannot stream; use a module that runs forward only"
            )
        streams = [
            CellStream(
                self.cell,
                self._params(layer, reverse=False),
                scanned.sizes,
                batch,
                batch_first=self.batch_first,
            )
            for layer, scanned in enumerate(self.scanned())
        ]
        return DropInStream(streams)

    def scanned(self) -> Iterator[Scanned]:
        """The cell of every layer and direction, for `segue.explain`."""
        width = self.proj_size or self.hidden_size
        for layer in range(self.num_layers):
            below = width * (2 if self.bidirectional else 1) if layer else self.input_size
            known = {"D": below, "H": self.hidden_size, "P": self.proj_size}
            sizes = {symbol: known[symbol] for symbol in self.cell.symbols}
            yield Scanned(self.cell, sizes, f"layer {layer}")
            if self.bidirectional:
                yield Scanned(self.cell, sizes, f"layer {layer} in reverse")

    def _run_padded(
        self,
        x: Tensor,
        before: Fields | None,
        given: Lengths | None,
        reset: Tensor | None,
    ) -> tuple[Tensor, Fields]:
        x, before = self._check(x, before, None)
        lengths = row_lengths(self, given, x)
        if not self.batch_first:
            return self._run(x, before, lengths, reset, self._drop)
        reset = None if reset is None else reset.transpose(0, 1)
        y, after = self._run(x.transpose(0, 1), before, lengths, reset, self._drop)
        return y.transpose(0, 1), after

    def _run_packed(
        self, packed: PackedSequence, hx: State, reset: Tensor | None
    ) -> tuple[PackedSequence, State]:
        data, sizes, order, inverse = packed
        before = self._as_tuple(hx)
        if before is not None and order is not None:
            before = tuple(s.index_select(1, order) for s in before)
        data, before = self._check(data, before, sizes)
        if reset is not None:
            reset = reset.transpose(0, 1) if self.batch_first else reset
            reset = reset if order is None else reset.index_select(1, order)
        packing = _Packing.of(packed)

        def drop(x: Tensor) -> Tensor:
            return packing.pad(self._drop(packing.pack(x)))

        y, after = self._run(packing.pad(data), before, packing.lengths, reset, drop)
        if inverse is not None:
            after = tuple(s.index_select(1, inverse) for s in after)
        return PackedSequence(packing.pack(y), sizes, order, inverse), self._as_hx(after)

    def _run(
        self,
        x: Tensor,
        before: Fields,
        lengths: Tensor | None,
        reset: Tensor | None,
        drop: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, Fields]:
        """All layers over `x` `[T, B, D]`; states are `[layers * directions, B, ...]`."""
        after: list[Fields] = []
        directions = (False, True) if self.bidirectional else (False,)
        for layer in range(self.num_layers):
            outputs = []
            for reverse in directions:
                y, state = scan(
                    self.cell,
                    self._params(layer, reverse=reverse),
                    x,
                    tuple(s[len(after)] for s in before),
                    lengths=lengths,
                    reset=sequence_ends(reset, lengths) if reverse and reset is not None else reset,
                    reverse=reverse,
                )
                outputs.append(y)
                after.append(state)
            x = torch.cat(outputs, -1) if self.bidirectional else outputs[0]
            if layer < self.num_layers - 1:
                x = drop(x)
        return x, tuple(torch.stack(field) for field in zip(*after, strict=True))

    def _drop(self, x: Tensor) -> Tensor:
        # contiguous: torch draws the mask in memory order, time first
        return F.dropout(x.contiguous(), self.dropout, self.training)

    def _weights(self) -> dict[str, Tensor]:
        # torch's own list: it follows parametrizations and `functional_call`
        weights = cast("list[Tensor]", self._flat_weights)
        return dict(zip(self._flat_weights_names, weights, strict=True))

    def _params(self, layer: int, *, reverse: bool) -> dict[str, Tensor]:
        """The cell's parameters from torch's, which has two biases or none where a cell has one."""
        suffix = f"_l{layer}_reverse" if reverse else f"_l{layer}"
        weights = self._weights()
        params = {}
        for name in (field.name for field in self.cell.params):
            if name + suffix in weights:
                params[name] = weights[name + suffix]
            elif self.bias:
                params[name] = weights["bias_ih" + suffix] + weights["bias_hh" + suffix]
            else:
                gates = weights["weight_ih" + suffix]
                params[name] = gates.new_zeros(len(gates))
        return params

    def _as_tuple(self, hx: State) -> Fields | None:
        """One tensor for each of the cell's state fields."""
        fields = [field.name for field in self.cell.state]
        given = (hx,) if isinstance(hx, Tensor) else hx
        if given is None:
            return None
        if len(fields) != len(given) or isinstance(hx, Tensor) != (len(fields) == 1):
            want = "one tensor" if len(fields) == 1 else f"a tuple ({', '.join(fields)})"
            raise RuntimeError(f"{type(self).__name__}: hx should be {want}")
        return tuple(given)

    def _as_hx(self, state: Fields) -> State:
        return state if len(state) > 1 else state[0]

    def _check(
        self, input: Tensor, state: Fields | None, batch_sizes: Tensor | None
    ) -> tuple[Tensor, Fields]:
        """Refuse what torch refuses; return the input and the state, zeros where none was given."""
        name, axis = type(self).__name__, 0 if self.batch_first else 1
        if state is None:
            batch = input.shape[axis] if batch_sizes is None else int(batch_sizes[0])
            sizes = {"H": self.hidden_size, "P": self.proj_size}
            runs = self.num_layers * (2 if self.bidirectional else 1)
            state = tuple(
                input.new_zeros(runs, batch, *field.shape(sizes)) for field in self.cell.state
            )
        self.check_forward_args(input, self._as_hx(state), batch_sizes)
        weight = self._weights()["weight_ih_l0"]
        for other in (*state, weight):
            if other.device != input.device:
                raise RuntimeError(
                    f"{name}: input is on {input.device}, hx or weights are on {other.device}"
                )
        kind = input.device.type
        if torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind):
            # the state stays in the weights' dtype; autocast lowers the products by itself
            input, state = input.to(weight.dtype), tuple(s.to(weight.dtype) for s in state)
        if any(s.dtype != input.dtype for s in state):
            raise RuntimeError(f"{name}: hx has another dtype than the input, {input.dtype}")
        if batch_sizes is None and input.shape[1 - axis] == 0:
            raise RuntimeError(f"{name}: Expected sequence length to be larger than 0 in RNN")
        return input, state


class DropInStream(StackStream):
    """The layers of a module, one after another; the state is laid out as torch's `hx`."""

    @property
    def state(self) -> State:
        """A copy of the state, `[layers, B, H]`, for the LSTM a pair; assign one to go on there."""
        fields = tuple(
            torch.stack(field) for field in zip(*(each.state for each in self.streams), strict=True)
        )
        return fields if len(fields) > 1 else fields[0]

    @state.setter
    def state(self, state: State) -> None:
        fields = (state,) if isinstance(state, Tensor) else state
        layers = len(self.streams)
        if not isinstance(fields, (tuple, list)) or any(
            not isinstance(field, Tensor) or field.shape[:1] != (layers,) for field in fields
        ):
            raise ScanError(f"stream: the state must be [{layers}, B, H], one for each layer")
        for layer, each in enumerate(self.streams):
            each.state = tuple(field[layer] for field in fields)


class RNN(_OnScan, nn.RNN):  # type: ignore[misc] # forward takes more than torch's
    """`torch.nn.RNN`, computed from the equation of `segue.cells.rnn`.

    Arguments, parameters and their initialisation are those of `torch.nn.RNN`; so are input and
    output. See `forward` for `lengths` and `reset`, which are additions, and for `dropout`.

    Example:
        >>> layer = RNN(3, 5, nonlinearity="relu")
        >>> layer.load_state_dict(nn.RNN(3, 5, nonlinearity="relu").state_dict())
        <All keys matched successfully>
        >>> y, h = layer(torch.zeros(7, 2, 3))
        >>> y.shape, h.shape
        (torch.Size([7, 2, 5]), torch.Size([1, 2, 5]))
    """

    @property
    def cell(self) -> Cell:
        """`rnn(tanh)` or `rnn(relu)`, as `nonlinearity` says."""
        return _RELU if self.nonlinearity == "relu" else _TANH


class LSTM(_OnScan, nn.LSTM):  # type: ignore[misc] # forward takes more than torch's
    """`torch.nn.LSTM`, computed from the equation `segue.cells.lstm` (or `lstm_projection`).

    Arguments, parameters and their initialisation are those of `torch.nn.LSTM`; so are input and
    output. See `forward` for `lengths` and `reset`, which are additions, and for `dropout`.

    Example:
        >>> layer = LSTM(3, 5, num_layers=2, proj_size=4)
        >>> y, (h, c) = layer(torch.zeros(7, 2, 3), lengths=torch.tensor([7, 4]))
        >>> y.shape, h.shape, c.shape
        (torch.Size([7, 2, 4]), torch.Size([2, 2, 4]), torch.Size([2, 2, 5]))
    """

    @property
    def cell(self) -> Cell:
        """`lstm`, or `lstm_projection` when there is a `proj_size`."""
        return cells.lstm_projection if self.proj_size else cells.lstm


class GRU(_OnScan, nn.GRU):  # type: ignore[misc] # forward takes more than torch's
    """`torch.nn.GRU`, computed from the equation `segue.cells.gru`.

    Arguments, parameters and their initialisation are those of `torch.nn.GRU`; so are input and
    output. See `forward` for `lengths` and `reset`, which are additions, and for `dropout`.

    Example:
        >>> packed = nn.utils.rnn.pack_sequence([torch.zeros(7, 3), torch.zeros(4, 3)])
        >>> y, h = GRU(3, 5, bidirectional=True)(packed)
        >>> y.data.shape, h.shape
        (torch.Size([11, 10]), torch.Size([2, 2, 5]))
    """

    @property
    def cell(self) -> Cell:
        """`gru`, which resets after the product, as torch does."""
        return cells.gru
