"""One loop over features as LLVM IR: products of a tile, then all that is pointwise, stores."""

from itertools import product

from segue.engine.cpu.frame import Frame
from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.rounding import add_product, write_rounding
from segue.engine.cpu.tiles import Batch, Chunk, Layout, Tiling
from segue.engine.cpu.vector import Vector, first_lanes, masked_load, masked_store, splat
from segue.engine.plan.atoms import Apply, Atom, Dot, Folded, Load, Number, Place, Side
from segue.engine.plan.loop import JOIN, Fn, Fold
from segue.engine.plan.phases import Kind, Target

_CHAIN = 256  # the longest sum in one register: beyond, partial sums round less
_PRODUCT_ARGS = ("weights", "place", "left", "depth", "begins")
_NEUTRAL = {Fold.SUM: 0.0, Fold.MAX: float("-inf"), Fold.MIN: float("inf")}


def emit_block(module: Module, layout: Layout, tiling: Tiling, name: str) -> None:
    """The function of one loop over features, and those of its products."""
    _BlockWriter(module, layout, tiling, name).write()


class _BlockWriter:
    def __init__(self, module: Module, layout: Layout, tiling: Tiling, name: str) -> None:
        self.module = module
        self.layout = layout
        self.tiling = tiling
        self.name = name
        self.lanes = layout.lanes
        self.frame = Frame(module, layout, name)
        self.f = self.frame.f

    def write(self) -> None:
        f, n, tiling = self.f, self.frame.n, self.tiling
        for fold in tiling.block.folds if tiling.begin == 0 else ():
            neutral = self.lanes.number(_NEUTRAL[fold.folded.fold])
            with f.loop(i64(0), n) as i:
                f.store(neutral, self.frame.running(fold.slot, i), 64)
        for slot in self.layout.rounded_for(self.tiling):
            write_rounding(self.frame, self.layout.step.rounded[slot], slot)
        if tiling.batches:
            self.write_tiled()
        else:
            with f.loop(i64(0), n) as i, f.loop(i64(0), i64(tiling.end)) as vector:
                self.write_body(i, vector, None)
        for fold in tiling.block.folds if tiling.is_last else ():
            with f.loop(i64(0), n) as i:
                self.write_fold_end(fold.folded.fold, fold.slot, i)
        f.done()

    def write_tiled(self) -> None:
        """Blocks of features outside, so that their weights serve all rows; rows in even parts."""
        f, n, tiling = self.f, self.frame.n, self.tiling
        self.write_products()
        scratch = f.slot(self.lanes.type, count=tiling.rows * tiling.columns)
        parts = f.op("sdiv", f.add(n, i64(tiling.rows - 1)), i64(tiling.rows))
        parts = f.select(f.compare("icmp slt", parts, i64(1)), i64(1), parts)
        even, extra = f.op("sdiv", n, parts), f.op("srem", n, parts)
        first = f.slot("i64")
        with f.loop(i64(0), i64(tiling.units)) as unit:
            f.store(i64(0), first, 8)
            with f.loop(i64(0), parts) as part:
                start = f.load("i64", first, 8)
                more = f.cast("zext", f.compare("icmp slt", part, extra), "i64")
                count = f.add(even, more)
                for batch in tiling.batches:
                    for chunk in batch.chunks:
                        self.write_product_calls(batch, chunk, (unit, start, count), scratch)
                self.write_rows(unit, start, count, scratch)
                f.store(f.add(start, count), first, 8)

    def write_rows(self, unit: Val, start: Val, count: Val, scratch: Val) -> None:
        f, tiling = self.f, self.tiling
        width = self.lanes.count * self.frame.size
        with f.loop(i64(0), count) as j:
            i = f.add(start, j)
            place = f.at(scratch, self.frame.scaled(j, tiling.columns * width))
            before = f.add(f.mul(unit, i64(tiling.unit)), i64(tiling.begin))
            if tiling.unit == 1:
                self.write_body(i, before, place)
                return
            with f.loop(i64(0), i64(tiling.unit)) as u:
                self.write_body(i, f.add(before, u), f.at(place, self.frame.scaled(u, width)))

    # Products.

    def write_products(self) -> None:
        """The functions that multiply a tile; those of one shape serve all products."""
        shapes = {
            (self.stride(side), chunk.count): None
            for batch in self.tiling.batches
            for side in batch.sides
            for chunk in batch.chunks
        }
        for stride, columns in shapes:
            for rows in range(1, self.tiling.rows + 1):
                self.write_product(rows, columns, stride)

    def stride(self, side: Side) -> int:
        """Bytes from row to row of a left side."""
        return self.layout.stride(self.layout.array_width(side.array)) * self.frame.size

    def product_name(self, rows: int, columns: int, stride: int) -> str:
        return f"{self.name}.product{rows}x{columns}.{stride}"

    def write_product_calls(
        self, batch: Batch, chunk: Chunk, where: tuple[Val, Val, Val], scratch: Val
    ) -> None:
        """One tile: side by side, and no sum in one register longer than `_CHAIN`."""
        f, frame = self.f, self.frame
        unit, start, count = where
        line = chunk.count * self.lanes.count * frame.size
        before = self.tiling.units * batch.depth * chunk.first * self.lanes.count * frame.size
        weights = frame.word(frame.table.pack(batch.pack), "ptr")
        weights = f.at(f.at(weights, i64(before)), frame.scaled(unit, batch.depth * line))
        place = f.at(scratch, i64((batch.first + chunk.first) * self.lanes.count * frame.size))
        for index, side in enumerate(batch.sides):
            left = f.at(frame.array(side.array, start, i64(0)), i64(side.offset * frame.size))
            with f.loop(i64(0), i64(side.depth), _CHAIN) as top:
                rest = f.op("sub", i64(side.depth), top)
                chain = f.compare("icmp slt", rest, i64(_CHAIN))
                depth = f.select(chain, rest, i64(_CHAIN))
                begins = f.compare("icmp eq", top, i64(0 if index == 0 else -1))
                corner = f.at(left, frame.scaled(top, frame.size))
                given = (f.at(weights, frame.scaled(top, line)), place, corner, depth, begins)
                for rows in range(1, self.tiling.rows + 1):
                    with f.when(f.compare("icmp eq", count, i64(rows))):
                        f.invoke(self.product_name(rows, chunk.count, self.stride(side)), *given)
            weights = f.at(weights, i64(side.depth * line))

    def write_product(self, rows: int, columns: int, stride: int) -> None:
        """`rows x depth` times `depth x columns`: added to what is there, or to begin with."""
        args = tuple(zip(("ptr", "ptr", "ptr", "i64", "i1"), _PRODUCT_ARGS, strict=True))
        f = Function(self.module, self.product_name(rows, columns, stride), args, "internal")
        weights, place, left, depth, begins = f.args
        lanes, size = self.lanes, self.frame.size
        vector = lanes.count * size
        sums = [
            [f.slot(lanes.type, lanes.number(0.0)) for _ in range(columns)] for _ in range(rows)
        ]

        def step(k: Val) -> None:
            at = f.at(weights, f.mul(k, i64(columns * vector)))
            row = [f.load(lanes.type, f.at(at, i64(c * vector)), 64) for c in range(columns)]
            element = f.at(left, f.mul(k, i64(size)))
            for r, totals in enumerate(sums):
                number = f.load(lanes.real.name, f.at(element, i64(r * stride)), size)
                repeated = splat(f, lanes, number)
                for total, weight in zip(totals, row, strict=True):
                    before = f.load(lanes.type, total, 64)
                    f.store(self.add_product(f, repeated, weight, before), total, 64)

        unroll = 1 if rows * columns >= 6 else 4  # a small tile is all overhead
        even = f.op("and", depth, i64(-unroll))
        with f.loop(i64(0), even, unroll) as k:
            for ahead in range(unroll):
                step(f.add(k, i64(ahead)))
        with f.loop(even, depth) as k:
            step(k)
        for first in (True, False):
            with f.when(begins if first else f.op("xor", begins, Val("true", "i1"))):
                for r, c in product(range(rows), range(columns)):
                    to = f.at(place, i64((r * self.tiling.columns + c) * vector))
                    total = f.load(lanes.type, sums[r][c], 64)
                    if not first:
                        total = f.op("fadd", total, f.load(lanes.type, to, 64))
                    f.store(total, to, 64)
        f.done()

    def add_product(self, f: Function, a: Val, b: Val, total: Val) -> Val:
        if self.layout.loop.weights is None:
            return Vector(f, self.lanes).fma(a, b, total)
        return add_product(f, self.lanes, a, b, total)

    # What is pointwise.

    def write_body(self, i: Val, vector: Val, scratch: Val | None) -> None:
        """One vector of features of one row; the last one may be cut."""
        tiling = self.tiling
        if not tiling.is_last or tiling.block.width % self.lanes.count == 0:
            self.write_vector(i, vector, scratch, cut=False)
            return
        last = self.f.compare("icmp eq", vector, i64(tiling.end - 1))
        with self.f.when(last):
            self.write_vector(i, vector, scratch, cut=True)
        if tiling.end - tiling.begin > 1:
            with self.f.when(self.f.op("xor", last, Val("true", "i1"))):
                self.write_vector(i, vector, scratch, cut=False)

    def write_vector(self, i: Val, vector: Val, scratch: Val | None, *, cut: bool) -> None:
        body = _Body(self.layout, self.tiling, self.frame, (i, vector), scratch, cut=cut)
        for store in self.tiling.block.stores:
            body.store(body.value(store.atom), store.target)
        for fold in self.tiling.block.folds:
            body.accumulate(fold.folded, fold.slot)

    def write_fold_end(self, fold: Fold, slot: int, i: Val) -> None:
        """The lanes of the running vector, reduced to one number; halves joined repeatedly."""
        f, lanes = self.f, self.lanes
        math = Vector(f, lanes)
        value = f.load(lanes.type, self.frame.running(slot, i), 64)
        half = lanes.count // 2
        while half:
            order = ", ".join(f"i32 {(lane + half) % lanes.count}" for lane in range(lanes.count))
            order = f"<{lanes.count} x i32> <{order}>"
            other = f.give(lanes.type, f"shufflevector {value}, {lanes.type} poison, {order}")
            value = math.apply(JOIN[fold], (value, other))
            half //= 2
        number = f.give(lanes.real.name, f"extractelement {value}, i64 0")
        f.store(number, self.frame.slot(slot, i), self.frame.size)


