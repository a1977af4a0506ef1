"""The scan as operators of torch: what compile, export, torch.func and tensor subclasses see.

    segue::scan            the whole of `scan`, which decomposes into what the backend does
    segue::scan_inference  outputs and final state, by kernels; differentiable
    segue::scan_training   the same, followed by what the backward pass needs
    segue::scan_backward   the gradients, by kernels; differentiable, by the Python loop

A plain call in Python goes past them, straight to the kernels, without the dispatcher's and a
second check's time. The cell is given by its key (`segue.engine.step.cell.cell_of`). An exported
program therefore runs wherever a cell with that key is alive: in this process, and, for a cell at
the top of a module, in every process that has imported that module and `segue.nn`.

`torch.utils.flop_counter` counts the products of each.

Beside `grad` and `vjp` of torch.func, other transforms and nested ones run by the reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch._functorch.utils import enable_single_level_autograd_function
from torch.utils.flop_counter import register_flop_formula

from segue.engine.plan.schedule import Program
from segue.engine.run.backend import choose
from segue.engine.run.fused import Call, Differentiable, DifferentiableBackward, Fused, Gradients
from segue.engine.run.lengths import has_numbers
from segue.engine.run.precision import Precision
from segue.engine.run.problem import Problem, State, check_params, pose
from segue.engine.run.processors import TARGETS, target
from segue.engine.step.cell import Cell, cell_of

_LIBRARY: Any = torch.library.Library("segue", "DEF")  # type: ignore[no-untyped-call]
_CALL = (
    "str cell, Tensor xs, Tensor[] state, Tensor[] params, Tensor? lengths, Tensor? reset,"
    " bool reverse"
)
_LIBRARY.define(f"scan({_CALL.replace('Tensor[] state', 'Tensor[]? state')}) -> Tensor[]")
_ARGUMENTS = _CALL.count(",") + 1
_WEIGHTS = "ScalarType? weights=None"  # what products round to; the last, left out when None
_BACKWARD = "Tensor[] saved, Tensor[] cotangents, bool[] needs"
_LIBRARY.define(f"scan_inference({_CALL}, {_WEIGHTS}) -> Tensor[]")
_LIBRARY.define(f"scan_training({_CALL}, {_WEIGHTS}) -> Tensor[]")
_LIBRARY.define(f"scan_backward({_CALL}, {_BACKWARD}, {_WEIGHTS}) -> Tensor[]")
_ops = torch.ops.segue


def whole(
    cell: Cell,
    params: Mapping[str, Tensor],
    xs: Tensor,
    state: State | None,
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
) -> list[Tensor]:
    """`scan` as one operator: outputs, and then the final state."""
    check_params(cell, params)
    given = [params[field.name] for field in cell.params]
    found: list[Tensor] = _ops.scan(cell.key, xs, state, given, lengths, reset, reverse)
    return found


def _problem(
    key: str,
    xs: Tensor,
    state: Sequence[Tensor] | None,
    params: Sequence[Tensor],
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
    weights: torch.dtype | None = None,
) -> Problem:
    cell = cell_of(key)
    named = dict(zip([field.name for field in cell.params], params, strict=True))
    fields = None if state is None else tuple(state)
    return replace(pose(cell, named, xs, fields, lengths, reset, reverse), weights=weights)


def _fused(problem: Problem) -> Fused:
    return Fused(target(problem.xs.device))


def _program(problem: Problem) -> Program:
    program = _fused(problem).made(Precision(problem.graph, problem.weights))
    assert isinstance(program, Program)  # noqa: S101 - it was asked for a refusal before
    return program


@dataclass(frozen=True)
class _Operators(Call):
    """A run by the operators below, which are seen as such.

    Where torch.func's transforms are nested, what is below autograd here is above it one level
    further out, where gradients may be wanted too.
    """

    kept: list[Tensor] = field(default_factory=list)

    def arguments(self, tensors: Sequence[Tensor]) -> tuple[object, ...]:
        problem = self.problem
        timing = (problem.lengths, problem.reset, problem.reverse)
        return (problem.cell.key, *self.parts(tensors), *timing)

    def forward(self, tensors: Sequence[Tensor], *, training: bool) -> tuple[State, State]:
        operator = _ops.scan_training if training else _ops.scan_inference
        with torch.enable_grad(), torch._C._AutoDispatchBelowAutograd():
            found = tuple(operator(*self.arguments(tensors), self.problem.weights))
        count = 1 + len(self.problem.state)
        self.kept[:] = found[count:]
        return found[:count], found[count:]

    def backward(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        given = (*self.arguments(tensors), saved, cotangents, needs, self.problem.weights)
        found = iter(_ops.scan_backward(*given))
        return tuple(next(found) if needed else None for needed in needs)

    def gradients(
        self,
        tensors: Sequence[Tensor],
        saved: Sequence[Tensor],
        cotangents: Sequence[Tensor],
        needs: Sequence[bool],
    ) -> Gradients:
        with torch.enable_grad(), torch._C._AutoDispatchBelowAutograd():
            return self.backward(tensors, saved, cotangents, needs)


def _scan(
    key: str,
    xs: Tensor,
    state: Sequence[Tensor] | None,
    params: Sequence[Tensor],
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
) -> list[Tensor]:
    problem = _problem(key, xs, state, params, lengths, reset, reverse)
    ys, after = choose(problem.graph, problem.xs.device).backend.run(problem)
    return [ys, *after]


def _inference(*call: Any) -> list[Tensor]:
    problem = _problem(*call)
    kernels = _fused(problem).call(problem)
    tensors = _tensors(*call)
    results, _ = kernels.forward(tensors, training=False)
    return _apart(results, tensors)


def _training(*call: Any) -> list[Tensor]:
    problem = _problem(*call)
    kernels = _fused(problem).call(problem)
    tensors = _tensors(*call)
    results, saved = kernels.forward(tensors, training=True)
    return _apart([*results, *saved], tensors)


def _backward(*arguments: Any) -> list[Tensor]:
    call, (saved, cotangents, needs) = _apart_of_backward(arguments)
    problem = _problem(*call)
    kernels = _fused(problem).call(problem)
    tensors = _tensors(*call)
    found = kernels.gradients(tensors, saved, cotangents, needs)
    return _apart([each for each in found if each is not None], (*tensors, *cotangents))


def _inference_differentiable(*call: Any) -> list[Tensor]:
    tensors = _tensors(*call)
    operators = _Operators(_problem(*call))
    if torch.is_grad_enabled() and any(each.requires_grad for each in tensors):
        return _apply(Differentiable, operators, *tensors)
    return list(operators.forward(tensors, training=False)[0])


def _training_differentiable(*call: Any) -> list[Tensor]:
    tensors = _tensors(*call)
    operators = _Operators(_problem(*call))
    if torch.is_grad_enabled() and any(each.requires_grad for each in tensors):
        return [*_apply(Differentiable, operators, *tensors), *operators.kept]
    results, saved = operators.forward(tensors, training=True)
    return [*results, *saved]


def _backward_differentiable(*arguments: Any) -> list[Tensor]:
    call, (saved, cotangents, needs) = _apart_of_backward(arguments)
    tensors = _tensors(*call)
    operators = _Operators(_problem(*call))
    every = (*tensors, *cotangents)
    if torch.is_grad_enabled() and any(each.requires_grad for each in every):
        return _apply(DifferentiableBackward, operators, saved, needs, *every)
    found = operators.gradients(tensors, saved, cotangents, needs)
    return [each for each in found if each is not None]


def _apart_of_backward(arguments: Sequence[Any]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The arguments of the forward pass, weights last, and those of the backward pass alone."""
    end = _ARGUMENTS + _BACKWARD.count(",") + 1
    return (*arguments[:_ARGUMENTS], *arguments[end:]), tuple(arguments[_ARGUMENTS:end])


