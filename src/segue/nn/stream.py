"""Layers that go on step by step: what `layer.stream()` returns.

A stream takes the layer's parameters as they are when it is made, and packs them: what changes in
the layer later is seen by a new stream only. It has a state of its own, which starts from zeros, no
gradient is recorded, and dropout is off. It belongs to one user at a time: two threads need two
streams.

However the steps are divided into calls of `step` and `run`, the outputs have the same bits.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from segue.engine.plan.stepper import Array, numpy_type
from segue.engine.run.stream import stream
from segue.engine.step.cell import Cell
from segue.engine.step.graph import dtype_name
from segue.engine.step.packing import in_order, pack
from segue.errors import ScanError
from segue.nn.layer import State

Steps = TypeVar("Steps", Array, Tensor)
Rows = int | slice | Sequence[int] | Sequence[bool] | Array | Tensor


class Stream(ABC):
    """A layer on its way through time. Arrays go in and come out, or tensors go in and come out."""

    @abstractmethod
    def step(self, x: Steps) -> Steps:
        """Take one step.

        Args:
            x: `[B, ...]` in the layer's type; for a batch of 1 `[...]` as well.

        Returns:
            The output, laid out as x.

        Raises:
            ScanError: another shape, type or device.
        """

    @abstractmethod
    def run(self, xs: Steps) -> Steps:
        """Take several steps.

        Args:
            xs: `[T, B, ...]`, or `[B, T, ...]` where the layer is `batch_first`; for a batch of 1
                `[T, ...]` as well. T may be 0.

        Returns:
            The outputs, laid out as xs.

        Raises:
            ScanError: another shape, type or device.
        """

    @property
    @abstractmethod
    def state(self) -> State:
        """A copy of the state, as the layer returns it; assign one to go on from there."""

    @state.setter
    @abstractmethod
    def state(self, state: State) -> None: ...

    @abstractmethod
    def reset(self, rows: Rows | None = None) -> None:
        """Let new sequences start: set the state to zero, in some rows of the batch or in all.

        Args:
            rows: their numbers, or `[B]` of bool; all when None.

        Raises:
            ScanError: rows that the batch does not have.
        """

    @abstractmethod
    def copy(self, batch: int | None = None) -> Self:
        """What goes on from here by itself, with the same parameters: to look ahead.

        Args:
            batch: of one sequence, how many go on from it side by side; None for as many as are.

        Raises:
            ScanError: several sequences become another number.

        Example:
            >>> import numpy as np, segue
            >>> stream = segue.nn.Recurrent(segue.cells.gru, 3, 4).stream()
            >>> y = stream.step(np.ones(3, np.float32))
            >>> stream.copy(8).run(np.ones((5, 8, 3), np.float32)).shape
            (5, 8, 4)
        """

    def __reduce__(self) -> str:
        raise ScanError(
            "a stream cannot be pickled; call its copy(), or make a new one of the layer and assign"
            " its state"
        )


class CellStream(Stream):
    """One cell on its way through time; made by `Recurrent.stream`.

    A cell that the kernels refuse is stepped by the Python loop; `repr` says so, and why.
    """

    def __init__(
        self,
        cell: Cell,
        params: Mapping[str, Tensor],
        sizes: Mapping[str, int],
        batch: int,
        *,
        batch_first: bool = False,
    ) -> None:
        if batch < 1:
            raise ScanError(f"stream of {cell.name}: batch is {batch}; it must be >= 1")
        self.cell, self.sizes, self.batch, self.batch_first = cell, sizes, batch, batch_first
        self._stepper = stream(cell, params, sizes, batch)
        like = next(iter(params.values()), torch.empty(0))
        self._dtype, self._device = like.dtype, like.device
        self._features = cell.input.shape(sizes)
        self._type = numpy_type(like.dtype)
        self._look()

    def _look(self) -> None:
        """Keep what `step` looks for: the usual call has no time for more."""
        batch = self.batch
        self._shape = self._features if batch == 1 else (batch, *self._features)
        self._step: Callable[[Array], Array] = self._stepper.step

    def step(self, x: Steps | Sequence[Steps] | Mapping[str, Steps]) -> Steps:
        """Take one step, as `Stream.step` says; of several inputs, a tuple or by name."""
        if type(x) is np.ndarray and x.dtype is self._type and x.shape == self._shape:
            return self._step(x)
        if not isinstance(x, (np.ndarray, Tensor)):
            packed: Steps = self._packed(x)
            return self.step(packed)
        if self._is_one_row(x):
            row: Steps = self.step(x[0])[None]
            return row
        if isinstance(x, Tensor) and x.shape == self._shape and self._is_plain(x):
            return torch.from_numpy(self._step(x.detach().numpy()))
        checked = self._checked("x", x, ("B",))
        y = self._stepper.run(checked[None])[0]
        return _as(x, y if x.ndim == checked.ndim else y[0])

    def run(self, xs: Steps | Sequence[Steps] | Mapping[str, Steps]) -> Steps:
        """Take several steps, as `Stream.run` says; of several inputs, a tuple or by name."""
        if not isinstance(xs, (np.ndarray, Tensor)):
            packed: Steps = self._packed(xs)
            return self.run(packed)
        checked = self._checked("xs", xs, ("B", "T") if self.batch_first else ("T", "B"))
        ys = self._stepper.run(checked.transpose(0, 1) if self.batch_first else checked)
        ys = ys.transpose(0, 1) if self.batch_first else ys
        single = xs.ndim < checked.ndim
        return _as(xs, ys.squeeze(0 if self.batch_first else 1) if single else ys)

    def copy(self, batch: int | None = None) -> Self:
        """Go on from here by itself, as `Stream.copy` says."""
        rows = self.batch if batch is None else batch
        if rows < 1 or self.batch not in (1, rows):
            raise self._error(
                f"copy({batch}) of {self.batch} sequences; only one can become several"
            )
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.batch, made._stepper = rows, self._stepper.copy(rows)
        made._look()
        return made

    @property
    def state(self) -> State:
        """A copy of the state, the cell's named tuple; assign one to go on from there."""
        return self.cell.State(*self._stepper.read())

    @state.setter
    def state(self, state: State) -> None:
        fields = self.cell.state
        names = ", ".join(field.name for field in fields)
        if not isinstance(state, (tuple, list)) or len(state) != len(fields):
            raise self._error(f"the state must be a tuple with {names}")
        for field, value in zip(fields, state, strict=True):
            if not isinstance(value, Tensor):
                raise self._error(f"state {field.name} is a {type(value).__name__}; pass a tensor")
            wanted = (self.batch, *field.shape(self.sizes))
            if value.shape != wanted or value.dtype != self._dtype:
                raise self._error(
                    f"state {field.name} is {dtype_name(value.dtype)} {list(value.shape)}; it must"
                    f" be {dtype_name(self._dtype)} {list(wanted)}"
                )
        self._stepper.write(tuple(value.to(self._device) for value in state))

    def reset(self, rows: Rows | None = None) -> None:
        """Set the state to zero, in some rows or in all, as `Stream.reset` says."""
        state = self._stepper.read()
        for field in state:
            try:
                field[slice(None) if rows is None else rows] = 0
            except (IndexError, TypeError) as error:
                raise self._error(
                    f"there are no rows {rows} in a batch of {self.batch}; pass their numbers"
                ) from error
        self._stepper.write(state)

    def __repr__(self) -> str:
        """The cell, its sizes, and what computes: for the Python loop, why."""
        sizes = "".join(f"{symbol}={size}, " for symbol, size in self.sizes.items())
        by = self._stepper.backend + (f": {self._stepper.refusal}" if self._stepper.refusal else "")
        return f"{type(self).__name__}({self.cell.name}, {sizes}batch={self.batch}, {by})"

    def _is_one_row(self, x: object) -> bool:
        given = isinstance(x, (np.ndarray, Tensor)) and x.shape == (1, *self._features)
        return given and self.batch == 1 and bool(self._features)

    def _is_plain(self, x: Tensor) -> bool:
        return self._type is not None and x.is_cpu and x.dtype is self._dtype

    def _checked(self, name: str, given: Array | Tensor, lead: tuple[str, ...]) -> Tensor:
        """A tensor `[*lead, ...]` of what was given."""
        tensor = self._tensor(name, given)
        if tensor.device != self._device:
            raise self._error(f"{name} is on {tensor.device} and the layer on {self._device}")
        if tensor.dtype != self._dtype:
            wanted = dtype_name(self._dtype)
            by = f".to(torch.{wanted})" if isinstance(given, Tensor) else f'.astype("{wanted}")'
            raise self._error(
                f"{name} is {dtype_name(tensor.dtype)} and the layer {wanted}; convert it with {by}"
            )
        full = len(lead) + len(self._features)
        if self.batch == 1 and tensor.dim() == full - 1:
            tensor = tensor.unsqueeze(lead.index("B"))
        sizes = {"B": self.batch}
        if tensor.dim() == full:
            sizes["T"] = tensor.shape[lead.index("T")] if "T" in lead else 0
            if tensor.shape == (*(sizes[symbol] for symbol in lead), *self._features):
                return tensor.detach()
        wanted = ", ".join([*lead, *map(str, self.cell.input.dims)])
        known = ", ".join(str(sizes.get(symbol, symbol)) for symbol in lead)
        numbers = ", ".join([known, *map(str, self._features)])
        raise self._error(
            f"{name} has shape {list(given.shape)}; it must be [{wanted}] = [{numbers}]"
        )

    def _packed(self, given: object) -> Any:
        """Several inputs, arrays or tensors, flat beside each other."""
        inputs = self.cell.inputs
        if len(inputs) == 1:
            return self._tensor("x", given)  # which refuses it
        parts = in_order(inputs, given, self._error)
        leads = []
        for field, part in zip(inputs, parts, strict=True):
            features = field.shape(self.sizes)
            shape = tuple(getattr(part, "shape", ()))
            lead = shape[: len(shape) - len(features)]
            leads.append(lead)
            if lead != leads[0] or shape != (*lead, *features):
                wanted = ", ".join(map(str, features))
                raise self._error(
                    f"{field.name} has shape {list(shape)}; it must be [..., {wanted}], with the"
                    " same steps and rows as the other inputs"
                )
        if all(isinstance(part, np.ndarray) for part in parts):
            return np.concatenate([part.reshape(*leads[0], -1) for part in parts], -1)
        return pack([self._tensor("x", part) for part in parts], len(leads[0]))

    def _tensor(self, name: str, given: object) -> Tensor:
        if isinstance(given, Tensor):
            return given
        if not isinstance(given, np.ndarray):
            raise self._error(f"{name} is a {type(given).__name__}; pass a NumPy array or a tensor")
        if self._type is None:
            raise self._error(f"NumPy has no {dtype_name(self._dtype)}; pass a tensor")
        try:
            return torch.from_numpy(np.array(given)).to(self._device)
        except TypeError as error:
            raise self._error(
                f'{name} is an array of {given.dtype}; convert it with .astype("{self._type}")'
            ) from error

    def _error(self, text: str) -> ScanError:
        return ScanError(f"stream of {self.cell.name}: {text}")


