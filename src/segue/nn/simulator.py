"""`Simulator`: a linear system, and recurrent layers that correct it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.engine.step.cell import Cell
from segue.nn.layer import State
from segue.nn.linear_system import LinearSystem
from segue.nn.stack import Stack
from segue.nn.standardise import Standardise

_STRETCH = 8192  # steps that are simulated at a time


class Beginning(NamedTuple):
    """Where records begin.

    Attributes:
        reset: bool `[T, B]`, True at the first step of a record.
        told: `[R, encoder * (U + Y)]` for each of them, in the order of `reset.nonzero()`: the
            scaled samples before, `u[0], y[0], u[1], ...`.
    """

    reset: Tensor
    told: Tensor


class Simulator(nn.Module):
    """Outputs of a linear system, and what recurrent layers add to them.

    The layers read the inputs and the linear system's outputs; their head starts at 0, so that the
    model begins as the linear system. What tells of the first state enters with the first input.

    Args:
        cell: of the recurrent layers.
        inputs: U.
        outputs: Y.
        order: N, states of the linear system, whose matrices `linear.take` takes over.
        hidden_size: H, features of the recurrent layers.
        layers: how many.
        encoder: samples from which the first state is told; `observer` `[N, encoder * (U + Y)]`
            tells the linear system's.
        learned_start: whether the state in which records begin is learned.

    Example:
        >>> import segue
        >>> model = Simulator(segue.cells.gru, inputs=1, outputs=2, order=3, hidden_size=8)
        >>> y, state = model(torch.randn(50, 4, 1))
        >>> y.shape
        torch.Size([50, 4, 2])
    """

    def __init__(
        self,
        cell: Cell,
        *,
        inputs: int,
        outputs: int,
        order: int,
        hidden_size: int,
        layers: int = 1,
        encoder: int = 0,
        learned_start: bool = False,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.told = inputs, outputs, encoder
        self.input_scale, self.output_scale = Standardise(inputs), Standardise(outputs)
        self.linear = LinearSystem(inputs, outputs, order)
        told, width = encoder * (inputs + outputs), inputs + outputs
        self.observer: Tensor
        self.register_buffer("observer", torch.zeros(order, told))
        self.layers = Stack.of(cell, width, hidden_size, layers)
        self.encoder = nn.Linear(told, width, bias=False) if encoder else None
        self.start = nn.Parameter(torch.zeros(width)) if learned_start else None
        self.head = nn.Linear(hidden_size, outputs)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self,
        u: Tensor,
        state: State = None,
        begin: Beginning | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Scaled outputs `[T, B, Y]` of scaled inputs `[T, B, U]`, and the state behind them."""
        first, second = (None, None) if state is None else state
        path, first = self.path(u, first, begin, lengths)
        x = torch.cat([u, path], -1)
        reset = None if begin is None else begin.reset
        if begin is not None:
            x = self._begun(x, begin)
        h, second = self.layers(x, second, lengths, reset)
        return path + self.head(h), (first, second)

    @torch.no_grad()
    def path(
        self,
        u: Tensor,
        state: State = None,
        begin: Beginning | None = None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """The same of the linear system alone."""
        told = u.new_zeros(*u.shape[:2], self.linear.order)
        reset = None if begin is None else begin.reset
        if begin is not None and self.told:
            told[begin.reset] = begin.told @ self.observer.T
        x = torch.cat([u, told], -1)
        out: tuple[Tensor, State] = self.linear(x, state, lengths, reset)
        return out

    def _begun(self, x: Tensor, begin: Beginning) -> Tensor:
        """The layers' inputs, with what tells of the first state added to the first of them."""
        extra = torch.zeros_like(x)
        if self.encoder is not None:
            extra[begin.reset] = self.encoder(begin.told)
        elif self.start is not None:
            extra[begin.reset] = self.start
        else:
            return x
        return x + extra

    def stream(self, batch: int = 1) -> SimulatorStream:
        """The simulator on its way through time, from rest or from what was told."""
        return SimulatorStream(self, batch)


class SimulatorStream:
    """A simulator on its way through time: inputs of a tick go in, outputs come out.

    Args:
        model: with weights as they are now.
        batch: B, simulations that run side by side.

    Example:
        >>> import segue
        >>> model = Simulator(segue.cells.gru, inputs=1, outputs=1, order=2, hidden_size=4)
        >>> stream = model.stream()
        >>> stream.begin(np.zeros((1, 0)))
        >>> stream.step(np.zeros((1, 1))).shape
        (1, 1)
        >>> stream.copy(64).run(np.zeros((20, 64, 1))).shape
        (20, 64, 1)
    """

    def __init__(self, model: Simulator, batch: int = 1) -> None:
        self.model, self.batch = model, batch
        self._linear, self._layers = model.linear.stream(batch), model.layers.stream(batch)
        self._weight = model.head.weight.detach().numpy().T.copy()
        self._bias = model.head.bias.detach().numpy().copy()
        scales = (model.input_scale, model.output_scale)
        self._in, self._out = [(s.loc.numpy(), s.scale.numpy()) for s in scales]
        self._told = np.zeros((batch, model.linear.order), np.float32)
        self._extra = np.zeros((batch, model.inputs + model.outputs), np.float32)
        self.begin(np.zeros((batch, model.observer.shape[1])))

    @torch.no_grad()
    def begin(self, told: NDArray[np.floating]) -> None:
        """Begin anew, told of samples `[B, encoder * (U + Y)]` in the units of the data."""
        model = self.model
        self._linear.reset()
        self._layers.reset()
        n = model.told
        loc = np.tile(np.concatenate([self._in[0], self._out[0]]), n)
        scale = np.tile(np.concatenate([self._in[1], self._out[1]]), n)
        scaled = torch.from_numpy((told - loc) / scale).float()
        self._told = (scaled @ model.observer.T).numpy()
        if model.encoder is not None:
            self._extra = model.encoder(scaled).numpy()
        elif model.start is not None:
            self._extra = np.repeat(model.start.detach().numpy()[None], self.batch, 0)

    def copy(self, batch: int | None = None) -> SimulatorStream:
        """What goes on from here by itself; of one simulation as many as are asked for.

        A controller tries its plans so: `stream.copy(64)`, then a step for each tick to come.
        """
        made = object.__new__(SimulatorStream)
        made.__dict__.update(self.__dict__)
        made.batch = self.batch if batch is None else batch
        made._linear, made._layers = self._linear.copy(batch), self._layers.copy(batch)
        made._told = np.broadcast_to(self._told, (made.batch, self._told.shape[1])).copy()
        made._extra = np.broadcast_to(self._extra, (made.batch, self._extra.shape[1])).copy()
        return made

    def run(self, us: NDArray[np.floating]) -> NDArray[np.float64]:
        """Outputs `[T, B, Y]` of the inputs `[T, B, U]` of several ticks."""
        return np.stack([self.step(u) for u in us])

    def step(self, u: NDArray[np.floating]) -> NDArray[np.float64]:
        """Outputs `[B, Y]` of inputs `[B, U]`, both in the units of the data."""
        x = ((u - self._in[0]) / self._in[1]).astype(np.float32)
        path = self._linear.step(np.concatenate([x, self._told], -1))
        h = self._layers.step(np.concatenate([x, path], -1) + self._extra)
        self._told, self._extra = np.zeros_like(self._told), np.zeros_like(self._extra)
        y = path + h @ self._weight + self._bias
        found: NDArray[np.float64] = y * self._out[1] + self._out[0]
        return found


def simulate(
    model: Simulator,
    u: NDArray[np.float32],
    y: NDArray[np.float32],
    check: Callable[[], None] = lambda: None,
    *,
    linear: bool = False,
) -> NDArray[np.float32]:
    """Scaled outputs `[T - encoder, Y]` of one record; of y only the first samples are read.

    Args:
        model: the simulator.
        u: `[T, U]`, scaled.
        y: `[T, Y]`, scaled; nothing behind the encoder's samples is looked at.
        check: called between stretches.
        linear: simulate the linear system alone.
    """
    n = model.told
    told = torch.from_numpy(np.concatenate([u[:n], y[:n]], 1)).float().reshape(1, -1)
    inputs = torch.from_numpy(u[n:]).float()[:, None]
    run: Callable[..., tuple[Tensor, Any]] = model.path if linear else model
    state, found = None, []
    with torch.no_grad():
        for at in range(0, len(inputs), _STRETCH):
            check()
            part = inputs[at : at + _STRETCH]
            reset = torch.zeros(len(part), 1, dtype=torch.bool)
            reset[0] = at == 0
            begin = Beginning(reset, told if at == 0 else told[:0])
            out, state = run(part, state, begin)
            found.append(out[:, 0].numpy())
    return np.concatenate(found) if found else np.zeros((0, y.shape[1]), np.float32)