class _Body:
    """Atoms at one vector of features of one row."""

    def __init__(
        self,
        layout: Layout,
        tiling: Tiling,
        frame: Frame,
        where: tuple[Val, Val],
        scratch: Val | None,
        *,
        cut: bool,
    ) -> None:
        self.layout = layout
        self.tiling = tiling
        self.frame = frame
        self.f = frame.f
        self.lanes = layout.lanes
        self.math = Vector(self.f, self.lanes)
        self.i, vector = where
        self.scratch = scratch
        self.row = frame.row(self.i)
        self.feature = frame.scaled(vector, self.lanes.count)
        self.bytes = frame.scaled(self.feature, frame.size)
        self.known: dict[Atom, Val] = {}
        self.tail: Val | None = None
        if cut:
            left = self.f.op("sub", i64(tiling.block.width), self.feature)
            self.tail = first_lanes(self.f, self.lanes, left)

    def value(self, atom: Atom) -> Val:
        """A vector of an atom."""
        if atom not in self.known:
            self.known[atom] = self.compute(atom)
        return self.known[atom]

    def compute(self, atom: Atom) -> Val:
        if isinstance(atom, Number):
            return self.lanes.number(atom.value)
        if isinstance(atom, Load):
            value = self.load(atom)
            if atom.mask:
                return self.f.compare("fcmp une", value, self.lanes.number(0.0), self.lanes.mask)
            return value
        if isinstance(atom, Dot):
            assert self.scratch is not None  # noqa: S101 - such a loop is tiled
            column = self.tiling.column[atom] * self.lanes.count * self.frame.size
            return self.f.load(self.lanes.type, self.f.at(self.scratch, i64(column)), 64)
        assert isinstance(atom, Apply)  # noqa: S101 - a reduction is read from its slot
        if atom.fn is Fn.POW and isinstance(atom.args[1], Number):
            return self.math.power(self.value(atom.args[0]), atom.args[1].value)
        return self.math.apply(atom.fn, tuple(map(self.value, atom.args)))

    def load(self, atom: Load) -> Val:
        f, lanes, size = self.f, self.lanes, self.frame.size
        base = self.frame.array(atom.array, self.i, self.row)
        first = f.at(base, i64(atom.offset * size))
        if atom.width == 1 and self.tiling.block.width > 1:
            return splat(f, lanes, f.load(lanes.real.name, first, size))
        if atom.step != 1:
            return self.gather(first, atom.step)
        place = f.at(first, self.bytes)
        if self.tail is None or atom.array.place in (Place.CARRY, Place.SLOT):
            return f.load(lanes.type, place, size)
        return masked_load(f, lanes, place, self.tail)

    def gather(self, first: Val, step: int) -> Val:
        """Features that do not lie side by side, one by one."""
        f, lanes = self.f, self.lanes
        width = self.tiling.block.width
        buffer = f.slot(lanes.type, lanes.number(0.0))
        with f.loop(i64(0), i64(lanes.count)) as lane:
            feature = f.add(self.feature, lane)
            with f.when(f.compare("icmp slt", feature, i64(width))):
                at = f.at(first, f.mul(feature, i64(step * self.frame.size)))
                number = f.load(lanes.real.name, at, self.frame.size)
                f.store(number, f.at(buffer, lane, lanes.real.name), self.frame.size)
        return f.load(lanes.type, buffer, 64)

    def store(self, value: Val, target: Target) -> None:
        f, lanes, size = self.f, self.lanes, self.frame.size
        loop = self.layout.loop
        if value.type == lanes.mask:
            value = f.select(value, lanes.number(1.0), lanes.number(0.0))
        if target.kind is Kind.TOTAL:
            self.add(value, f.at(self.frame.total(target.index), i64(target.offset * size)))
            return
        if target.kind is Kind.OUT:
            base = self.frame.out(target.index, self.row)
            room = False
        elif target.kind is Kind.NEXT:
            base = self.frame.carry(target.index, self.i, after=True)
            room = target.offset + self.tiling.block.width == loop.carries[target.index].width
        else:
            base = self.frame.slot(target.index, self.i)
            room = target.offset + self.tiling.block.width == self.layout.step.slots[target.index]
        place = f.at(f.at(base, i64(target.offset * size)), self.bytes)
        if self.tail is None or room:
            f.store(value, place, size)
            return
        masked_store(f, lanes, value, place, self.tail)

    def add(self, value: Val, start: Val) -> None:
        """Add to a total; what sticks out belongs to other features."""
        f, lanes = self.f, self.lanes
        place = f.at(start, self.bytes)
        if self.tail is not None:
            value = f.select(self.tail, value, lanes.number(0.0))
        before = f.load(lanes.type, place, self.frame.size)
        f.store(f.op("fadd", before, value), place, self.frame.size)

    def accumulate(self, folded: Folded, slot: int) -> None:
        value = self.value(folded.arg)
        if self.tail is not None:
            value = self.f.select(self.tail, value, self.lanes.number(_NEUTRAL[folded.fold]))
        place = self.frame.running(slot, self.i)
        total = self.f.load(self.lanes.type, place, 64)
        self.f.store(self.math.apply(JOIN[folded.fold], (total, value)), place, 64)
