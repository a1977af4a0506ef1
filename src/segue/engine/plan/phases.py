"""The order within a step: phases, each a few loops over features with everything fused in them.

A product reads whole rows of its argument, and what is made of a reduction needs the whole
reduction: both can only be computed in a phase after their arguments. Within a phase, all ranges of
one width are computed in one loop over blocks of features. What a later phase needs of an earlier
one goes through a slot of the workspace.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from segue.engine.plan.atoms import (
    Apply,
    Array,
    Atom,
    Atoms,
    Dot,
    Folded,
    Load,
    Number,
    Place,
    Side,
)
from segue.engine.plan.loop import Fn, Loop

_SIMPLE = frozenset({Fn.COPY, Fn.NEG, Fn.ABS, Fn.ADD, Fn.SUB, Fn.MUL})
_LITTLE = 4  # instructions


class Kind(Enum):
    """What is written."""

    OUT = "out"
    NEXT = "next carry"
    SLOT = "slot"
    TOTAL = "total"  # added to it


@dataclass(frozen=True)
class Target:
    """Where an atom is stored: features of an out, a next carry, a slot or a total."""

    kind: Kind
    index: int
    offset: int


@dataclass(frozen=True, eq=False)
class Store:
    """One atom, and where it goes."""

    atom: Atom
    target: Target


@dataclass(frozen=True, eq=False)
class Accumulate:
    """One reduction, over features as they are computed; the result goes to a slot."""

    folded: Folded
    slot: int


@dataclass(eq=False)
class Block:
    """One loop over features: all that one phase does at one width."""

    width: int
    stores: list[Store] = field(default_factory=list)
    folds: list[Accumulate] = field(default_factory=list)

    @property
    def roots(self) -> tuple[Atom, ...]:
        """The atoms that the loop computes."""
        return (*(s.atom for s in self.stores), *(f.folded.arg for f in self.folds))

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """All that it computes or reads, arguments after what they are for."""
        seen: dict[Atom, None] = {}
        stack = list(reversed(self.roots))
        while stack:
            atom = stack.pop()
            if atom in seen:
                continue
            seen[atom] = None
            if isinstance(atom, Apply):
                stack.extend(reversed(atom.args))
        return tuple(seen)

    @property
    def dots(self) -> tuple[Dot, ...]:
        """The products among what it computes, in order."""
        return tuple(atom for atom in self.atoms if isinstance(atom, Dot))


@dataclass(frozen=True, eq=False)
class Step:
    """All phases of a step, and the widths of the workspace's slots."""

    phases: tuple[tuple[Block, ...], ...]
    slots: tuple[int, ...]
    masks: frozenset[int]  # the slots that hold truth values
    rounded: Mapping[int, Side]  # the slots that hold left sides of products in bfloat16, in pairs


def plan(loop: Loop) -> Step:
    """The phases of a loop's step."""
    return _Planner(loop).plan()


