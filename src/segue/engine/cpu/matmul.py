"""A matrix product as LLVM IR: what is left of a cell outside its time loop is little else.

One left side is multiplied by several right sides. These are packed, for a block of the shared
dimension, into panels as wide as a tile; the left side is read where it lies if its rows are
contiguous, else a block of it is packed, once for all. A tile
stays in registers for some of the shared dimension, then joins the result, which stays in the cache
for the whole block. Each slice of the work is a range of rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.llvm import finish, write_worker
from segue.engine.cpu.micropanel import write_micropanel
from segue.engine.cpu.tiles import Machine
from segue.engine.cpu.vector import Lanes, Vector, first_lanes, masked_load, masked_store, splat

_WORD = "i64"
DEPTH, HEIGHT = 768, 96  # blocks of the shared dimension, and of rows
LINES = 16  # packed at a time
CHAIN = 192  # products that are added up one after another, before they join the result

# Words of a call, of which the first two are those of every worker; and of each right side.
(_, SLICES, ROWS, SHARED, LEFT, LEFT_ROW, LEFT_STEP, PADDED, SPACE, SLICE_BYTES, RIGHTS,
 FIRST) = range(12)  # fmt: skip
RIGHT, RIGHT_ROW, RIGHT_STEP, COLUMNS, BEFORE, RESULT, RESULT_ROW = range(7)
FIELDS = 7


def panel(machine: Machine, lanes: Lanes) -> int:
    """How many columns a tile has."""
    return machine.columns * lanes.count


def packed_line(lanes: Lanes) -> int:
    """Numbers from line to line of the packed left side; no power of two, so that lines lie apart
    in a cache.
    """
    return HEIGHT + lanes.count


def write_matmul(machine: Machine, lanes: Lanes) -> str:
    """The text of the kernel for a type: any sizes, one stride of each side one number."""
    return _Matmul(machine, lanes).write()


class _Matmul:
    def __init__(self, machine: Machine, lanes: Lanes) -> None:
        self.machine = machine
        self.lanes = lanes
        self.size = lanes.real.bytes
        self.columns = machine.columns
        self.rows = machine.rows(self.columns)
        self.vector = lanes.count * self.size
        self.width = self.columns * self.vector  # bytes of a tile's row
        self.line = packed_line(lanes) * self.size
        self.module = Module()

    def write(self) -> str:
        for rows in range(1, self.rows + 1):
            for columns in range(1, self.columns + 1):
                self.write_tile(rows, columns)
        write_micropanel(self.module, self.lanes)
        self.write_pack_right()
        self.write_block()
        self.write_slice()
        write_worker(self.module, self.machine)
        return finish(self.module, self.machine)

    def word(self, f: Function, index: int, kind: str = _WORD) -> Val:
        return self.of(f, f.args[0], index, kind)

    def of(self, f: Function, words: Val, index: int, kind: str = _WORD) -> Val:
        """One of the words of a right side, or of others."""
        return f.load(kind, f.at(words, i64(8 * index)), 8)

    @contextmanager
    def rights(self, f: Function) -> Iterator[Val]:
        """For each right side, where its words are."""
        with f.loop(i64(0), self.word(f, RIGHTS)) as index:
            yield f.at(f.args[0], f.add(f.mul(index, i64(8 * FIELDS)), i64(8 * FIRST)))

    def write_tile(self, rows: int, columns: int) -> None:
        """`rows` x the first vectors of a panel, for a block of the shared dimension.

        Added to what is there unless `first`.
        """
        args = (
            ("ptr", "left"), (_WORD, "row"), (_WORD, "step"), ("ptr", "panel"), (_WORD, "depth"),
            ("ptr", "result"), (_WORD, "line"), (_WORD, "width"), ("i1", "first"),
        )  # fmt: skip
        f = Function(self.module, f"tile{rows}x{columns}", args, "internal")
        left, row, step, packed, depth, _, _, width, _ = f.args
        lanes, kind, math = self.lanes, self.lanes.type, Vector(f, self.lanes)
        sums = [[f.slot(kind, lanes.number(0.0)) for _ in range(columns)] for _ in range(rows)]
        starts = [f.at(left, f.mul(row, i64(r))) for r in range(rows)]
        with f.loop(i64(0), depth) as k:
            at = f.at(packed, f.mul(k, i64(self.width)))
            right = [f.load(kind, f.at(at, i64(c * self.vector)), 64) for c in range(columns)]
            offset = f.mul(k, step)
            for r in range(rows):
                number = f.load(lanes.real.name, f.at(starts[r], offset), self.size)
                repeated = splat(f, lanes, number)
                for c in range(columns):
                    total = f.load(kind, sums[r][c], 64)
                    f.store(math.fma(repeated, right[c], total), sums[r][c], 64)
        whole = f.compare("icmp sge", width, i64(columns * lanes.count))
        with f.when(whole):
            self.write_sums(f, sums, None)
        with f.when(f.op("xor", whole, Val("true", "i1"))):
            self.write_sums(f, sums, width)
        f.done()

    def write_sums(self, f: Function, sums: list[list[Val]], width: Val | None) -> None:
        """Add a tile to the result, or begin with it; masks, which are slow, only at the edge."""
        result, line, first = f.args[5], f.args[6], f.args[8]
        lanes, size = self.lanes, self.size
        mask = [
            None
            if width is None
            else first_lanes(f, self.lanes, f.op("sub", width, i64(c * lanes.count)))
            for c in range(len(sums[0]))
        ]
        for begins in (True, False):
            with f.when(first if begins else f.op("xor", first, Val("true", "i1"))):
                for r, c in product(range(len(sums)), range(len(sums[0]))):
                    place = f.at(f.at(result, f.mul(line, i64(r))), i64(c * self.vector))
                    total, part = f.load(lanes.type, sums[r][c], 64), mask[c]
                    if not begins:
                        before = (
                            f.load(lanes.type, place, size)
                            if part is None
                            else masked_load(f, self.lanes, place, part)
                        )
                        total = f.op("fadd", total, before)
                    if part is None:
                        f.store(total, place, size)
                    else:
                        masked_store(f, lanes, total, place, part)

    def write_pack_right(self) -> None:
        """One panel: `[depth, columns]`, zero beyond the last column."""
        args = (
            ("ptr", "side"), ("ptr", "to"), ("ptr", "right"), (_WORD, "width"), (_WORD, "depth"),
        )  # fmt: skip
        f = Function(self.module, "pack.right", args, "internal")
        side, to, right, width, depth = f.args
        by_row, by_column = self.of(f, side, RIGHT_ROW), self.of(f, side, RIGHT_STEP)
        for c in range(self.columns):
            before = c * self.lanes.count
            source = f.at(right, f.mul(by_column, i64(before)))
            left = f.op("sub", width, i64(before))
            place = f.at(to, i64(c * self.vector))
            f.invoke("micropanel", place, i64(self.width), source, by_row, by_column, depth, left)
        f.done()

    def write_block(self) -> None:
        """`count` rows from `top` on, all columns, one block of the shared dimension."""
        args = (
            ("ptr", "words"), ("ptr", "panels"), ("ptr", "space"), (_WORD, "top"),
            (_WORD, "count"), (_WORD, "start"), (_WORD, "depth"),
        )  # fmt: skip
        f = Function(self.module, "block", args, "internal")
        _, panels, space, top, count, start, depth = f.args
        by_row, by_step = self.word(f, LEFT_ROW), self.word(f, LEFT_STEP)
        left = f.at(self.word(f, LEFT, "ptr"), f.mul(top, by_row))
        left = f.at(left, f.mul(start, by_step))
        packs = f.compare("icmp ne", by_step, i64(self.size))
        parts = f.op("sdiv", f.add(count, i64(self.rows - 1)), i64(self.rows))
        even, extra = f.op("sdiv", count, parts), f.op("srem", count, parts)

        def of(part: Val) -> tuple[Val, Val]:
            """Where a part begins, and how many rows it has."""
            more = f.compare("icmp slt", part, extra)
            before = f.select(more, part, extra)
            return f.add(f.mul(part, even), before), f.add(even, f.cast("zext", more, _WORD))

        # Some lines at a time, whole: memory likes to be read in its order.
        with (
            f.when(packs),
            f.loop(i64(0), depth, LINES) as k,
            f.loop(i64(0), count, self.lanes.count) as first,
        ):
            to = f.at(f.at(space, f.mul(k, i64(self.line))), f.mul(first, i64(self.size)))
            source = f.at(f.at(left, f.mul(k, by_step)), f.mul(first, by_row))
            lines, rest = _least(f, f.op("sub", depth, k), LINES), f.op("sub", count, first)
            f.invoke("micropanel", to, i64(self.line), source, by_step, by_row, lines, rest)
        wide = self.columns * self.lanes.count
        step = f.select(packs, i64(self.line), by_step)
        by_line = f.select(packs, i64(self.size), by_row)
        from_left = f.select(packs, space, left)
        with self.rights(f) as side:
            line, columns = self.of(f, side, RESULT_ROW), self.of(f, side, COLUMNS)
            result = f.at(self.of(f, side, RESULT, "ptr"), f.mul(top, line))
            packed = f.at(panels, f.mul(self.of(f, side, BEFORE), f.mul(depth, i64(self.size))))
            with f.loop(i64(0), columns, wide) as column, f.loop(i64(0), parts) as part:
                first, rows = of(part)
                there = f.at(from_left, f.mul(first, by_line))
                panel = f.at(packed, f.mul(f.mul(column, depth), i64(self.size)))
                place = f.at(f.at(result, f.mul(first, line)), f.mul(column, i64(self.size)))
                rest = f.op("sub", columns, column)
                with f.loop(i64(0), depth, CHAIN) as k:
                    given = (
                        f.at(there, f.mul(k, step)), by_line, step,
                        f.at(panel, f.mul(k, i64(self.width))),
                        _least(f, f.op("sub", depth, k), CHAIN),
                        place, line, rest, f.compare("icmp eq", f.add(start, k), i64(0)),
                    )  # fmt: skip
                    self.write_tile_call(f, rows, rest, given)
        f.done()

    def write_tile_call(self, f: Function, rows: Val, left: Val, given: tuple[Val, ...]) -> None:
        """The tile for so many rows, and as many vectors as the columns that are left fill."""
        for vectors in range(1, self.columns + 1):
            more = f.compare("icmp sgt", left, i64((vectors - 1) * self.lanes.count))
            fits = f.compare("icmp sle", left, i64(vectors * self.lanes.count))
            fits = more if vectors == self.columns else f.op("and", fits, more)
            with f.when(fits):
                for fixed in range(1, self.rows + 1):
                    with f.when(f.compare("icmp eq", rows, i64(fixed))):
                        f.invoke(f"tile{fixed}x{vectors}", *given)

    def write_slice(self) -> None:
        f = Function(self.module, "slice", (("ptr", "words"), (_WORD, "index")), "internal")
        words, index = f.args
        slices, rows, shared = (self.word(f, word) for word in (SLICES, ROWS, SHARED))
        low = f.op("sdiv", f.mul(rows, index), slices)
        high = f.op("sdiv", f.mul(rows, f.add(index, i64(1))), slices)
        panels = f.at(self.word(f, SPACE, "ptr"), f.mul(index, self.word(f, SLICE_BYTES)))
        wide = self.columns * self.lanes.count
        space = f.at(panels, f.mul(self.word(f, PADDED), i64(DEPTH * self.size)))
        with f.loop(i64(0), shared, DEPTH) as start:
            depth = _least(f, f.op("sub", shared, start), DEPTH)
            with self.rights(f) as side:
                by_row, by_column = self.of(f, side, RIGHT_ROW), self.of(f, side, RIGHT_STEP)
                columns = self.of(f, side, COLUMNS)
                right = f.at(self.of(f, side, RIGHT, "ptr"), f.mul(start, by_row))
                packed = f.at(panels, f.mul(self.of(f, side, BEFORE), f.mul(depth, i64(self.size))))
                with f.loop(i64(0), depth, LINES) as k, f.loop(i64(0), columns, wide) as column:
                    source = f.at(f.at(right, f.mul(column, by_column)), f.mul(k, by_row))
                    to = f.at(packed, f.mul(f.mul(column, depth), i64(self.size)))
                    to = f.at(to, f.mul(k, i64(self.width)))
                    lines = _least(f, f.op("sub", depth, k), LINES)
                    f.invoke("pack.right", side, to, source, f.op("sub", columns, column), lines)
            with f.loop(low, high, HEIGHT) as top:
                count = _least(f, f.op("sub", high, top), HEIGHT)
                f.invoke("block", words, panels, space, top, count, start, depth)
        f.done()


def _least(f: Function, number: Val, most: int) -> Val:
    return f.select(f.compare("icmp slt", number, i64(most)), number, i64(most))
