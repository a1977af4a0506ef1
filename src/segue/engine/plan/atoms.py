"""A loop's step as atoms: ranges of features that are computed block by block, with no views left.

An atom is a range of features of a Var. Slices and concatenations turn into offsets: `Atoms.atom`
asks a node for a range and passes the question on. Where ranges meet the joints of a concatenation
they are cut there, and so is all that is computed feature by feature with them (`_cuts`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from itertools import accumulate, pairwise

from segue.engine.plan.loop import (
    JOIN,
    Cat,
    Fn,
    Fold,
    Loop,
    LoopNode,
    Pointwise,
    Product,
    Reduce,
    Slice,
    Var,
)


class Place(Enum):
    """Where an array lies."""

    STREAM = "stream"
    VECTOR = "vector"  # a param
    CARRY = "carry"
    SLOT = "slot"  # of the workspace: what one phase leaves to later ones


@dataclass(frozen=True)
class Array:
    """Something in memory, one vector of features for each row (a param: one in all)."""

    place: Place
    index: int


@dataclass(frozen=True, eq=False)
class Load:
    """Features offset, offset + step, ... of an array."""

    array: Array
    offset: int
    step: int
    width: int
    mask: bool = False


@dataclass(frozen=True, eq=False)
class Number:
    """The same number everywhere."""

    value: float
    width: int = 1
    mask: bool = False


@dataclass(frozen=True, eq=False)
class Apply:
    """A pointwise function; arguments of width 1 are repeated."""

    fn: Fn
    args: "tuple[Atom, ...]"
    width: int
    mask: bool


@dataclass(frozen=True)
class Side:
    """The left side of a product: `array[offset : offset + depth]`."""

    array: Array
    offset: int
    depth: int


@dataclass(frozen=True)
class Term:
    """`side @ matrix[:, column : column + width]`, the width being that of its `Dot`."""

    side: Side
    matrix: int
    column: int


@dataclass(frozen=True, eq=False)
class Dot:
    """A product, or a sum of products, which is computed as one."""

    terms: tuple[Term, ...]
    width: int
    mask: bool = False

    @property
    def sides(self) -> tuple[Side, ...]:
        """The left sides of its terms."""
        return tuple(term.side for term in self.terms)


@dataclass(frozen=True, eq=False)
class Folded:
    """All features of an atom reduced to one."""

    fold: Fold
    arg: "Atom"
    width: int = 1
    mask: bool = False


Atom = Load | Number | Apply | Dot | Folded

_MANY = 24  # more pieces of one Var than this, and views are read from memory instead


@dataclass(frozen=True, eq=False)
class Slot:
    """An array of the workspace, and the atoms that fill it: atom and offset.

    Attributes:
        rounded: what it holds instead of atoms, in bfloat16: a pair in the place of each number.
    """

    width: int
    mask: bool
    parts: tuple[tuple[Atom, int], ...]
    rounded: Side | None = None


class Atoms:
    """Makes the atoms of one loop; the same question gives the same atom."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.slots: list[Slot] = []
        self._made = {node.result: node for node in loop.nodes}
        self._given = {
            **{var: Array(Place.STREAM, i) for i, var in enumerate(loop.streams)},
            **{var: Array(Place.CARRY, i) for i, var in enumerate(loop.carries)},
            **{var: Array(Place.VECTOR, i) for i, var in enumerate(loop.params)},
        }
        self._slot_of: dict[Var, Array] = {}
        self._rounded: dict[Side, Side] = {}
        self._interned: dict[tuple[object, ...], Atom] = {}
        self._in_memory: set[Var] = set()  # read from memory only
        self._cuts = self._find_cuts()

    def pieces(self, var: Var) -> Iterator[tuple[Atom, int]]:
        """All features of a Var: atoms and where each begins."""
        joints = [0, *sorted(self._cuts.get(var, ())), var.width]
        for start, stop in pairwise(joints):
            yield self.atom(var, start, stop - start), start

    def atom(self, var: Var, start: int, width: int) -> Atom:
        """A range of features of a Var, which no cut of the Var lies in."""
        if var in self._given:
            return self.load(self._given[var], start, 1, width, var.mask)
        if var in self._in_memory:
            return self.load(self._whole_slot(var), start, 1, width, var.mask)
        return self._of_node(self._made[var], start, width)

    def _of_node(self, node: LoopNode, start: int, width: int) -> Atom:
        match node:
            case Pointwise():
                args = tuple(self._argument(arg, start, width) for arg in node.args)
                atom = self.apply(node.fn, args, width, node.result.mask)
            case Slice():
                atom = self._of_slice(node, start, width)
            case Cat():
                joints = accumulate((part.width for part in node.parts), initial=0)
                part, joint = max(
                    (each for each in zip(node.parts, joints, strict=False) if each[1] <= start),
                    key=lambda each: each[1],
                )
                atom = self.atom(part, start - joint, width)
            case Product():
                array, offset = self._whole(node.rows)
                matrix = self._given[node.matrix].index
                side = self.rounded(Side(array, offset, node.matrix.depth))
                atom = self.dot((Term(side, matrix, start),), width)
            case Reduce():
                atom = self._reduce(node)
        return atom

    def _of_slice(self, node: Slice, start: int, width: int) -> Atom:
        first = node.start + start * node.step
        if node.step == 1 or width == 1:
            return self.atom(node.rows, first, width)
        array, offset = self._whole(node.rows)
        return self.load(array, offset + first, node.step, width, node.result.mask)

    def load(self, array: Array, offset: int, step: int, width: int, mask: bool) -> Atom:
        """Features of an array."""
        key = ("load", array, offset, step, width)
        return self._intern(key, Load(array, offset, step, width, mask))

    def apply(self, fn: Fn, args: tuple[Atom, ...], width: int, mask: bool) -> Atom:
        """A pointwise function of atoms."""
        return self._intern(("apply", fn, args, width), Apply(fn, args, width, mask))

    def dot(self, terms: tuple[Term, ...], width: int) -> Atom:
        """A sum of products."""
        return self._intern(("dot", terms, width), Dot(terms, width))

    def slot(self, width: int, mask: bool, parts: tuple[tuple[Atom, int], ...]) -> Array:
        """A new array of the workspace."""
        self.slots.append(Slot(width, mask, parts))
        return Array(Place.SLOT, len(self.slots) - 1)

    def rounded(self, side: Side) -> Side:
        """The left side of a product in the type of the weights, two features to a number."""
        if self.loop.weights is None:
            return side
        if side not in self._rounded:
            pairs = -(-side.depth // 2)
            self.slots.append(Slot(pairs, False, (), side))
            self._rounded[side] = Side(Array(Place.SLOT, len(self.slots) - 1), 0, pairs)
        return self._rounded[side]

    def _intern(self, key: tuple[object, ...], atom: Atom) -> Atom:
        return self._interned.setdefault(key, atom)

    def _argument(self, arg: Var | float, start: int, width: int) -> Atom:
        if not isinstance(arg, Var):
            # 0.0 and -0.0 are equal, and not the same.
            return self._intern(("number", repr(float(arg))), Number(float(arg)))
        return self.atom(arg, 0, 1) if arg.width == 1 else self.atom(arg, start, width)

    def _reduce(self, node: Reduce) -> Atom:
        """Ranges of one width are joined first: then one running vector serves them all."""

        def join(a: Atom, b: Atom) -> Atom:
            return self.apply(JOIN[node.fold], (a, b), a.width, mask=False)

        by_width: dict[int, list[Atom]] = {}
        for atom, _ in self.pieces(node.rows):
            by_width.setdefault(atom.width, []).append(atom)
        joined = [reduce(join, atoms) for atoms in by_width.values()]
        return reduce(join, [self._folded(node.fold, atom) for atom in joined])

    def _folded(self, fold: Fold, atom: Atom) -> Atom:
        if atom.width == 1:
            return atom
        return self._intern(("folded", fold, atom), Folded(fold, atom))

    def _whole(self, var: Var) -> tuple[Array, int]:
        """Where all features of a Var lie in the workspace."""
        given = self._given.get(var)
        if given is not None and given.place is Place.CARRY:
            return given, 0
        node = self._made.get(var)
        if isinstance(node, Slice) and node.step == 1 and var not in self._slot_of:
            array, offset = self._whole(node.rows)
            return array, offset + node.start
        return self._whole_slot(var), 0

    def _whole_slot(self, var: Var) -> Array:
        if var not in self._slot_of:
            inside = var in self._in_memory
            self._in_memory.discard(var)
            self._slot_of[var] = self.slot(var.width, var.mask, tuple(self.pieces(var)))
            if inside:
                self._in_memory.add(var)
        return self._slot_of[var]

    def _find_cuts(self) -> dict[Var, set[int]]:
        cuts = self._close_cuts()
        if cuts is None:
            for node in self.loop.nodes:
                if isinstance(node, Cat):
                    self._in_memory.add(node.result)
                elif isinstance(node, Slice) and node.rows in self._made:
                    self._in_memory.add(node.rows)
            cuts = self._close_cuts()
        assert cuts is not None  # noqa: S101 - nothing passes cuts on any more
        return cuts

    def _close_cuts(self) -> dict[Var, set[int]] | None:
        """The cuts of every Var that a node makes; None when they grow beyond reason."""
        cuts: dict[Var, set[int]] = {var: set() for var in self._made}
        links = list(self._links())
        for node in self.loop.nodes:
            if isinstance(node, Cat):
                joint = 0
                for part in node.parts[:-1]:
                    joint += part.width
                    cuts[node.result].add(joint)
        changed = True
        while changed:
            changed = False
            for inner, outer, shift in links:
                ours, theirs = cuts[inner], cuts[outer]
                edges = {0, inner.width} | ours
                out = {c + shift for c in edges if 0 < c + shift < outer.width} - theirs
                back = {c - shift for c in theirs if 0 < c - shift < inner.width} - ours
                if out or back:
                    theirs |= out
                    ours |= back
                    changed = True
                if self._in_memory:
                    continue
                if max(len(ours), len(theirs)) > _MANY:
                    return None
        return cuts

    def _links(self) -> Iterator[tuple[Var, Var, int]]:
        """Pairs of Vars whose ranges go together: one lies at an offset inside the other."""
        for node in self.loop.nodes:
            result = node.result
            if isinstance(node, Pointwise):
                for arg in node.reads:
                    if arg.width == result.width and self._passes(arg):
                        yield arg, result, 0
            elif isinstance(node, Slice) and node.step == 1 and self._passes(node.rows):
                yield result, node.rows, node.start
            elif isinstance(node, Cat):
                joint = 0
                for part in node.parts:
                    if self._passes(part):
                        yield part, result, joint
                    joint += part.width

    def _passes(self, var: Var) -> bool:
        return var in self._made and var not in self._in_memory
