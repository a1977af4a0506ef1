"""A small writer of LLVM IR text: values with types, functions with loops.

Variables that change are stack slots, which LLVM turns into registers. Names are numbered in order,
so that the same calls give the same text.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Val:
    """A value in a function: its text (a name or a constant) and its type."""

    text: str
    type: str

    def __str__(self) -> str:
        return f"{self.type} {self.text}"


def i64(number: int) -> Val:
    """An integer constant."""
    return Val(str(number), "i64")


def hex_float(number: float, kind: str) -> str:
    """A constant of type float or double, as LLVM writes it."""
    if kind == "float":
        try:
            number = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            number = float("inf") if number > 0 else float("-inf")
    return f"0x{struct.unpack('<Q', struct.pack('<d', number))[0]:016X}"


NULL = Val("null", "ptr")


@dataclass
class Module:
    """Text of functions, with the declarations that they need."""

    declared: dict[str, str] = field(default_factory=dict)
    functions: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n\n".join(["\n".join(self.declared.values()), *self.functions, ""])


class Function:
    """A function that is being written; `done` adds it to its module."""

    def __init__(
        self, module: Module, name: str, args: tuple[tuple[str, str], ...], linkage: str = ""
    ) -> None:
        self.module = module
        self.name = name
        self.args = tuple(Val(f"%{arg}", kind) for kind, arg in args)
        params = ", ".join(str(arg) for arg in self.args)
        self._head = f"define {linkage}{' ' if linkage else ''}void @{name}({params}) #0 {{"
        self._slots: list[str] = []
        self._lines: list[str] = []
        self._count = 0

    def done(self) -> None:
        """End the function."""
        body = [self._head, "entry:", *self._slots, *self._lines, "  ret void", "}"]
        self.module.functions.append("\n".join(body))

    def name_of(self, stem: str = "v") -> str:
        """A new name."""
        self._count += 1
        return f"{stem}{self._count}"

    def line(self, text: str) -> None:
        """Write one instruction that gives nothing."""
        self._lines.append(f"  {text}")

    def give(self, kind: str, text: str) -> Val:
        """Write one instruction that gives a value."""
        name = f"%{self.name_of()}"
        self._lines.append(f"  {name} = {text}")
        return Val(name, kind)

    def op(self, opcode: str, a: Val, b: Val) -> Val:
        """A binary instruction; `opcode` may carry flags."""
        return self.give(a.type, f"{opcode} {a}, {b.text}")

    def add(self, a: Val, b: Val) -> Val:
        """Integer sum."""
        return self.op("add", a, b)

    def mul(self, a: Val, b: Val) -> Val:
        """Integer product."""
        return self.op("mul", a, b)

    def compare(self, predicate: str, a: Val, b: Val, kind: str = "i1") -> Val:
        """`icmp ...` or `fcmp ...`."""
        return self.give(kind, f"{predicate} {a}, {b.text}")

    def select(self, mask: Val, a: Val, b: Val) -> Val:
        """`a` where the mask holds, else `b`."""
        return self.give(a.type, f"select {mask}, {a}, {b}")

    def cast(self, opcode: str, a: Val, kind: str) -> Val:
        """A conversion."""
        return self.give(kind, f"{opcode} {a} to {kind}")

    def call(self, kind: str, name: str, *args: Val) -> Val:
        """Call a function of another module, such as an intrinsic."""
        kinds = ", ".join(arg.type for arg in args)
        self.module.declared.setdefault(name, f"declare {kind} @{name}({kinds})")
        text = f"call {kind} @{name}({', '.join(map(str, args))})"
        if kind == "void":
            self.line(text)
            return Val("", "void")
        return self.give(kind, text)

    def invoke(self, name: str, *args: Val) -> None:
        """Call a function of this module."""
        self.line(f"call void @{name}({', '.join(map(str, args))})")

    def prefetch(self, place: Val) -> None:
        """Ask for what lies there, to be read soon; nothing happens where no memory is."""
        how = Val("0", "i32"), Val("3", "i32"), Val("1", "i32")  # to read; into all caches; data
        self.call("void", "llvm.prefetch.p0", place, *how)

    def at(self, base: Val, offset: Val, kind: str = "i8") -> Val:
        """The address `offset` elements of a type after `base`."""
        if offset.text == "0":
            return base
        return self.give("ptr", f"getelementptr {kind}, {base}, {offset}")

    def load(self, kind: str, place: Val, align: int) -> Val:
        """Read memory."""
        return self.give(kind, f"load {kind}, {place}, align {align}")

    def store(self, value: Val, place: Val, align: int) -> None:
        """Write memory."""
        self.line(f"store {value}, {place}, align {align}")

    def slot(self, kind: str, start: Val | None = None, count: int = 1, align: int = 64) -> Val:
        """A variable on the stack; with `start`, set to it here."""
        name = f"%{self.name_of('s')}"
        self._slots.append(f"  {name} = alloca {kind}, i64 {count}, align {align}")
        place = Val(name, "ptr")
        if start is not None:
            self.store(start, place, 8)
        return place

    def label(self, name: str) -> None:
        """Begin a block; what is before falls through to it."""
        self.line(f"br label %{name}")
        self._lines.append(f"{name}:")

    def branch(self, condition: Val, yes: str, no: str) -> None:
        """End a block."""
        self.line(f"br {condition}, label %{yes}, label %{no}")

    @contextmanager
    def loop(self, start: Val, stop: Val, step: int = 1) -> Iterator[Val]:
        """Count from `start` to below `stop`."""
        name = self.name_of("loop")
        counter = self.slot("i64", start)
        self.label(f"{name}.head")
        index = self.load("i64", counter, 8)
        self.branch(self.compare("icmp slt", index, stop), f"{name}.body", f"{name}.end")
        self._lines.append(f"{name}.body:")
        yield index
        self.store(self.add(index, i64(step)), counter, 8)
        self.line(f"br label %{name}.head")
        self._lines.append(f"{name}.end:")

    @contextmanager
    def when(self, condition: Val) -> Iterator[None]:
        """Do it only if the condition holds."""
        name = self.name_of("if")
        self.branch(condition, f"{name}.then", f"{name}.end")
        self._lines.append(f"{name}.then:")
        yield
        self.label(f"{name}.end")

    @contextmanager
    def forever(self) -> Iterator[str]:
        """Repeat until something branches to the label given."""
        name = self.name_of("again")
        self.label(f"{name}.head")
        yield f"{name}.end"
        self.line(f"br label %{name}.head")
        self._lines.append(f"{name}.end:")

    def leave_if(self, condition: Val, end: str) -> None:
        """Go to the label if the condition holds, else on."""
        name = self.name_of("on")
        self.branch(condition, end, name)
        self._lines.append(f"{name}:")
