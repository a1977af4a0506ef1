"""The backend that runs a cell by kernels made from its equation."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch._C._functorch import TransformType
from torch.autograd import forward_ad

from segue.engine.plan.derive import derive
from segue.engine.plan.environment import Timing
from segue.engine.plan.explain_cost import costs
from segue.engine.plan.explain_stages import Section, stages
from segue.engine.plan.refusal import Refusal
from segue.engine.plan.schedule import Program
from segue.engine.plan.split import split
from segue.engine.plan.value_names import Names
from segue.engine.run.precision import Precision, lowered, precision, without_autocast
from segue.engine.run.problem import PLAIN, Problem, State
from segue.engine.run.processors import TARGETS, Target
from segue.engine.run.reference import Reference
from segue.engine.step.graph import Graph, Value
from segue.engine.step.trace import apart


@dataclass(frozen=True)
class Fused:
    """Kernels for the time loop, forward and backward; everything else in products over all steps.

    Attributes:
        processor: what they run on.
    """

    processor: Target = TARGETS[0]
    name: str = "fused"
    summary: str = "kernels made from the equation, forward and backward"
    reason: str = "every operation of the step has a place in it"

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        """The rule that the graph breaks, and what to change."""
        if device.type != self.processor.device:
            name = self.processor.device.upper()
            return (
                f"it makes kernels for the {name}, and the tensors are on {device}; move them there"
            )
        transforms = torch._C._functorch.get_interpreter_stack() or ()
        if [each.key() for each in transforms] not in ([], [TransformType.Grad]):
            return (
                "under torch.func it runs within one grad or vjp alone; use backward(), for speed"
            )
        if forward_ad._current_level >= 0:
            return "forward-mode derivatives are wanted; use backward(), for speed"
        program = self.program(graph)
        return program if isinstance(program, str) else None

    def details(self, graph: Graph) -> tuple[Section, ...]:
        """Headings with lines: what each stage computes, and how it runs on this processor."""
        program = self.program(graph)
        if isinstance(program, str):
            return ()
        names = Names(program.graph, program.joint)
        schedule, kernels = self.processor.schedule(program), self.processor.kernels(program)
        return (*stages(program, names), schedule, *costs(program, names), kernels)

    def code(self, graph: Graph) -> tuple[Section, ...]:
        """Headings with lines: the LLVM IR that is compiled, for each loop."""
        program = self.program(graph)
        return () if isinstance(program, str) else tuple(self.processor.code(program))

    def program(self, graph: Graph) -> Program | str:
        """What runs the graph under the autocast that is in force, or why nothing can."""
        found = precision(graph, self.processor)
        return found if isinstance(found, str) else self.made(found)

    def made(self, of: Precision) -> Program | str:
        """What runs a graph in these types, or why nothing can."""
        programs, key = of.graph.programs, (self.processor, of.weights)
        if key not in programs:
            programs[key] = self._make(of)
        found: Program | str = programs[key]
        return found

    def _make(self, of: Precision) -> Program | str:
        def make() -> Program:
            return Program(of.graph, split(derive(of.graph)), self.processor, of.weights)

        try:
            return apart(make)
        except (Refusal, NotImplementedError) as error:
            return str(error)

    def saved_bytes(self, graph: Graph) -> int:
        """What the schedule saves for the backward pass, for each step and row."""
        program = self.program(graph)
        assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
        return sum(value.elements(1) for value in program.saved) * program.graph.dtype.itemsize

    def run(self, problem: Problem) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` and the final state."""
        found = precision(problem.graph, self.processor)
        assert not isinstance(found, str)  # noqa: S101 - it was asked for a refusal before
        ys, state = self._run(lowered(problem, found))
        if found.graph is problem.graph:
            return ys, state
        kept = zip(state, problem.state, strict=True)
        return ys.to(problem.graph.output.dtype), tuple(new.to(old.dtype) for new, old in kept)

    def _run(self, problem: Problem) -> tuple[Tensor, State]:
        """The same, of a problem as kernels compute it."""
        params = tuple(problem.params[field.name] for field in problem.cell.params)
        tensors = (problem.xs, *problem.state, *params)
        if is_traced(tensors):
            ys, *state = torch.ops.segue.scan_inference(
                problem.cell.key, problem.xs, problem.state, params,
                problem.lengths, problem.reset, problem.reverse, problem.weights,
            )  # fmt: skip
        else:
            kernels = self.call(problem).for_these_rows()
            if torch.is_grad_enabled() and any(each.requires_grad for each in tensors):
                ys, *state = Differentiable.apply(kernels, *tensors)  # type: ignore[no-untyped-call]
            else:
                (ys, *state), _ = kernels.forward(tensors, training=False)
        return ys, tuple(state)

    def call(self, problem: Problem) -> "Kernels":
        """The run of kernels that solves a problem, in the types that the problem says."""
        program = self.made(Precision(problem.graph, problem.weights))
        assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
        steps, rows = problem.xs.shape[:2]
        timing = Timing(steps, rows, problem.lengths, problem.reset, problem.reverse)
        return Kernels(problem, program, timing)


def is_traced(tensors: Sequence[Tensor]) -> bool:
    """Whether torch wants to see the scan as an operator, not just its results."""
    return (
        torch.compiler.is_compiling()
        or torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
        or any(type(each) not in PLAIN for each in tensors)
    )


Gradients = tuple[Tensor | None, ...]


