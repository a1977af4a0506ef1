"""What the forward pass saves for the backward pass, and what that makes again: the cheapest way.

A value that the backward pass reads is either saved, which writes and reads its features, or made
again of others, which computes. The cheapest choice for all values together is a minimum cut
(as in T. Chen et al., "Training deep nets with sublinear memory cost", 2016, and in torch's own
min-cut partitioner). For an LSTM it saves the gates after their sigmoid and tanh, not before.
"""

from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable
from math import prod

from segue.engine.step.graph import Node, Value
from segue.engine.step.ops import Kind, kind

# What it costs, for each feature: to write and read it; to read it, where it is written anyway; to
# compute it once more; the same with an exponential or the like in it.
WRITE, READ, CHEAP, DEAR = 100, 50, 4, 25
NEVER = 1 << 40
_DEAR = (
    "exp exp2 expm1 log log1p sin cos tan atan erf tanh sigmoid atan2 fmod remainder sqrt rsqrt pow"
)


def cheapest(
    required: Collection[Value],
    written: Collection[Value],
    exact: Collection[Value],
    maker: Callable[[Value], Node | None],
    cost: Callable[[Value], int],
) -> set[Value]:
    """The values to save, so that all that are required can be made of them.

    Args:
        required: what the backward pass reads.
        written: those of them that it must have in memory for all time steps at once.
        exact: those that must not be made again, since the last bit of them matters.
        maker: the node that makes a value of the forward pass; None for what is given.
        cost: of saving a value, for each feature; nothing if it is there without that.
    """
    cut = _Cut()
    seen: set[Value] = set()
    stack = list(required)
    for value in required:
        cut.connect("source", value, NEVER)
    while stack:
        value = stack.pop()
        if value in seen or not cost(value):
            continue
        seen.add(value)
        node = maker(value)
        if node is None:
            cut.connect(value, "sink", _width(value) * cost(value))
            continue
        cut.connect(value, node, _width(value) * cost(value))
        again = _again(node) + (_width(value) * WRITE if value in written else 0)
        again = NEVER if value in exact else again
        cut.raise_to(node, "sink", again)
        for read in node.inputs:
            if cost(read):
                cut.connect(node, read, NEVER)
                stack.append(read)
    near = cut.source_side()
    return {value for value in seen if value in near and maker(value) not in near}


def _width(value: Value) -> int:
    return prod(size.count for size in value.shape if not size.batch)


def _again(node: Node) -> int:
    """What it costs to run a node once more."""
    of_kind = kind(node)
    if of_kind is Kind.PRODUCT or of_kind is Kind.REDUCTION:
        return NEVER
    if of_kind in (Kind.VIEW, Kind.FILL):
        return 0
    return sum(map(_width, node.results)) * (DEAR if node.title in _DEAR.split() else CHEAP)


class _Cut:
    """A minimum cut between "source" and "sink", by shortest augmenting paths."""

    def __init__(self) -> None:
        self.left: dict[Hashable, dict[Hashable, int]] = {"source": {}, "sink": {}}

    def connect(self, a: Hashable, b: Hashable, capacity: int) -> None:
        """Let so much more flow from a to b."""
        there = self.left.setdefault(a, {})
        there[b] = there.get(b, 0) + capacity
        self.left.setdefault(b, {}).setdefault(a, 0)

    def raise_to(self, a: Hashable, b: Hashable, capacity: int) -> None:
        """Let at least so much flow from a to b."""
        self.connect(a, b, max(0, capacity - self.left.get(a, {}).get(b, 0)))

    def source_side(self) -> set[Hashable]:
        """What is on the source's side of the cut."""
        while True:
            before = self._search()
            if "sink" not in before:
                return set(before)
            path = list(_path(before))
            flow = min(self.left[a][b] for a, b in path)
            for a, b in path:
                self.left[a][b] -= flow
                self.left[b][a] += flow

    def _search(self) -> dict[Hashable, Hashable]:
        """What can be reached, and from where."""
        before: dict[Hashable, Hashable] = {"source": "source"}
        queue: deque[Hashable] = deque(["source"])
        while queue and "sink" not in before:
            a = queue.popleft()
            for b, left in self.left[a].items():
                if left and b not in before:
                    before[b] = a
                    queue.append(b)
        return before


def _path(before: dict[Hashable, Hashable]) -> Iterable[tuple[Hashable, Hashable]]:
    b: Hashable = "sink"
    while b != "source":
        yield before[b], b
        b = before[b]
