"""Products as papers and people write them run fused, and give what the reference gives."""

import inspect

import pytest
import torch
import written_heads  # noqa: F401 # adds to the lists
import written_products
from written_products import FUSED, REFUSED, Step

import segue
from segue.engine import laws
from segue.engine.cpu.processor import Cpu
from segue.engine.plan.by_rows import by_rows
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.schedule import Program
from segue.engine.run.backend import choose
from segue.engine.run.fused import Fused
from segue.engine.step.graph import Graph, evaluate
from segue.engine.step.trace import trace

CPU = torch.device("cpu")
EQUATION = laws.LAWS[0]


def traced(step: Step) -> Graph:
    cell = segue.cell(step)
    return trace(cell, dict(zip(cell.symbols, (3, 5, 2), strict=False)))


def program(step: Step) -> Program:
    found = Fused().program(traced(step))
    assert isinstance(found, Program), found
    return found


@pytest.mark.parametrize("step", FUSED, ids=lambda step: step.__name__)
def test_it_is_fused_and_gives_what_the_reference_gives(step: Step) -> None:
    graph = traced(step)
    assert choose(graph, CPU).refusals == ()
    cell = segue.cell(step)
    for dtype, processor in ((torch.float32, Cpu()), (torch.float64, Cpu(Interpreted))):
        EQUATION.check(laws.Case(cell, graph.sizes, dtype, Fused(processor)))


@pytest.mark.long
@pytest.mark.parametrize("step", FUSED, ids=lambda step: step.__name__)
def test_every_law_holds(step: Step) -> None:
    laws.check(segue.cell(step))


@pytest.mark.parametrize("step", REFUSED, ids=lambda step: step.__name__)
def test_it_is_refused_with_operation_line_and_remedy(step: Step) -> None:
    lines, first = inspect.getsourcelines(step)
    (line,) = [number for number, text in enumerate(lines, first) if "# here" in text]
    ((_, refusal),) = choose(traced(step), CPU).refusals
    assert refusal.startswith(REFUSED[step].format(line=line))
    assert "; " in refusal
    assert "\n" not in refusal


# Weights by their lines: no product of the input is left in the loop.
JOINED = [step for step in FUSED if step.__name__.startswith(("joined_", "lstm_of", "gru_of"))]


@pytest.mark.parametrize("step", JOINED, ids=lambda step: step.__name__)
def test_the_part_of_the_input_is_hoisted_from_one_weight(step: Step) -> None:
    parts = program(step).split
    made = {value for node in parts.hoist for value in node.results}
    of_input = {parts.joint.input, *made}
    assert "mm" in [node.title for node in parts.hoist]
    for node in parts.training.nodes:
        assert node.title != "mm" or not of_input.intersection(node.inputs)


def test_no_weight_is_repeated_for_each_row() -> None:
    for step in (written_products.bmm_expanded, written_products.matmul_expanded):
        split = program(step).split
        assert [node.title for node in split.sink].count("mm") == 3  # of w, of u, and of x
        nodes = (*split.fixed, *split.hoist, *split.training.nodes, *split.backward.nodes)
        assert "bmm" not in [node.title for node in (*nodes, *split.sink)]


def test_a_step_in_normal_form_stays_as_it_is() -> None:
    for cell in segue.cells.by_name().values():
        graph = trace(cell, dict(zip(cell.symbols, (3, 5, 2), strict=False)))
        found = by_rows(graph)
        assert getattr(found, "func", None) is evaluate, cell.name
