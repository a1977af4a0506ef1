"""A micropanel as LLVM IR: one vector of features of a matrix, all along the shared dimension.

Most matrices arrive transposed (`x @ weight.T`), with the shared dimension side by side: then
squares of as many numbers as a vector has lanes are turned in registers.
"""

from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.vector import Lanes, first_lanes, masked_load

_WORD = "i64"
AHEAD = 16  # lines from the one that is read to the one that is asked for


def write_micropanel(module: Module, lanes: Lanes) -> None:
    """`micropanel(to, line, from, by_depth, by_feature, depth, left)`: `left` features, then zeros.

    One of the two distances in `from` is that of a number to the next one in memory.
    """
    args = (
        ("ptr", "to"), (_WORD, "line"), ("ptr", "from"), (_WORD, "by_depth"),
        (_WORD, "by_feature"), (_WORD, "depth"), (_WORD, "left"),
    )  # fmt: skip
    f = Function(module, "micropanel", args, "internal")
    to, line, source, by_depth, by_feature, depth, left = f.args
    size, yes = lanes.real.bytes, Val("true", "i1")
    none = f.compare("icmp sle", left, i64(0))
    wide = f.compare("icmp eq", by_feature, i64(size))
    mask = first_lanes(f, lanes, left)
    with f.when(none), f.loop(i64(0), depth) as k:
        f.store(lanes.number(0.0), f.at(to, f.mul(k, line)), 64)
    with f.when(f.op("xor", none, yes)):
        with f.when(wide), f.loop(i64(0), depth) as k:
            f.prefetch(f.at(source, f.mul(f.add(k, i64(AHEAD)), by_depth)))
            value = masked_load(f, lanes, f.at(source, f.mul(k, by_depth)), mask)
            f.store(value, f.at(to, f.mul(k, line)), 64)
        with f.when(f.op("xor", wide, yes)):
            _write_turned(f, lanes, mask)
    f.done()


def _write_turned(f: Function, lanes: Lanes, mask: Val) -> None:
    """Squares of a micropanel whose shared dimension lies side by side."""
    to, line, source, _, by_feature, depth, left = f.args
    count, size = lanes.count, lanes.real.bytes
    last = f.op("sub", left, i64(1))
    rows = []
    for lane in range(count):
        inside = f.compare("icmp slt", i64(lane), last)
        rows.append(f.at(source, f.mul(f.select(inside, i64(lane), last), by_feature)))
    even = f.op("and", depth, i64(-count))
    with f.loop(i64(0), even, count) as k:
        square = [f.load(lanes.type, f.at(row, f.mul(k, i64(size))), size) for row in rows]
        for ahead, value in enumerate(_turn(f, lanes, square)):
            value = f.select(mask, value, lanes.number(0.0))
            f.store(value, f.at(to, f.mul(f.add(k, i64(ahead)), line)), 64)
    zero = Val("0.0", lanes.real.name)
    with f.loop(even, depth) as k:
        place = f.at(to, f.mul(k, line))
        for lane, row in enumerate(rows):
            number = f.load(lanes.real.name, f.at(row, f.mul(k, i64(size))), size)
            number = f.select(f.compare("icmp slt", i64(lane), left), number, zero)
            f.store(number, f.at(place, i64(lane * size)), size)


def _turn(f: Function, lanes: Lanes, square: list[Val]) -> list[Val]:
    """A square transposed: for each bit of their indices, rows and lanes change places."""
    count = lanes.count
    bit = count // 2
    while bit:
        for i in range(count):
            if i & bit:
                continue
            a, b = square[i], square[i + bit]
            low = [lane + count - bit if lane & bit else lane for lane in range(count)]
            high = [lane + count if lane & bit else lane + bit for lane in range(count)]
            square[i], square[i + bit] = (_shuffle(f, lanes, a, b, each) for each in (low, high))
        bit //= 2
    return square


def _shuffle(f: Function, lanes: Lanes, a: Val, b: Val, order: list[int]) -> Val:
    indices = ", ".join(f"i32 {index}" for index in order)
    return f.give(lanes.type, f"shufflevector {a}, {b}, <{lanes.count} x i32> <{indices}>")