def _apply(function: Any, *arguments: Any) -> list[Tensor]:
    """Apply at the one level of torch.func's transforms that the dispatcher is at.

    `Function.apply` would go through all levels, as it does where no operator stands around it.
    """
    with enable_single_level_autograd_function():
        found = super(torch.autograd.Function, function).apply(*arguments)
    return [each for each in found if each is not None]


def _tensors(key: str, xs: Tensor, state: State, params: State, *timing: object) -> State:
    return xs, *state, *params


def _apart(results: Sequence[Tensor], given: Sequence[Tensor]) -> list[Tensor]:
    """Each result in memory of its own, as torch demands of an operator."""
    taken = {each.untyped_storage().data_ptr() for each in given}
    apart = []
    for each in results:
        each = each.contiguous()
        if each.untyped_storage().data_ptr() in taken:
            each = each.clone()
        taken.add(each.untyped_storage().data_ptr())
        apart.append(each)
    return apart


def _backward_each(info: Any, dims: Any, *arguments: Any) -> tuple[list[Tensor], list[int]]:
    """Several backward passes of one forward pass, one after the other."""

    def pick(given: Any, dim: Any, at: int) -> Any:
        if isinstance(dim, list | tuple):
            return [pick(each, inner, at) for each, inner in zip(given, dim, strict=True)]
        return given if dim is None else given.select(dim, at)

    runs = [_ops.scan_backward(*pick(arguments, dims, at)) for at in range(info.batch_size)]
    return [torch.stack(each) for each in zip(*runs, strict=True)], [0] * len(runs[0])