class _Planner:
    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.atoms = Atoms(loop)
        self.known: dict[Atom, int] = {}
        self.phases: list[dict[int, Block]] = []
        self.stored: dict[Atom, tuple[Array, int]] = {}
        self.filled = 0  # slots whose stores are planned
        self.readers: Counter[Atom] = Counter()

    def plan(self) -> Step:
        atoms, loop = self.atoms, self.loop
        for kind, results in (
            (Kind.OUT, loop.outs), (Kind.NEXT, loop.next_carries), (Kind.TOTAL, loop.totals)
        ):  # fmt: skip
            for index, var in enumerate(results):
                for atom, offset in atoms.pieces(var):
                    self.store(atom, Target(kind, index, offset))
        self.fill_slots()
        self.delay_products()
        for phase in reversed(range(len(self.phases))):
            # What is made local here may add stores to earlier phases, which come later in this
            # loop, and to this phase's block of single numbers, which comes last in it.
            self.localize_phase(phase)
        phases = tuple(
            tuple(
                block
                for _, block in sorted(blocks.items(), key=lambda each: each[0] > 1)
                if block.stores or block.folds
            )
            for blocks in self.phases
        )
        masks = frozenset(i for i, slot in enumerate(atoms.slots) if slot.mask)
        rounded = {i: slot.rounded for i, slot in enumerate(atoms.slots) if slot.rounded}
        return Step(phases, tuple(slot.width for slot in atoms.slots), masks, rounded)

    def fill_slots(self) -> None:
        """Plan the stores of slots that were made by asking for atoms."""
        while self.filled < len(self.atoms.slots):
            index = self.filled
            self.filled += 1
            for atom, offset in self.atoms.slots[index].parts:
                self.store(atom, Target(Kind.SLOT, index, offset))
                if not isinstance(atom, Folded):  # which is itself read from a slot, of its own
                    self.stored.setdefault(atom, (Array(Place.SLOT, index), offset))

    def delay_products(self) -> None:
        """Compute a product in the first phase that uses it: until then it would wait in a slot."""
        uses: dict[Dot, int] = {}

        def use(atom: Atom, phase: int) -> None:
            self.readers[atom] += 1
            if isinstance(atom, Dot):
                uses[atom] = min(phase, uses.get(atom, phase))

        seen: set[Atom] = set()
        stack = [root for blocks in self.phases for b in blocks.values() for root in b.roots]
        for root in stack:
            use(root, self.phase(root))
        while stack:
            atom = stack.pop()
            if atom in seen:
                continue
            seen.add(atom)
            args = (atom.arg,) if isinstance(atom, Folded) else ()
            for arg in atom.args if isinstance(atom, Apply) else args:
                apart = isinstance(atom, Folded) or arg.width != atom.width
                use(arg, self.phase(arg if apart else atom))
                stack.append(arg)
        for dot, phase in uses.items():
            self.known[dot] = phase

    def block(self, phase: int, width: int) -> Block:
        while len(self.phases) <= phase:
            self.phases.append({})
        return self.phases[phase].setdefault(width, Block(width))

    def store(self, atom: Atom, target: Target) -> None:
        self.block(self.phase(atom), atom.width).stores.append(Store(atom, target))

    def phase(self, atom: Atom) -> int:
        """The first phase in which an atom can be computed (a reduction: read)."""
        if atom not in self.known:
            self.known[atom] = self.find_phase(atom)
        return self.known[atom]

    def find_phase(self, atom: Atom) -> int:
        if isinstance(atom, Number):
            return 0
        if isinstance(atom, Load):
            return self.ready(atom.array)
        if isinstance(atom, Dot):
            return max(self.ready(side.array) for side in atom.sides)
        if isinstance(atom, Folded):
            return 1 + self.phase(atom.arg)
        return max(
            self.phase(arg) + (atom.width > 1 and arg.width == 1 and self.holds_product(arg))
            for arg in atom.args
        )

    def ready(self, array: Array) -> int:
        """The first phase in which an array can be read."""
        if array.place is not Place.SLOT:
            return 0
        slot = self.atoms.slots[array.index]
        if slot.rounded is not None:
            return self.ready(slot.rounded.array)
        return 1 + max(self.phase(part) for part, _ in slot.parts)

    def holds_product(self, atom: Atom) -> bool:
        """Whether an atom of width 1 needs a product to be computed, so that it is no repeat."""
        if isinstance(atom, Apply):
            return any(self.holds_product(arg) for arg in atom.args)
        return isinstance(atom, Dot)

    def localize_phase(self, phase: int) -> None:
        blocks = self.phases[phase]
        self.block(phase, 1)
        for width, block in sorted(blocks.items(), key=lambda each: each[0] == 1):
            done: dict[Atom, Atom] = {}
            block.stores = [
                Store(self.localize(s.atom, phase, width, done), s.target) for s in block.stores
            ]
            block.folds = [
                Accumulate(
                    Folded(f.folded.fold, self.localize(f.folded.arg, phase, width, done)), f.slot
                )
                for f in block.folds
            ]

    def localize(self, atom: Atom, phase: int, width: int, done: dict[Atom, Atom]) -> Atom:
        """The same atom, with what earlier phases compute read from slots."""
        if atom not in done:
            done[atom] = self.find_local(atom, phase, width, done)
        return done[atom]

    def find_local(self, atom: Atom, phase: int, width: int, done: dict[Atom, Atom]) -> Atom:
        if isinstance(atom, Load | Number):
            return atom
        repeated = atom.width == 1 and width > 1
        earlier = self.phase(atom) < phase and not repeated
        stored = (
            self.is_worth_a_slot(atom) if repeated else earlier and not self.is_made_again(atom)
        )
        if isinstance(atom, Folded) or stored:
            return self.from_slot(atom)
        if isinstance(atom, Dot):
            return atom
        summands = list(self.summands(atom, phase)) if atom.fn is Fn.ADD else []
        products = [
            each for each in summands if each.width == atom.width and self.is_alone(each, phase)
        ]
        if len(products) > 1:
            return self.join(summands, products, phase, width, done)
        args = tuple(self.localize(arg, phase, width, done) for arg in atom.args)
        if args == atom.args:
            return atom
        return self.atoms.apply(atom.fn, args, atom.width, atom.mask)

    def is_worth_a_slot(self, atom: Atom) -> bool:
        """Whether a single number is computed once for each row, not anew for each vector."""
        return self.holds_product(atom) or self.effort(atom) > _LITTLE

    def effort(self, atom: Atom) -> int:
        """About how many instructions make an atom out of what lies in memory."""
        if not isinstance(atom, Apply):
            return 0
        args = (arg for arg in atom.args if arg.width == atom.width)
        return (1 if atom.fn in _SIMPLE else 8) + sum(map(self.effort, args))

    def is_made_again(self, atom: Atom) -> bool:
        """Whether making an atom of an earlier phase again is no more work than to read it."""
        if not isinstance(atom, Apply) or atom in self.stored or self.effort(atom) > _LITTLE:
            return False
        return len(set(self.wide_reads(atom, atom.width))) <= 1

    def wide_reads(self, atom: Atom, width: int) -> Iterator[Atom]:
        """What an atom, made again, would read for each row besides single numbers."""
        if isinstance(atom, Apply) and atom not in self.stored:
            for arg in atom.args:
                yield from self.wide_reads(arg, width)
        elif atom.width == width and not isinstance(atom, Number):
            is_param = isinstance(atom, Load) and atom.array.place is Place.VECTOR
            yield from () if is_param else (atom,)

    def summands(self, atom: Atom, phase: int) -> Iterator[Atom]:
        """What a sum within one phase adds up, in order."""
        assert isinstance(atom, Apply)  # noqa: S101 - it adds
        for arg in atom.args:
            inner = isinstance(arg, Apply) and arg.fn is Fn.ADD and self.readers[arg] == 1
            if inner and self.phase(arg) == phase and arg.width == atom.width:
                yield from self.summands(arg, phase)
            else:
                yield arg

    def is_alone(self, atom: Atom, phase: int) -> bool:
        """Whether an atom is a product of this phase that nothing else reads."""
        return isinstance(atom, Dot) and self.readers[atom] == 1 and self.phase(atom) == phase

    def join(
        self,
        summands: Sequence[Atom],
        products: Sequence[Atom],
        phase: int,
        width: int,
        done: dict[Atom, Atom],
    ) -> Atom:
        """A sum with its products in one: (x W + b) + h U = (x W + h U) + b."""
        terms = tuple(term for each in products if isinstance(each, Dot) for term in each.terms)
        total = self.atoms.dot(terms, products[0].width)
        self.known[total] = phase
        for other in summands:
            if other not in products:
                args = (total, self.localize(other, phase, width, done))
                total = self.atoms.apply(Fn.ADD, args, products[0].width, mask=False)
        return total

    def from_slot(self, atom: Atom) -> Atom:
        """Read what an earlier phase stores; it is planned there if it was not yet."""
        if atom not in self.stored:
            parts = ((atom, 0),)
            array = self.atoms.slot(atom.width, atom.mask, parts)
            self.filled = len(self.atoms.slots)
            self.stored[atom] = array, 0
            if isinstance(atom, Folded):
                self.block(self.phase(atom.arg), atom.arg.width).folds.append(
                    Accumulate(atom, array.index)
                )
            else:
                self.store(atom, Target(Kind.SLOT, array.index, 0))
        array, offset = self.stored[atom]
        return self.atoms.load(array, offset, 1, atom.width, atom.mask)