def _as(given: Steps, result: Tensor) -> Steps:
    """A result as an array if an array was given."""
    return result if isinstance(given, Tensor) else result.numpy(force=True)


class StackStream(Stream):
    """Streams on top of each other; made by `Stack.stream`. The state is a tuple of theirs."""

    def __init__(self, streams: Sequence[Stream]) -> None:
        self.streams = tuple(streams)

    def step(self, x: Steps) -> Steps:
        """Take one step, as `Stream.step` says."""
        for each in self.streams:
            x = each.step(x)
        return x

    def run(self, xs: Steps) -> Steps:
        """Take several steps, as `Stream.run` says."""
        for each in self.streams:
            xs = each.run(xs)
        return xs

    def copy(self, batch: int | None = None) -> Self:
        """Go on from here by itself, as `Stream.copy` says."""
        return type(self)([each.copy(batch) for each in self.streams])

    @property
    def state(self) -> State:
        """A copy of every layer's state; assign one to go on from there."""
        return tuple(each.state for each in self.streams)

    @state.setter
    def state(self, state: State) -> None:
        if not isinstance(state, (tuple, list)) or len(state) != len(self.streams):
            raise ScanError(f"stream: the state must be a tuple with {len(self.streams)} states")
        for each, part in zip(self.streams, state, strict=True):
            each.state = part

    def reset(self, rows: Rows | None = None) -> None:
        """Set the state to zero, in some rows or in all, as `Stream.reset` says."""
        for each in self.streams:
            each.reset(rows)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.streams))})"


