"""What generated functions are called with, and how they find memory.

Every kernel gets one pointer to 8-byte words (`Words`). Its inner functions get besides it the bank
of carries that this step reads and the one that it writes, the rest of the workspace, the rows that
this slice of the batch has (a list of row numbers, longest first), how many of them take part, how
many there is room for, and the time step.
"""

from dataclasses import dataclass

from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.tiles import Layout
from segue.engine.plan.atoms import Array, Place
from segue.engine.plan.loop import Loop


@dataclass(frozen=True)
class Words:
    """Which word is what."""

    loop: Loop
    batches: int

    NEXT_SLICE = 0
    SLICES = 1
    STEPS = 2
    BATCH = 3
    START = 4
    ADVANCE = 5
    LENGTHS = 6
    RESET = 7
    RESET_AFTER = 8
    ROWS = 9
    BOUNDS = 10
    WORKSPACE = 11
    SLICE_BYTES = 12
    _FIXED = 13

    def stream(self, index: int) -> int:
        """Address, bytes from step to step, bytes from row to row."""
        return self._FIXED + 3 * index

    def carry_in(self, index: int) -> int:
        """Address."""
        return self.stream(len(self.loop.streams)) + index

    def carry_out(self, index: int) -> int:
        """Address."""
        return self.carry_in(len(self.loop.carries)) + index

    def out(self, index: int) -> int:
        """Address."""
        return self.carry_out(len(self.loop.carries)) + index

    def param(self, index: int) -> int:
        """Address; nothing for a matrix, which is packed."""
        return self.out(len(self.loop.outs)) + index

    def pack(self, index: int) -> int:
        """Address of packed weights."""
        return self.param(len(self.loop.params)) + index

    @property
    def count(self) -> int:
        """Of words."""
        return self.pack(self.batches)


ARGS = (
    ("ptr", "words"),
    ("ptr", "now"),
    ("ptr", "after"),
    ("ptr", "rest"),
    ("ptr", "rows"),
    ("i64", "n"),
    ("i64", "room"),
    ("i64", "t"),
)


class Frame:
    """An inner function with these arguments."""

    def __init__(self, module: Module, layout: Layout, name: str) -> None:
        self.layout = layout
        self.f = Function(module, name, ARGS, "internal")
        self.words, self.now, self.after, self.rest, self.rows, self.n, self.room, self.t = (
            self.f.args
        )
        self.table = Words(layout.loop, len(layout.batches))
        self.size = layout.lanes.real.bytes

    def word(self, index: int, kind: str = "i64") -> Val:
        """One of the words."""
        return self.f.load(kind, self.f.at(self.words, i64(8 * index)), 8)

    def row(self, i: Val) -> Val:
        """The number in the batch of the slice's row i."""
        return self.f.load("i64", self.f.at(self.rows, i, "i64"), 8)

    def scaled(self, value: Val, factor: int) -> Val:
        """A number of bytes."""
        if value.text.isdigit():
            return i64(int(value.text) * factor)
        return value if factor == 1 else self.f.mul(value, i64(factor))

    def _within(self, base: Val, start: int, width: int, i: Val) -> Val:
        """The row i of an array that begins `start` numbers for each row after `base`."""
        first = self.f.at(base, self.scaled(self.room, start * self.size))
        return self.f.at(first, self.scaled(i, self.layout.stride(width) * self.size))

    def carry(self, index: int, i: Val, *, after: bool = False) -> Val:
        """The address of row i of a carry."""
        width = self.layout.loop.carries[index].width
        start = self.layout.carry_starts[index]
        return self._within(self.after if after else self.now, start, width, i)

    def slot(self, index: int, i: Val) -> Val:
        """The address of row i of a slot."""
        width = self.layout.step.slots[index]
        return self._within(self.rest, self.layout.slot_starts[index], width, i)

    def totals(self) -> Val:
        """The address of the totals of the slice, after all that lies there for each row."""
        folds = len(self.layout.folds) * self.layout.lanes.count
        numbers = self.layout.slot_starts[-1] + folds
        return self.f.at(self.rest, self.scaled(self.room, numbers * self.size))

    def total(self, index: int) -> Val:
        """The address of one total, as far as it is not kept apart."""
        return self.f.at(self.totals(), i64(self.layout.total_starts[index] * self.size))

    def running(self, slot: int, i: Val) -> Val:
        """The address of the running vector of row i of a reduction."""
        lanes = self.layout.lanes.count
        first = self.f.at(self.rest, self.scaled(self.room, self.layout.folds[slot] * self.size))
        return self.f.at(first, self.scaled(i, lanes * self.size))

    def stream(self, index: int, row: Val) -> Val:
        """The address of a row of the batch in a stream, at this step."""
        word = self.table.stream(index)
        by_step = self.f.mul(self.t, self.word(word + 1))
        by_row = self.f.mul(row, self.word(word + 2))
        return self.f.at(self.word(word, "ptr"), self.f.add(by_step, by_row))

    def out(self, index: int, row: Val) -> Val:
        """The address of a row of the batch in an out, at this step."""
        batch = self.word(Words.BATCH)
        place = self.f.add(self.f.mul(self.t, batch), row)
        width = self.layout.loop.outs[index].width
        return self.f.at(
            self.word(self.table.out(index), "ptr"), self.scaled(place, width * self.size)
        )

    def array(self, array: Array, i: Val, row: Val) -> Val:
        """The address of the slice's row i (`row` in the batch) in an array."""
        if array.place is Place.STREAM:
            return self.stream(array.index, row)
        if array.place is Place.VECTOR:
            return self.word(self.table.param(array.index), "ptr")
        if array.place is Place.CARRY:
            return self.carry(array.index, i)
        return self.slot(array.index, i)

    def fill_zero(self, place: Val, width: int) -> None:
        """Set features to zero."""
        count = i64(width * self.size)
        self.f.call("void", "llvm.memset.p0.i64", place, Val("0", "i8"), count, Val("false", "i1"))

    def copy(self, to: Val, what: Val, width: int) -> None:
        """Copy features."""
        count = i64(width * self.size)
        self.f.call("void", "llvm.memcpy.p0.p0.i64", to, what, count, Val("false", "i1"))
