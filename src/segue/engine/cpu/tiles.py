"""How a step is laid out for one processor: vectors, tiles of the products, memory.

A product is computed in tiles of `rows` x `columns` vectors that stay in registers. Columns are the
vectors of all products of one block of features with the same left side: the gates of a cell. Their
weights lie together, in the order in which the tile reads them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch

from segue.engine.cpu.vector import DOUBLE, FLOAT, Lanes
from segue.engine.plan.atoms import Array, Dot, Load, Place, Side
from segue.engine.plan.loop import Loop
from segue.engine.plan.phases import Block, Step


@dataclass(frozen=True)
class Machine:
    """A processor, as far as generated code depends on it."""

    triple: str
    cpu: str
    features: str
    vector_bytes: int
    registers: int
    bfloat16: bool = False  # has products of bfloat16, summed up in float32

    @property
    def x86(self) -> bool:
        """Whether it is one of Intel's kind."""
        return self.triple.startswith("x86_64")

    @property
    def arm(self) -> bool:
        """Whether it is one of ARM's kind."""
        return self.triple.startswith(("aarch64", "arm64"))

    def lanes(self, dtype: torch.dtype) -> Lanes:
        """Its vectors of a type."""
        real = FLOAT if dtype == torch.float32 else DOUBLE
        count = self.vector_bytes // real.bytes
        return Lanes(real, count, scalef=self.x86 and self.vector_bytes == 64)

    def rows(self, columns: int) -> int:
        """How many rows a tile has, so that it stays in registers with its operands."""
        return max(1, min(12, (self.registers - 1 - columns) // columns))

    @property
    def columns(self) -> int:
        """The most vectors that a tile is wide."""
        return 4 if self.registers >= 32 else 3


def round_up(number: int, step: int) -> int:
    """The next multiple."""
    return -(-number // step) * step


@dataclass(frozen=True)
class Chunk:
    """Columns of one tile, of those of a batch of products."""

    first: int
    count: int


@dataclass(frozen=True, eq=False)
class Batch:
    """Products of one block of features with the same left sides.

    Attributes:
        sides: the left sides, one after another along the shared dimension.
        dots: the products.
        first: where their columns begin among those of the block.
        chunks: how their columns are cut into tiles.
        pack: index of the packed weights.
    """

    sides: tuple[Side, ...]
    dots: tuple[Dot, ...]
    first: int
    chunks: tuple[Chunk, ...]
    pack: int

    @property
    def depth(self) -> int:
        """Length of the shared dimension."""
        return sum(side.depth for side in self.sides)


@dataclass(frozen=True, eq=False)
class Tiling:
    """One loop over features, or a part of it, tiled.

    Attributes:
        begin: its first vector.
        end: after its last vector; that of the whole block may be cut.
        unit: vectors computed at a time, of which it has a whole number.
        rows: of a tile.
        lanes: of a vector.
    """

    block: Block
    begin: int
    end: int
    unit: int
    rows: int
    batches: tuple[Batch, ...]
    lanes: int

    @property
    def units(self) -> int:
        """How many blocks of features there are."""
        return (self.end - self.begin) // self.unit

    @property
    def is_last(self) -> bool:
        """Whether it ends where the block ends."""
        return self.end * self.lanes >= self.block.width

    @property
    def columns(self) -> int:
        """Vectors that all products of a block of features give for one row."""
        return sum(len(batch.dots) for batch in self.batches) * self.unit

    @cached_property
    def column(self) -> dict[Dot, int]:
        """Where each product's vectors begin among the columns."""
        dots = [dot for batch in self.batches for dot in batch.dots]
        return {dot: index * self.unit for index, dot in enumerate(dots)}


@dataclass(frozen=True, eq=False)
class Layout:
    """A step on a machine, with everything in its place."""

    loop: Loop
    step: Step
    machine: Machine
    lanes: Lanes
    phases: tuple[tuple[Tiling, ...], ...]

    def stride(self, width: int) -> int:
        """Numbers from row to row in the workspace: room for a vector that sticks out."""
        return round_up(width, self.lanes.count) + self.lanes.count

    @cached_property
    def carry_starts(self) -> tuple[int, ...]:
        """Where each carry begins, in numbers for each row; and the end."""
        return self._starts([var.width for var in self.loop.carries])

    @cached_property
    def slot_starts(self) -> tuple[int, ...]:
        """Where each slot begins, likewise."""
        return self._starts(self.step.slots)

    @cached_property
    def folds(self) -> dict[int, int]:
        """Slots of reductions, and where the running vectors of each begin."""
        slots = [fold.slot for phase in self.phases for t in phase for fold in t.block.folds]
        return {
            slot: self.slot_starts[-1] + index * self.lanes.count
            for index, slot in enumerate(dict.fromkeys(slots))
        }

    @cached_property
    def total_starts(self) -> tuple[int, ...]:
        """Where each total begins, in numbers; and the end."""
        return self._starts([var.width for var in self.loop.totals])

    @property
    def numbers(self) -> int:
        """Of the workspace for each row: carries twice, slots, running vectors."""
        folds = len(self.folds) * self.lanes.count
        return 2 * self.carry_starts[-1] + self.slot_starts[-1] + folds

    def _starts(self, widths: Sequence[int]) -> tuple[int, ...]:
        starts = [0]
        for width in widths:
            starts.append(starts[-1] + self.stride(width))
        return tuple(starts)

    def rounded_for(self, tiling: Tiling) -> tuple[int, ...]:
        """The slots with rounded left sides that this loop over features is the first to read."""
        first: dict[int, Tiling] = {}
        for reader, batch in self.batches:
            for side in batch.sides:
                if side.array.place is Place.SLOT and side.array.index in self.step.rounded:
                    first.setdefault(side.array.index, reader)
        return tuple(slot for slot, reader in first.items() if reader is tiling)

    def depth(self, side: Side) -> int:
        """The length of a left side before it was put in pairs."""
        rounded = self.step.rounded.get(side.array.index) if self.loop.weights else None
        return side.depth if rounded is None else rounded.depth

    def array_width(self, array: Array) -> int:
        """Features of an array."""
        loop = self.loop
        of_place = {
            Place.STREAM: [var.width for var in loop.streams],
            Place.VECTOR: [var.width for var in loop.params],
            Place.CARRY: [var.width for var in loop.carries],
            Place.SLOT: list(self.step.slots),
        }
        return of_place[array.place][array.index]

    @cached_property
    def batches(self) -> tuple[tuple[Tiling, Batch], ...]:
        """All batches of products, in the order of their packed weights."""
        return tuple((t, batch) for phase in self.phases for t in phase for batch in t.batches)

    @property
    def notes(self) -> tuple[str, ...]:
        """What each phase does, one line for each loop over features."""
        lines = []
        for number, phase in enumerate(self.phases):
            for tiling in phase:
                words = [f"phase {number}: {tiling.block.width} features"]
                if tiling.begin:
                    words = [f"phase {number}: the rest of them"]
                words.append(f"{tiling.end - tiling.begin} x {self.lanes.count} lanes")
                for batch in tiling.batches:
                    tiles = " + ".join(f"{tiling.rows} x {chunk.count}" for chunk in batch.chunks)
                    depth = sum(map(self.depth, batch.sides))
                    words.append(f"{len(batch.dots)} products over {depth}, tiles {tiles}")
                apart = sum(
                    isinstance(atom, Load) and atom.step != 1 for atom in tiling.block.atoms
                )
                if apart:
                    words.append(f"{apart} slices with a step, read one feature at a time (slow)")
                lines.append(", ".join(words))
        return tuple(lines)


def lay_out(loop: Loop, step: Step, machine: Machine) -> Layout:
    """Tile every loop over features.

    Raises:
        NotImplementedError: products of bfloat16 that the processor does not have.
    """
    if loop.weights is not None and not machine.bfloat16:
        raise NotImplementedError(f"{machine.cpu} has no products of bfloat16 (AVX512-BF16)")
    lanes = machine.lanes(loop.dtype)
    packs = 0
    phases = []
    for blocks in step.phases:
        tilings: list[Tiling] = []
        for block in blocks:
            for tiling in _tile(block, lanes, machine, packs):
                packs += len(tiling.batches)
                tilings.append(tiling)
        phases.append(tuple(tilings))
    return Layout(loop, step, machine, lanes, tuple(phases))


def _tile(block: Block, lanes: Lanes, machine: Machine, packs: int) -> Iterator[Tiling]:
    """One loop over features: whole units, then what is left as one narrower unit."""
    vectors = -(-block.width // lanes.count)
    by_sides: dict[tuple[Side, ...], list[Dot]] = {}
    for dot in block.dots:
        by_sides.setdefault(dot.sides, []).append(dot)
    if not by_sides:
        yield Tiling(block, 0, vectors, 1, 1, (), lanes.count)
        return
    most = max(1, machine.columns // min(map(len, by_sides.values())))
    unit = -(-vectors // -(-vectors // most))  # as even as it goes
    begin = 0
    for size, end in ((unit, vectors // unit * unit), (vectors % unit, vectors)):
        if begin == end:
            continue
        batches: list[Batch] = []
        first = 0
        for sides, dots in by_sides.items():
            chunks = _chunks(len(dots) * size, machine.columns)
            batches.append(Batch(sides, tuple(dots), first, chunks, packs + len(batches)))
            first += len(dots) * size
        widest = max(chunk.count for batch in batches for chunk in batch.chunks)
        rows = machine.rows(widest)
        yield Tiling(block, begin, end, size, rows, tuple(batches), lanes.count)
        packs, begin = packs + len(batches), end


def _chunks(columns: int, most: int) -> tuple[Chunk, ...]:
    parts = -(-columns // most)
    chunks = []
    first = 0
    for part in range(parts):
        count = columns // parts + (part < columns % parts)
        chunks.append(Chunk(first, count))
        first += count
    return tuple(chunks)
