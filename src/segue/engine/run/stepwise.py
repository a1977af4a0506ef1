"""The backend for steps with contexts: torch computes the step and its derivative, node by node.

What every step of a row reads, such as a memory that a decoder attends to, is in products of its
own for each row, which torch has and the kernels of `Fused` have not. The plan is that of
`segue.engine.plan.by_steps`: no graph of autograd, and gradients of parameters and contexts in one
product over all steps.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.autograd import forward_ad

from segue.engine.plan.by_steps import Joined, Operand, Stages, stages
from segue.engine.plan.derive import derive
from segue.engine.plan.explain_stages import Section
from segue.engine.run.fused import Call, Differentiable, Gradients, is_traced
from segue.engine.run.problem import Problem, State
from segue.engine.run.processors import target
from segue.engine.step.graph import Graph, Node, Value, call

_TYPES = (torch.float32, torch.float64)
Known = dict[Value, Tensor]


@dataclass(frozen=True)
class Stepwise:
    """Torch's operations without autograd, and all that can wait in products over all steps."""

    name: str = "stepwise"
    summary: str = (
        "the equation and its derivative by torch's operations, weights' gradients at once"
    )
    reason: str = "a context is a tensor of each row, and kernels share what stands after the *"

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        """The rule that the graph breaks, and what to change."""
        if not graph.contexts:
            return "it is for steps with a context"
        if graph.own is not None:
            return f"{graph.own.named} brings a derivative of its own; use operations of torch"
        if graph.dtype not in _TYPES or torch.is_autocast_enabled(device.type):
            return "it computes in float32 and float64; convert the layer, and leave autocast off"
        if is_traced(()) or forward_ad._current_level >= 0:
            return (
                "torch follows every operation here, as in torch.compile; use backward(), for speed"
            )
        found = self.stages(graph)
        return found if isinstance(found, str) else None

    def stages(self, graph: Graph) -> Stages | str:
        """How the graph is divided, or why it is not."""
        if self not in graph.programs:
            try:
                graph.programs[self] = stages(graph, derive(graph, simple=False))
            except NotImplementedError as error:
                graph.programs[self] = str(error)
        found: Stages | str = graph.programs[self]
        return found

    def details(self, graph: Graph) -> tuple[Section, ...]:
        """Headings with lines: what is computed once, at each step, and after the steps."""
        found = self.stages(graph)
        if isinstance(found, str):
            return ()
        joined = [each.node for each in found.joined]
        parts = (
            ("Once for each call", found.once),
            ("Forward, once for all steps", found.hoist),
            ("Forward, step by step", found.forward),
            ("Backward, step by step", found.backward),
            ("Backward, once for all steps", (*joined, *found.sink, *found.late)),
        )
        return tuple(
            (heading, tuple(graph.write_node(node) for node in nodes))
            for heading, nodes in parts
            if nodes
        )

    def code(self, graph: Graph) -> tuple[Section, ...]:
        """None: there are no kernels."""
        return ()

    def saved_bytes(self, graph: Graph) -> int:
        """What is kept for the backward pass, for each step and row."""
        found = self.stages(graph)
        assert isinstance(found, Stages)  # noqa: S101 - it was asked for a refusal before
        return sum(value.elements(1) * value.dtype.itemsize for value in found.saved)

    def run(self, problem: Problem) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` and the final state."""
        found = self.stages(problem.graph)
        assert isinstance(found, Stages)  # noqa: S101 - it was asked for a refusal before
        params = tuple(problem.params[field.name] for field in problem.cell.params)
        tensors = (problem.xs, *problem.state, *params)
        steps = Steps(problem, found)
        if torch.is_grad_enabled() and any(each.requires_grad for each in tensors):
            ys, *state = Differentiable.apply(steps, *tensors)  # type: ignore[no-untyped-call]
        else:
            (ys, *state), _ = steps.forward(tensors, training=False)
        return ys, tuple(state)


@dataclass(frozen=True)
class Steps(Call):
    """One run, step by step, with the rows in order of their lengths."""

    stages: Stages

    @cached_property
    def order(self) -> Tensor | None:
        """The rows from the longest to the shortest."""
        lengths = self.problem.lengths
        if lengths is None:
            return None
        return lengths.argsort(descending=True, stable=True).to(self.problem.xs.device)

    @cached_property
    def course(self) -> list[tuple[int, int]]:
        """The steps in the order they are run in, and how many rows take part."""
        steps, rows = self.problem.xs.shape[:2]
        taking_part, lengths = [rows] * steps, self.problem.lengths
        if lengths is not None:
            times = torch.arange(steps, device=lengths.device)[:, None]
            taking_part = (lengths > times).sum(1).tolist()
        course = [(t, n) for t, n in enumerate(taking_part) if n > 0]
        return course[::-1] if self.problem.reverse else course

    @cached_property
    def reset(self) -> Mapping[int, Tensor]:
        """The rows that start anew, at the steps where there are any."""
        given = self.problem.reset
        if given is None:
            return {}
        rows = self.sorted(given, 1)
        return {t: rows[t] for t, some in enumerate(rows.any(1).tolist()) if some}

    def sorted(self, tensor: Tensor, axis: int) -> Tensor:
        """A tensor with its rows in order of their lengths."""
        return tensor if self.order is None else tensor.index_select(axis, self.order)

    def unsorted(self, tensor: Tensor, axis: int) -> Tensor:
        """The rows where they were."""
        return tensor if self.order is None else tensor.index_select(axis, self.order.argsort())

    def shared(self, params: Sequence[Tensor]) -> "_Shared":
        """What all steps read."""
        joint, graph = self.stages.joint, self.problem.graph
        known = {
            value: self.sorted(each, 0) if value in graph.contexts else each
            for value, each in zip(graph.params, params, strict=True)
        }
        known |= {each.value: each.data.to(self.problem.xs.device) for each in joint.constants}
        rows = self.problem.xs.shape[1]
        _compute(self.stages.once, known, rows)
        return _Shared(known, rows)

    def forward(self, tensors: Sequence[Tensor], *, training: bool) -> tuple[State, State]:
        """As every call."""
        xs, state, params = self.parts(tensors)
        stages, joint = self.stages, self.stages.joint
        rows, xs = xs.shape[1], self.sorted(xs, 1)
        shared = self.shared(params)
        hoisted = self.hoisted(xs, shared.known)
        state = tuple(self.sorted(field, 0) for field in state)
        ys = xs.new_zeros(self.problem.output_shape, dtype=joint.output.dtype)
        saved: list[Tensor] = []
        for t, n in self.course:
            known = dict(shared.of(n))
            known[joint.input] = xs[t, :n]
            known |= {value: each[t, :n] for value, each in hoisted.items()}
            known |= zip(joint.state, self.started(t, n, state), strict=True)
            _compute(stages.forward, known, n)
            ys[t, :n] = known[joint.output]
            state = _first(n, rows, [known[value] for value in joint.next_state], state)
            if training:
                saved += [known[value] for value in stages.saved]
        ys = self.unsorted(ys, 1)
        return (ys, *(self.unsorted(field, 0).clone() for field in state)), tuple(saved)

    def started(self, t: int, n: int, state: State) -> State:
        """The state of the rows that take part in a step, zero where a sequence starts."""
        state = tuple(field[:n] for field in state)
        if t not in self.reset:
            return state
        return tuple(_zero(field, self.reset[t][:n]) for field in state)

    def hoisted(self, xs: Tensor, shared: Known) -> Known:
        """What is computed of the input of all steps, `[T, B, ...]`."""
        nodes = self.stages.hoist
        if not nodes:
            return {}
        steps, rows = xs.shape[:2]
        known = {**shared, self.stages.joint.input: xs.reshape(steps * rows, *xs.shape[2:])}
        _compute(nodes, known, steps * rows)
        made = [value for node in nodes for value in node.results]
        return {v: known[v].reshape(steps, rows, *known[v].shape[1:]) for v in made}

    def gradients(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        """As every call."""
        xs, _, params = self.parts(tensors)
        stages, joint = self.stages, self.stages.joint
        shared = self.shared(params)
        rows, count = xs.shape[1], len(stages.saved)
        of_ys = self.sorted(cotangents[0], 1)
        pulled = tuple(self.sorted(each, 0) for each in cotangents[1:])
        sums = _Sums(stages, rows, xs)
        of_xs = torch.zeros_like(xs)
        for i, (t, n) in reversed(list(enumerate(self.course))):
            known = dict(shared.of(n))
            known |= zip(stages.saved, saved[i * count : (i + 1) * count], strict=True)
            known[joint.cotangent] = of_ys[t, :n]
            known |= zip(joint.state_cotangents, (each[:n] for each in pulled), strict=True)
            _compute(stages.backward, known, n)
            sums.add(known, n)
            if not stages.sink:
                of_xs[t, :n] = known[joint.input_gradient]
            before = [known[value] for value in joint.state_gradients]
            if t in self.reset:
                before = [_zero(each, self.reset[t][:n]) for each in before]
            pulled = _first(n, rows, before, pulled)
        if stages.sink and sums.steps:
            self.sink(sums, shared.known, of_xs)
        totals = sums.totals(shared.known)
        of_params = [
            self.unsorted(totals[value], 0)
            if given in self.problem.graph.contexts
            else totals[value]
            for value, given in zip(joint.param_gradients, joint.params, strict=True)
        ]
        of_state = [self.unsorted(each, 0) for each in pulled]
        every = (self.unsorted(of_xs, 1), *of_state, *of_params)
        return tuple(each if needed else None for each, needed in zip(every, needs, strict=True))

    def sink(self, sums: "_Sums", shared: Known, of_xs: Tensor) -> None:
        """Write the input's gradient, of all rows of all steps."""
        known = shared | {value: sums.joined((value, False), 0) for value in self.stages.spread}
        backwards = self.course[::-1]
        _compute(self.stages.sink, known, sum(n for _, n in backwards))
        found = torch.split(known[self.stages.joint.input_gradient], [n for _, n in backwards])
        for (t, n), each in zip(backwards, found, strict=True):
            of_xs[t, :n] = each


class _Shared:
    """What all steps read, for any number of rows from the first on."""

    def __init__(self, known: Known, rows: int) -> None:
        self.known = known
        self.by_rows = {rows: known}

    def of(self, n: int) -> Known:
        """For the first n rows."""
        if n not in self.by_rows:
            self.by_rows[n] = {v: _prefix(v, each, n) for v, each in self.known.items()}
        return self.by_rows[n]


class _Sums:
    """Sums over the steps, as far as they have got."""

    def __init__(self, stages: Stages, rows: int, like: Tensor) -> None:
        self.stages, self.rows, self.like = stages, rows, like
        self.sums = {v: self.zeros(v) for v in stages.sums}
        sides = [each for one in stages.joined for each in (one.left, one.right)]
        # Products of each row have all rows at each step.
        self.each: dict[tuple[Value, bool], list[Tensor]] = {_key(side): [] for side in sides}
        self.each |= {(value, False): [] for value in stages.spread}
        self.side_by_side: dict[tuple[Value, bool, int], Tensor] = {}
        self.steps = 0

    def zeros(self, value: Value) -> Tensor:
        """A total before the first step."""
        return self.like.new_zeros([s.at(self.rows) for s in value.shape], dtype=value.dtype)

    def add(self, known: Known, n: int) -> None:
        """Take in a step of n rows."""
        self.steps += 1
        for value, total in self.sums.items():
            _prefix(value, total, n).add_(known[value])
        for (value, whole), steps in self.each.items():
            found = known[value]
            if whole and n < self.rows:
                found = torch.cat((found, found.new_zeros(self.rows - n, *found.shape[1:])))
            steps.append(found)

    def joined(self, key: tuple[Value, bool], axis: int) -> Tensor:
        """The values of all steps side by side."""
        if (*key, axis) not in self.side_by_side:
            self.side_by_side[*key, axis] = _cat(self.each[key], axis)
        return self.side_by_side[*key, axis]

    def totals(self, shared: Known) -> Known:
        """The totals of gradients."""
        known = shared | self.sums
        for each in self.stages.joined:
            known[each.node.results[0]] = self.product(each)
        _compute(self.stages.late, known, self.rows)
        return known

    def product(self, of: Joined) -> Tensor:
        if not self.steps:
            return self.zeros(of.node.results[0])
        return torch.matmul(self.side(of.left), self.side(of.right))

    def side(self, of: Operand) -> Tensor:
        found = self.joined(_key(of), of.axis)
        return found.transpose(-1, -2) if of.turned else found


def _cat(parts: list[Tensor], axis: int) -> Tensor:
    """Tensors side by side, in the processor's memory where it has some."""
    first, processor = parts[0], target(parts[0].device)
    if first.device.type != processor.device or first.dtype not in _TYPES:
        return torch.cat(parts, axis)
    shape = list(first.shape)
    shape[axis] = sum(part.shape[axis] for part in parts)
    return torch.cat(parts, axis, out=processor.empty(*shape, dtype=first.dtype))


def _key(side: Operand) -> tuple[Value, bool]:
    return side.value, len(side.value.shape) == 3


def _compute(nodes: Iterable[Node], known: Known, rows: int) -> None:
    for node in nodes:
        known.update(zip(node.results, call(node, known, rows), strict=True))


def _prefix(value: Value, tensor: Tensor, rows: int) -> Tensor:
    """The part of a tensor that belongs to the first rows."""
    for axis, size in enumerate(value.shape):
        if size.batch:
            tensor = tensor.narrow(axis, 0, size.at(rows))
    return tensor


def _first(n: int, rows: int, new: Sequence[Tensor], old: State) -> State:
    """New rows in front of old ones."""
    if n == rows:
        return tuple(new)
    return tuple(torch.cat((a, b[n:])) for a, b in zip(new, old, strict=True))


def _zero(field: Tensor, rows: Tensor) -> Tensor:
    return field.masked_fill(rows.view(-1, *[1] * (field.dim() - 1)), 0)