def _foreseen_inference(*call: Any) -> list[Tensor]:
    return _foreseen(_posed(*call))


def _foreseen_training(*call: Any) -> list[Tensor]:
    problem = _posed(*call)
    steps, rows = problem.xs.shape[:2]
    kept = [
        problem.xs.new_empty(shape, dtype=dtype)
        for shape, dtype in _program(problem).saved_shapes(steps, rows)
    ]
    return [*_foreseen(problem), *kept]


def _foreseen_backward(*arguments: Any) -> list[Tensor]:
    call, (*_, needs) = _apart_of_backward(arguments)
    return [
        each.new_empty(each.shape)
        for each, needed in zip(_tensors(*call), needs, strict=True)
        if needed
    ]


def _posed(
    key: str,
    xs: Tensor,
    state: State,
    params: State,
    lengths: Tensor | None,
    reset: Tensor | None,
    reverse: bool,
    weights: torch.dtype | None = None,
) -> Problem:
    """The problem, of tensors that have a shape and no numbers."""
    return _problem(key, xs, state, params, None, None, False, weights)


def _foreseen(problem: Problem) -> list[Tensor]:
    ys = problem.xs.new_empty(problem.output_shape, dtype=problem.graph.output.dtype)
    return [ys, *(each.new_empty(each.shape) for each in problem.state)]


def _forward_flops(*call: Any, out_val: Any = None) -> int:
    problem = _problem(*call)
    return _program(problem).forward_flops(_real_rows(problem), training=False)


def _training_flops(*call: Any, out_val: Any = None) -> int:
    problem = _problem(*call)
    return _program(problem).forward_flops(_real_rows(problem), training=True)


def _backward_flops(*arguments: Any, out_val: Any = None) -> int:
    call, (*_, needs) = _apart_of_backward(arguments)
    problem = _problem(*call)
    program, states = _program(problem), len(problem.state)
    values = (program.joint.input_gradient, *program.joint.param_gradients)
    wanted = zip(values, (needs[0], *needs[1 + states :]), strict=True)
    return program.gradients_flops(_real_rows(problem), [value for value, is_it in wanted if is_it])


def _real_rows(problem: Problem) -> int:
    """Rows of all steps; without those in padding, where lengths have numbers."""
    steps, rows = problem.xs.shape[:2]
    lengths = problem.lengths
    return int(lengths.sum()) if lengths is not None and has_numbers(lengths) else steps * rows


_LIBRARY.impl("scan", _scan, "CompositeImplicitAutograd")
for _name, _run, _foresee, _differentiate, _flops in (
    ("scan_inference", _inference, _foreseen_inference, _inference_differentiable, _forward_flops),
    ("scan_training", _training, _foreseen_training, _training_differentiable, _training_flops),
    ("scan_backward", _backward, _foreseen_backward, _backward_differentiable, _backward_flops),
):
    for _target in TARGETS:
        _LIBRARY.impl(_name, _run, _target.device.upper())
    torch.library.register_fake(f"segue::{_name}", _foresee, lib=_LIBRARY)
    _LIBRARY.impl(_name, _differentiate, "Autograd")
    register_flop_formula(getattr(_ops, _name), get_raw=True)(_flops)
torch.library.register_vmap("segue::scan_backward", _backward_each, lib=_LIBRARY)
