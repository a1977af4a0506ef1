"""The LLVM IR of a loop: all time steps of a slice of the batch, in one call.

`worker(words)` takes slices of the batch until none is left, so that any number of threads may call
it at once. Rows of a slice lie side by side in the workspace, the longest first: those that take
part in a step are the first `n`. Carries lie in two banks, read from one and written to the other.
"""

from segue.engine.cpu.emit import emit_block
from segue.engine.cpu.frame import ARGS, Frame, Words
from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.tiles import Layout, Machine

_WORD = "i64"
_KEPT = 4  # steps after which totals are kept apart


def write_module(layout: Layout) -> str:
    """The text of a kernel."""
    module = Module()
    blocks = []
    for p, tilings in enumerate(layout.phases):
        for tiling in tilings:
            name = f"phase{p}.width{tiling.block.width}" + (".rest" if tiling.begin else "")
            emit_block(module, layout, tiling, name)
            blocks.append(name)
    _write_rows_enter(module, layout)
    _write_rows_leave(module, layout)
    _write_padding(module, layout)
    for name, after in (("reset.before", False), ("reset.after", True)):
        _write_reset(module, layout, name, after=after)
    if layout.loop.totals:
        _write_totals(module, layout)
    _write_slice(module, layout, blocks)
    write_worker(module, layout.machine)
    return finish(module, layout.machine)


def finish(module: Module, machine: Machine) -> str:
    """The text of a whole module."""
    attributes = f'"target-cpu"="{machine.cpu}" "prefer-vector-width"="512"'
    triple = f'target triple = "{machine.triple}"'
    return f"{triple}\n\n{module}\nattributes #0 = {{ nounwind {attributes} }}\n"


def _write_rows_enter(module: Module, layout: Layout) -> None:
    """Row t of the slice takes part from now on."""
    frame = Frame(module, layout, "enter")
    f = frame.f
    row = frame.row(frame.t)
    for index, var in enumerate(layout.loop.carries):
        start = frame.word(frame.table.carry_in(index), "ptr")
        place = f.at(start, frame.scaled(row, var.width * frame.size))
        frame.copy(frame.carry(index, frame.t), place, var.width)
    f.done()


def _write_rows_leave(module: Module, layout: Layout) -> None:
    """Row t of the slice is done."""
    frame = Frame(module, layout, "leave")
    f = frame.f
    row = frame.row(frame.t)
    for index, var in enumerate(layout.loop.carries):
        start = frame.word(frame.table.carry_out(index), "ptr")
        place = f.at(start, frame.scaled(row, var.width * frame.size))
        frame.copy(place, frame.carry(index, frame.t), var.width)
    f.done()


def _write_padding(module: Module, layout: Layout) -> None:
    """The outs of rows that do not take part are zero."""
    frame = Frame(module, layout, "padding")
    with frame.f.loop(frame.n, frame.room) as i:
        row = frame.row(i)
        for index, var in enumerate(layout.loop.outs):
            frame.fill_zero(frame.out(index, row), var.width)
    frame.f.done()


def _write_reset(module: Module, layout: Layout, name: str, *, after: bool) -> None:
    """The carries of rows with a reset at this step are zero."""
    frame = Frame(module, layout, name)
    f = frame.f
    flags = frame.word(Words.RESET, "ptr")
    first = f.mul(frame.t, frame.word(Words.BATCH))
    with f.loop(i64(0), frame.n) as i:
        flag = f.load("i8", f.at(flags, f.add(first, frame.row(i))), 1)
        with f.when(f.compare("icmp ne", flag, Val("0", "i8"))):
            for index, var in enumerate(layout.loop.carries):
                frame.fill_zero(frame.carry(index, i, after=after), var.width)
    f.done()


def _write_totals(module: Module, layout: Layout) -> None:
    """Totals begin with zero; now and then they are kept apart, so that small numbers count."""
    for name in ("totals.begin", "totals.keep"):
        frame = Frame(module, layout, name)
        f, lanes = frame.f, layout.lanes
        size = layout.total_starts[-1] * frame.size
        totals, kept = frame.totals(), f.at(frame.totals(), i64(size))
        vectors = layout.total_starts[-1] // lanes.count
        with f.loop(i64(0), i64(vectors)) as vector:
            now, apart = f.at(totals, vector, lanes.type), f.at(kept, vector, lanes.type)
            total = lanes.number(0.0)
            if name == "totals.keep":
                total = f.op("fadd", f.load(lanes.type, apart, 64), f.load(lanes.type, now, 64))
            f.store(total, apart, 64)
            f.store(lanes.number(0.0), now, 64)
        f.done()