@dataclass(frozen=True)
class Call(ABC):
    """One run of a problem, for tensors in a row: input, state, parameters."""

    problem: Problem

    def parts(self, tensors: Sequence[Tensor]) -> tuple[Tensor, State, State]:
        """Input, state and parameters."""
        states = 1 + len(self.problem.state)
        return tensors[0], tuple(tensors[1:states]), tuple(tensors[states:])

    @abstractmethod
    def forward(self, tensors: Sequence[Tensor], *, training: bool) -> tuple[State, State]:
        """Outputs and final state in a row, and what the backward pass needs if training."""

    def backward(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        """The gradient for each tensor that needs one."""
        if torch.is_grad_enabled():
            found: Gradients = DifferentiableBackward.apply(  # type: ignore[no-untyped-call]
                self, saved, needs, *tensors, *cotangents
            )
            return found
        return self.gradients(tensors, saved, cotangents, needs)

    @abstractmethod
    def gradients(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        """The same, but they cannot be differentiated again."""

    def reference(self, tensors: Sequence[Tensor]) -> State:
        """Outputs and final state by the Python loop."""
        xs, state, params = self.parts(tensors)
        names = [field.name for field in self.problem.cell.params]
        named = dict(zip(names, params, strict=True))
        ys, after = Reference().run(replace(self.problem, xs=xs, state=state, params=named))
        return ys, *after


@dataclass(frozen=True)
class Kernels(Call):
    """A run by kernels, at once."""

    program: Program
    timing: Timing

    def for_these_rows(self) -> "Kernels":
        """The same by the schedule that suits the number of rows; an operator has one for all."""
        return Kernels(self.problem, self.program.at(self.timing), self.timing)

    def forward(self, tensors: Sequence[Tensor], *, training: bool) -> tuple[State, State]:
        """As every call."""
        with without_autocast(self.problem.xs.device.type):
            ys, after, saved = self.program.forward(
                *self.parts(tensors), self.timing, training=training
            )
        return (ys, *after), saved

    def gradients(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        """As every call."""
        xs, state, params = self.parts(tensors)
        joint = self.program.joint
        values = (joint.input_gradient, *joint.param_gradients)
        asked: dict[Value, bool] = {}
        for value, needed in zip(values, (needs[0], *needs[1 + len(state) :]), strict=True):
            asked[value] = asked.get(value, False) or needed
        with without_autocast(self.problem.xs.device.type):
            found, of_state = self.program.gradients(
                xs, params, saved, (cotangents[0], cotangents[1:]), self.timing, asked
            )
        of_input, *of_params = (found.get(value) for value in values)
        every = (of_input, *of_state, *of_params)
        return tuple(each if needed else None for each, needed in zip(every, needs, strict=True))


class Differentiable(torch.autograd.Function):
    """A call: `(call, *tensors) -> outputs and final state in a row`."""

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Tensor) -> State:
        """Run, and keep what the gradient needs where one is wanted."""
        results, saved = call.forward(tensors, training=any(ctx.needs_input_grad))
        ctx.call, ctx.count = call, len(tensors)
        ctx.save_for_backward(*tensors, *saved)
        return results

    @staticmethod
    def backward(ctx: Any, *cotangents: Tensor) -> Gradients:
        """The gradients, which can be differentiated where that is wanted."""
        kept = ctx.saved_tensors  # asked for once, as torch's checkpoints demand
        tensors, saved = kept[: ctx.count], kept[ctx.count :]
        return None, *ctx.call.backward(tensors, saved, cotangents, ctx.needs_input_grad[1:])


class DifferentiableBackward(torch.autograd.Function):
    """The gradients of a call; their own gradients come from the Python loop."""

    @staticmethod
    def forward(
        ctx: Any, call: Call, saved: State, needs: Sequence[bool], *tensors: Tensor
    ) -> Gradients:
        """`tensors` are those of the call and then its cotangents."""
        count = len(needs)
        ctx.call, ctx.needs = call, needs
        ctx.save_for_backward(*tensors)
        return call.gradients(tensors[:count], saved, tensors[count:], needs)

    @staticmethod
    def backward(ctx: Any, *weights: Tensor) -> Gradients:
        """Second derivatives, which can be differentiated where that is wanted."""
        again = torch.is_grad_enabled()
        with torch.enable_grad():
            # One tensor may have been given twice, and each place has a gradient of its own.
            places = [each.view_as(each) for each in ctx.saved_tensors]
            if not again:
                places = [each.detach().requires_grad_(each.requires_grad) for each in places]
            found = _by_reference(ctx.call, places, ctx.needs)
        pairs = [
            (gradient, weight)
            for gradient, weight in zip(found, weights, strict=True)
            if gradient is not None and gradient.requires_grad
        ]
        return None, None, None, *_gradients(pairs, places, again=again)


def _by_reference(call: Call, places: Sequence[Tensor], needs: Sequence[bool]) -> Gradients:
    """The gradients of a call by the Python loop, with a graph of how they came about."""
    given, cotangents = places[: len(needs)], places[len(needs) :]
    results = zip(call.reference(given), cotangents, strict=True)
    found = _gradients([pair for pair in results if pair[0].requires_grad], given, again=True)
    return tuple(each if needed else None for each, needed in zip(found, needs, strict=True))


def _gradients(
    pairs: Sequence[tuple[Tensor, Tensor]], inputs: Sequence[Tensor], *, again: bool
) -> Gradients:
    """Gradients of (result, cotangent) pairs; None for an input that needs none."""
    wanted = [each for each in inputs if each.requires_grad]
    if not pairs or not wanted:
        return (None,) * len(inputs)
    results, weights = zip(*pairs, strict=True)
    found = iter(
        torch.autograd.grad(
            results, wanted, weights, create_graph=again, allow_unused=True, materialize_grads=True
        )
    )
    return tuple(next(found) if each.requires_grad else None for each in inputs)
