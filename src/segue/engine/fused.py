"""The backend that runs a cell by kernels made from its equation, on the CPU."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

from segue.engine import build
from segue.engine.derive import derive
from segue.engine.graph import Graph, Value, dtype_name
from segue.engine.normal import Refusal
from segue.engine.problem import Problem, State
from segue.engine.reference import Reference
from segue.engine.schedule import Compile, Program, Timing
from segue.engine.split import split
from segue.engine.stages import Section, sections

_TYPES = (torch.float32, torch.float64)


@dataclass(frozen=True)
class Fused:
    """Kernels for the time loop, forward and backward; everything else in products over all steps.

    Attributes:
        compile: what makes a kernel of a loop.
    """

    compile: Compile = build.compile
    name: str = "fused"
    summary: str = "kernels made from the equation, forward and backward"
    reason: str = "every operation of the step has a place in it"

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        """The rule that the graph breaks, and what to change."""
        if device.type != "cpu":
            return f"it makes kernels for the CPU, and the tensors are on {device}; move them there"
        if graph.dtype not in _TYPES:
            return (
                f"it computes in float32 and float64, and the type is {dtype_name(graph.dtype)};"
                " convert the layer with .float()"
            )
        if torch.is_autocast_enabled("cpu"):
            return "it computes in the type of the parameters; leave autocast off around the layer"
        if torch._C._functorch.peek_interpreter_stack() is not None:
            return "a transform of torch.func is at work; call backward() instead, for speed"
        if forward_ad._current_level >= 0:
            return "forward-mode derivatives are wanted; use backward(), for speed"
        program = self.program(graph)
        return program if isinstance(program, str) else None

    def details(self, graph: Graph) -> tuple[Section, ...]:
        """Headings with lines: what each stage computes, and what is saved in between."""
        program = self.program(graph)
        return () if isinstance(program, str) else tuple(sections(program))

    def program(self, graph: Graph) -> Program | str:
        """What runs the graph, or why none can."""
        key = self.compile
        if key not in graph.programs:
            graph.programs[key] = self._make(graph)
        found: Program | str = graph.programs[key]
        return found

    def _make(self, graph: Graph) -> Program | str:
        try:
            return Program(graph, split(derive(graph)), self.compile)
        except (Refusal, NotImplementedError) as error:
            return str(error)

    def run(self, problem: Problem) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` and the final state."""
        program = self.program(problem.graph)
        assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
        xs = problem.xs
        reset = None if problem.reset is None else problem.reset.contiguous()
        timing = Timing(len(xs), xs.shape[1], problem.lengths, reset, problem.reverse)
        params = tuple(problem.params[field.name] for field in problem.cell.params)
        call = Call(problem, program.at(timing), timing)
        ys, *state = _Scan.apply(call, xs, *problem.state, *params)  # type: ignore[no-untyped-call]
        return ys, tuple(state)


@dataclass(frozen=True)
class Call:
    """One run of a program."""

    problem: Problem
    program: Program
    timing: Timing

    def parts(self, tensors: Sequence[Tensor]) -> tuple[Tensor, State, State]:
        """Input, state and parameters."""
        states = 1 + len(self.problem.state)
        return tensors[0], tuple(tensors[1:states]), tuple(tensors[states:])

    def reference(self, tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The same by the Python loop."""
        xs, state, params = self.parts(tensors)
        names = [field.name for field in self.problem.cell.params]
        named = dict(zip(names, params, strict=True))
        ys, after = Reference().run(replace(self.problem, xs=xs, state=state, params=named))
        return ys, *after


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Tensor) -> tuple[Tensor, ...]:
        xs, state, params = call.parts(tensors)
        training = any(ctx.needs_input_grad)
        ys, after, saved = call.program.forward(xs, state, params, call.timing, training=training)
        ctx.call = call
        ctx.save_for_backward(*tensors, *saved)
        return ys, *after

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> tuple[Tensor | None, ...]:
        call: Call = ctx.call
        count = 1 + len(call.problem.state) + len(call.program.joint.params)
        tensors, saved = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        if torch.is_grad_enabled():
            return None, *_differentiable(call, tensors, cotangents)
        xs, state, params = call.parts(tensors)
        joint = call.program.joint
        gradients = (joint.input_gradient, *joint.param_gradients)
        needs = ctx.needs_input_grad[1:]
        asked: dict[Value, bool] = {}
        for value, needed in zip(gradients, (needs[0], *needs[1 + len(state) :]), strict=True):
            asked[value] = asked.get(value, False) or needed
        found, of_state = call.program.gradients(
            xs, params, saved, (cotangents[0], cotangents[1:]), call.timing, asked
        )
        of_input, *of_params = (found.get(value) for value in gradients)
        return None, of_input, *of_state, *of_params


def _differentiable(
    call: Call, tensors: Sequence[Tensor], cotangents: Sequence[Tensor]
) -> tuple[Tensor | None, ...]:
    """The gradients by the Python loop, so that they can be differentiated again."""
    # One tensor may have been given twice, and each place has a gradient of its own.
    given = [tensor.view_as(tensor) for tensor in tensors]
    inputs = [each for each in given if each.requires_grad]
    pairs = [
        pair
        for pair in zip(call.reference(given), cotangents, strict=True)
        if pair[0].requires_grad
    ]
    results, weights = zip(*pairs, strict=True)
    found = iter(
        torch.autograd.grad(
            results, inputs, weights, create_graph=True, allow_unused=True, materialize_grads=True
        )
    )
    return tuple(next(found) if each.requires_grad else None for each in given)
