"""The graph's text keeps to its grammar, and the verifier refuses what breaks a rule."""

# ruff: noqa: F821

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from accepted_steps import ACCEPTED, Step

import segue
from segue import cells
from segue.engine.step.graph import ROWS, Graph, Node, Size, Value, verify
from segue.engine.step.trace import symbolic, trace

TERM = r"(\d*[A-Z]\w*(/\d+)?|\d+)"
SIZE = rf"(\d*B|-?{TERM}([+-]{TERM})*)"
NAME = r"(%\d+|[a-z]\w*)"
DTYPE = r"(float|int|complex|bool)\d*"
VALUE = rf"{NAME}(:( {SIZE})+( {DTYPE})?|: {DTYPE})?"
VALUES = rf"({VALUE}(, {VALUE})*)?"
NODE = re.compile(rf"  {VALUES} = \w+\(.*\)")
CONSTANT = re.compile(rf"  {VALUE} = constant\([-\d.e\[\], ]+\)")
HEAD = re.compile(rf"graph \w+\({VALUES} \| {VALUES}\) {DTYPE}")
RETURN = re.compile(rf"  return {NAME}, \(({NAME}(, {NAME})*)?\)")


def check_grammar(text: str) -> None:
    head, *body, last = text.splitlines()
    assert HEAD.fullmatch(head), head
    assert RETURN.fullmatch(last), last
    constants = [line for line in body if CONSTANT.fullmatch(line)]
    assert body[: len(constants)] == constants, "constants come first"
    for line in body[len(constants) :]:
        assert NODE.fullmatch(line), line


@pytest.mark.parametrize("step", ACCEPTED, ids=lambda step: step.__name__)
def test_the_text_keeps_to_the_grammar(step: Step) -> None:
    cell = segue.cell(step)
    sizes = {symbol: {"D": 3, "H": 5}[symbol] for symbol in cell.symbols}
    check_grammar(str(trace(cell, sizes)))
    check_grammar(str(symbolic(cell, sizes)))


def test_the_text_of_the_original_gru() -> None:
    assert (
        str(symbolic(cells.gru_original, {"D": 3, "H": 5}))
        == """\
graph gru_original(x: B D, h: B H | weight_ih: 3H D, weight_hh: 2H H, weight_hn: H H, bias: 3H) \
float32
  %0: D 3H = permute(weight_ih, (1, 0))
  %1: B 3H = mm(x, %0)
  %2: B 3H = add(%1, bias)
  %3: B H, %4: B H, %5: B H = split(%2, H, -1)
  %6: H 2H = permute(weight_hh, (1, 0))
  %7: B 2H = mm(h, %6)
  %8: B H, %9: B H = split(%7, H, -1)
  %10: B H = add(%4, %9)
  %11: B H = sigmoid(%10)
  %12: B H = add(%3, %8)
  %13: B H = sigmoid(%12)
  %14: B H = mul(%13, h)
  %15: H H = permute(weight_hn, (1, 0))
  %16: B H = mm(%14, %15)
  %17: B H = add(%5, %16)
  %18: B H = tanh(%17)
  %19: B H = rsub(%11, 1)
  %20: B H = mul(%19, %18)
  %21: B H = mul(%11, h)
  %22: B H = add(%20, %21)
  return %22, (%22)"""
    )


def test_nodes_know_the_line_of_the_equation() -> None:
    graph = trace(cells.lstm, {"D": 3, "H": 5})
    first = cells.lstm.equation.__code__.co_firstlineno
    lines = [node.line - first for node in graph.nodes if node.line is not None]
    assert len(lines) == len(graph.nodes)
    assert sorted(set(lines)) == [5, 6, 7]
    assert lines == sorted(lines)


def test_the_end_of_a_dimension_is_a_word() -> None:
    @segue.cell
    def shifted(x: "H", h: "H"):
        h = torch.cat([x[:, :1], h[:, 1:] + x[:, 1:]], -1)
        return h, (h,)

    assert "%1: B H-1 = slice(h, 1, 1, end)" in str(symbolic(shifted, {"H": 5}))


def test_sizes_count_rows() -> None:
    assert [str(size) for size in (ROWS, Size(4, batch=True), Size(4), Size(4, text="D+1"))] == [
        "B",
        "4B",
        "4",
        "D+1",
    ]
    assert Size(4, batch=True).at(3) == 12
    assert Size(4).at(3) == 4
    assert Value("v", (ROWS, Size(5)), torch.float32).elements(3) == 15
    assert Size(4) == Size(4, text="H"), "the text is for reading"


def twice(graph: Graph) -> Graph:
    return replace(graph, nodes=(graph.nodes[0], *graph.nodes))


def backwards(graph: Graph) -> Graph:
    return replace(graph, nodes=graph.nodes[::-1])


def cut_short(graph: Graph) -> Graph:
    return replace(graph, nodes=graph.nodes[:-1])


def in_place(graph: Graph) -> Graph:
    last = graph.nodes[-1]
    node = Node(torch.ops.aten.tanh_.default, last.args[:1], {}, last.results)
    return replace(graph, nodes=(*graph.nodes[:-1], node))


def no_batch(graph: Graph) -> Graph:
    return replace(graph, output=graph.params[0])


def other_state(graph: Graph) -> Graph:
    return replace(graph, next_state=(graph.input,))


def more_state(graph: Graph) -> Graph:
    return replace(graph, next_state=graph.next_state * 2)


BROKEN: dict[Callable[[Graph], Graph], str] = {
    twice: "%0 is made twice",
    backwards: "%5 is used before it is made",
    cut_short: "%6 is returned but never made",
    in_place: "aten.tanh_.default changes its argument",
    no_batch: "weight_ih has no batch in front",
    other_state: "h and the next h have different types",
    more_state: "the next state has other fields",
}


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda breaks: breaks.__name__)
def test_the_verifier_refuses_a_broken_graph(breaks: Callable[[Graph], Graph]) -> None:
    graph = trace(cells.rnn(), {"D": 3, "H": 5})
    verify(graph)
    with pytest.raises(AssertionError, match=f"graph: {re.escape(BROKEN[breaks])}"):
        verify(breaks(graph))