class ResidualStream(Stream):
    """A stream whose outputs are added to its inputs; made by `Residual.stream`."""

    def __init__(self, inner: Stream) -> None:
        self.inner = inner

    def step(self, x: Steps) -> Steps:
        """Take one step, as `Stream.step` says."""
        return _sum(x, self.inner.step(x))

    def run(self, xs: Steps) -> Steps:
        """Take several steps, as `Stream.run` says."""
        return _sum(xs, self.inner.run(xs))

    def copy(self, batch: int | None = None) -> Self:
        """Go on from here by itself, as `Stream.copy` says."""
        return type(self)(self.inner.copy(batch))

    @property
    def state(self) -> State:
        """A copy of the inner layer's state; assign one to go on from there."""
        return self.inner.state

    @state.setter
    def state(self, state: State) -> None:
        self.inner.state = state

    def reset(self, rows: Rows | None = None) -> None:
        """Set the state to zero, in some rows or in all, as `Stream.reset` says."""
        self.inner.reset(rows)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.inner!r})"


def _sum(x: Steps, y: Steps) -> Steps:
    if x.shape != y.shape:
        raise ScanError(
            f"Residual: its layer turns {x.shape[-1]} features into {y.shape[-1]}; they must be"
            " equal to be added"
        )
    if isinstance(x, Tensor):
        return x.detach() + y
    return x + y


def stream_of(owner: str, layer: nn.Module, batch: int) -> Stream:
    """The stream of a part of some layer.

    Raises:
        ScanError: it cannot stream.
    """
    make = getattr(layer, "stream", None)
    if not callable(make):
        raise ScanError(f"{owner}: {type(layer).__name__} has no stream(), so it cannot stream")
    made = make(batch)
    assert isinstance(made, Stream)  # noqa: S101 - for the type checker
    return made
