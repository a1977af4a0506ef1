"""Recurrent layers taken step by step, so that the state of each step can be looked at.

A layer of segue's is a scan, which is answered one step at a time; a layer of torch's is run one
layer, direction and step at a time by torch's own function. Both compute what they always do. At
each step a tensor of zeros, the tap, is added to the state: its gradient is the loss's gradient
with respect to that state, by whatever way it reaches the loss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from segue.engine.run.backend import choose
from segue.engine.run.problem import Problem, State
from segue.engine.run.watch import watched
from segue.insight.torch_layers import run_torch_layer


@dataclass
class Trace:
    """One layer in one direction, on its way through time.

    Attributes:
        name: of the module, and of the layer and direction where it has several.
        reverse: whether it goes from the last step to the first.
        taps: a tensor of zeros `[B, ...]` for each time step, in the order of the input.
        states: `[B, ...]` for each time step, the field that is tapped, with its tap.
        real: bool `[B]` for each time step, the rows that take part.
    """

    name: str
    reverse: bool = False
    taps: dict[int, Tensor] = field(default_factory=dict)
    states: dict[int, Tensor] = field(default_factory=dict)
    real: dict[int, Tensor] = field(default_factory=dict)

    def tap(self, t: int, state: Tensor, real: Tensor | None) -> Tensor:
        """What is to be added to the state of step t."""
        tap = torch.zeros_like(state, requires_grad=True)
        rows = torch.ones(len(state), dtype=torch.bool, device=state.device)
        self.taps[t], self.real[t] = tap, rows if real is None else real
        added = tap
        if real is not None:
            added = tap * real.view(-1, *[1] * (state.dim() - 1)).to(tap.dtype)
        self.states[t] = state + added
        return added

    @property
    def steps(self) -> int:
        """T."""
        return len(self.taps)


class Watch:
    """All recurrent layers of a module, while it runs within `Watch.on`."""

    def __init__(self) -> None:
        self.found: dict[str, list[Trace]] = {}
        self.inside: list[tuple[str, nn.Module]] = []

    @property
    def traces(self) -> list[Trace]:
        """In the order of the calls, with names of their own."""
        named = []
        for name, calls in self.found.items():
            several = len(calls) > 1
            for k, trace in enumerate(calls):
                trace.name = f"{name}{_suffix(trace, k, calls)}" if several else name
                named.append(trace)
        return named

    @contextmanager
    def on(self, module: nn.Module) -> Iterator[Watch]:
        """Watch all that runs in the module within the block."""
        handles, patched = [], []
        for name, part in module.named_modules():
            shown = name or type(part).__name__
            handles.append(part.register_forward_pre_hook(self._enter(shown)))
            handles.append(part.register_forward_hook(self._leave, always_call=True))
            if isinstance(part, nn.RNNBase) and not hasattr(part, "scanned"):  # not segue's
                part.forward = self._torch(shown, part)
                patched.append(part)
            elif isinstance(part, nn.RNNCellBase):
                handles.append(part.register_forward_hook(self._cell(shown)))
        try:
            with watched(self._scan):
                yield self
        finally:
            for handle in handles:
                handle.remove()
            for part in patched:
                del part.forward

    def begin(self, name: str, *, reverse: bool = False) -> Trace:
        """A layer begins its way."""
        trace = Trace(name, reverse)
        self.found.setdefault(name, []).append(trace)
        return trace

    def _enter(self, name: str) -> Callable[[nn.Module, Any], None]:
        return lambda module, _: self.inside.append((name, module))

    def _leave(self, module: nn.Module, given: Any, result: Any) -> None:
        if self.inside and self.inside[-1][1] is module:
            self.inside.pop()

    def _scan(self, problem: Problem) -> tuple[Tensor, State]:
        name = self.inside[-1][0] if self.inside else problem.cell.name
        return _step_by_step(problem, self.begin(name, reverse=problem.reverse))

    def _torch(self, name: str, module: nn.RNNBase) -> Callable[..., Any]:
        def forward(x: Tensor | PackedSequence, hx: Any = None) -> Any:
            return run_torch_layer(
                module, x, hx, lambda reverse: self.begin(name, reverse=reverse).tap
            )

        return forward

    def _cell(self, name: str) -> Callable[[nn.Module, Any, Any], Any]:
        def hook(module: nn.Module, given: Any, result: Any) -> Any:
            (trace,) = self.found.setdefault(name, [Trace(name)])
            h = result[0] if isinstance(result, tuple) else result
            tapped = h + trace.tap(trace.steps, h, None)
            return (tapped, *result[1:]) if isinstance(result, tuple) else tapped

        return hook


def _suffix(trace: Trace, number: int, calls: list[Trace]) -> str:
    """Which layer and direction, as torch names their parameters."""
    both = any(each.reverse for each in calls)
    layer, _ = divmod(number, 2) if both else (number, 0)
    return f".l{layer}{'_reverse' if trace.reverse else ''}"


def _step_by_step(problem: Problem, trace: Trace) -> tuple[Tensor, State]:
    """What a backend computes, one step at a time."""
    backend = choose(problem.graph, problem.xs.device).backend
    steps = len(problem.xs)
    state, outputs = problem.state, [problem.xs.new_zeros(problem.output_shape[1:])] * steps
    for t in reversed(range(steps)) if problem.reverse else range(steps):
        real = None if problem.lengths is None else problem.lengths > t
        one = replace(
            problem,
            xs=problem.xs[t : t + 1],
            state=state,
            lengths=None if real is None else real.long(),
            reset=None if problem.reset is None else problem.reset[t : t + 1],
            reverse=False,
        )
        (y,), after = backend.run(one)
        if not after:
            outputs[t], state = y, after
            continue
        real = None if real is None else real.to(y.device)
        shown = _shown(y, after, real)
        tap = trace.tap(t, after[shown or 0], real)
        outputs[t] = y if shown is None else y + tap
        state = tuple(trace.states[t] if k == (shown or 0) else f for k, f in enumerate(after))
    ys = torch.stack(outputs) if steps else problem.xs.new_zeros(problem.output_shape)
    return ys, state


def _shown(y: Tensor, state: State, real: Tensor | None) -> int | None:
    """The field of the state that the output is, if it is one."""
    rows = slice(None) if real is None else real
    for k, each in enumerate(state):
        if y.shape == each.shape and torch.equal(y[rows], each[rows]):
            return k
    return None