class _Slice:
    """Writes the loop over time."""

    def __init__(self, module: Module, layout: Layout) -> None:
        self.layout = layout
        self.f = Function(module, "slice", (("ptr", "words"), (_WORD, "index")), "internal")
        self.words, index = self.f.args
        f = self.f
        bounds = self.word(Words.BOUNDS, "ptr")
        low = f.load(_WORD, f.at(bounds, index, _WORD), 8)
        high = f.load(_WORD, f.at(bounds, f.add(index, i64(1)), _WORD), 8)
        self.room = f.op("sub", high, low)
        self.rows = f.at(self.word(Words.ROWS, "ptr"), low, _WORD)
        space = f.at(self.word(Words.WORKSPACE, "ptr"), f.mul(index, self.word(Words.SLICE_BYTES)))
        bank = f.mul(self.room, i64(layout.carry_starts[-1] * layout.lanes.real.bytes))
        other = f.at(space, bank)
        self.rest = f.at(other, bank)
        self.now = f.slot("ptr", space)
        self.after = f.slot("ptr", other)
        self.n = f.slot(_WORD, i64(0))

    def word(self, index: int, kind: str = _WORD) -> Val:
        return self.f.load(kind, self.f.at(self.words, i64(8 * index)), 8)

    def call(self, name: str, t: Val) -> None:
        f = self.f
        n = f.load(_WORD, self.n, 8)
        now, after = f.load("ptr", self.now, 8), f.load("ptr", self.after, 8)
        kinds = (self.words, now, after, self.rest, self.rows, n, self.room, t)
        assert len(kinds) == len(ARGS)  # noqa: S101
        f.invoke(name, *kinds)

    def length(self, i: Val) -> Val:
        f = self.f
        row = f.load(_WORD, f.at(self.rows, i, _WORD), 8)
        return f.load(_WORD, f.at(self.word(Words.LENGTHS, "ptr"), row, _WORD), 8)

    def enter_while_longer(self, t: Val) -> None:
        """Rows that are longer than t take part."""
        f = self.f
        with f.forever() as end:
            n = f.load(_WORD, self.n, 8)
            f.leave_if(f.compare("icmp sge", n, self.room), end)
            f.leave_if(f.compare("icmp sle", self.length(n), t), end)
            self.call("enter", n)
            f.store(f.add(n, i64(1)), self.n, 8)

    def leave_while_done(self, t: Val) -> None:
        """Rows that are no longer than t are done."""
        f = self.f
        with f.forever() as end:
            n = f.load(_WORD, self.n, 8)
            f.leave_if(f.compare("icmp sle", n, i64(0)), end)
            last = f.op("sub", n, i64(1))
            f.leave_if(f.compare("icmp sgt", self.length(last), t), end)
            self.call("leave", last)
            f.store(last, self.n, 8)

    def enter_all(self) -> None:
        f = self.f
        with f.loop(f.load(_WORD, self.n, 8), self.room) as i:
            self.call("enter", i)
        f.store(self.room, self.n, 8)


def _write_slice(module: Module, layout: Layout, blocks: list[str]) -> None:
    s = _Slice(module, layout)
    f = s.f
    steps, start, advance = s.word(Words.STEPS), s.word(Words.START), s.word(Words.ADVANCE)
    ragged = f.compare("icmp ne", s.word(Words.LENGTHS), i64(0))
    up = f.compare("icmp sgt", advance, i64(0))
    resets = f.compare("icmp ne", s.word(Words.RESET), i64(0))
    is_after = f.compare("icmp ne", s.word(Words.RESET_AFTER), i64(0))
    before = f.op("and", resets, f.op("xor", is_after, Val("true", "i1")))
    after = f.op("and", resets, is_after)
    down = f.op("and", ragged, f.op("xor", up, Val("true", "i1")))
    with f.when(f.op("xor", down, Val("true", "i1"))):
        s.enter_all()
    if layout.loop.totals:
        s.call("totals.begin", i64(0))
    with f.loop(i64(0), steps) as index:
        t = f.add(start, f.mul(index, advance))
        with f.when(ragged):
            with f.when(up):
                s.leave_while_done(t)
            with f.when(down):
                s.enter_while_longer(t)
            s.call("padding", t)
        with f.when(before):
            s.call("reset.before", t)
        for name in blocks:
            s.call(name, t)
        with f.when(after):
            s.call("reset.after", t)
        now, then = f.load("ptr", s.now, 8), f.load("ptr", s.after, 8)
        f.store(then, s.now, 8)
        f.store(now, s.after, 8)
        if layout.loop.totals:
            last = f.compare("icmp eq", f.add(index, i64(1)), steps)
            due = f.compare("icmp eq", f.op("and", index, i64(_KEPT - 1)), i64(_KEPT - 1))
            with f.when(f.op("or", last, due)):
                s.call("totals.keep", t)
    with f.when(down):
        s.enter_all()
    with f.loop(i64(0), f.load(_WORD, s.n, 8)) as i:
        s.call("leave", i)
    f.done()


def write_worker(module: Module, machine: Machine) -> None:
    """Take slices until none is left; meanwhile denormals count as zero."""
    f = Function(module, "worker", (("ptr", "words"),))
    words = f.args[0]
    saved, flush = f.slot("i32"), f.slot("i32")
    if machine.x86:
        f.call("void", "llvm.x86.sse.stmxcsr", saved)
        f.store(f.op("or", f.load("i32", saved, 4), Val(str(0x8040), "i32")), flush, 4)
        f.call("void", "llvm.x86.sse.ldmxcsr", flush)
    control = Val("0", _WORD)
    if machine.arm:
        control = f.give(_WORD, 'call i64 asm sideeffect "mrs $0, fpcr", "=r"()')
        flushing = f.op("or", control, i64(1 << 24))
        f.line(f'call void asm sideeffect "msr fpcr, $0", "r"({flushing})')
    slices = f.load(_WORD, f.at(words, i64(8 * Words.SLICES)), 8)
    with f.forever() as end:
        place = f.at(words, i64(8 * Words.NEXT_SLICE))
        index = f.give(_WORD, f"atomicrmw add {place}, i64 1 seq_cst, align 8")
        f.leave_if(f.compare("icmp sge", index, slices), end)
        f.invoke("slice", words, index)
    if machine.x86:
        f.call("void", "llvm.x86.sse.ldmxcsr", saved)
    if machine.arm:
        f.line(f'call void asm sideeffect "msr fpcr, $0", "r"({control})')
    f.done()
