"""Pointwise functions on vectors of float or double, as LLVM IR, to a few units in the last place.

NaN goes in and comes out; infinities are as in libm. Numbers below the smallest normal one count as
zero, which is how kernels run. The polynomials are Chebyshev interpolations; the series of the
logarithm is that of atanh. What no cell needs often goes to libm, lane by lane.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from segue.engine.cpu.ir import Function, Val, hex_float, i64
from segue.engine.plan.loop import Fn


@dataclass(frozen=True)
class Real:
    """What the functions need to know about a type."""

    name: str
    bits: int
    mantissa: int  # explicit bits
    lowest: float  # exp is 0 below
    highest: float  # exp is infinite above
    log2_high: float  # with trailing zeros, so that its product with an exponent is exact
    log2_low: float
    exp: tuple[float, ...]  # (exp(r) - 1 - r) / r^2 for |r| < 0.35, from the constant term up
    atanh_terms: int

    @property
    def bytes(self) -> int:
        """Size of a number."""
        return self.bits // 8

    @property
    def bias(self) -> int:
        """Of the exponent."""
        return (1 << (self.bits - self.mantissa - 2)) - 1


FLOAT = Real(
    "float", 32, 23, -104.0, 89.0, 0.693359375, -2.1219444005469057e-4,
    (0.5, 0.16666569628115477, 0.04166654542109553, 0.00836438069329107, 0.0013927684616575004),
    5,
)  # fmt: skip
DOUBLE = Real(
    "double", 64, 52, -746.0, 710.0, 6.93147180369123816490e-01, 1.90821492927058770002e-10,
    (0.5, 0.1666666666666667, 0.04166666666666667, 0.008333333333324906, 0.001388888888888287,
     0.00019841269879033045, 2.4801587328555858e-05, 2.755725016302918e-06, 2.7557269903215795e-07,
     2.5107353767261877e-08, 2.0916212837493853e-09),
    11,
)  # fmt: skip


@dataclass(frozen=True)
class Lanes:
    """Vectors of a processor: how many numbers, and whether it scales by powers of two."""

    real: Real
    count: int
    scalef: bool = False

    @property
    def type(self) -> str:
        """As LLVM writes it."""
        return f"<{self.count} x {self.real.name}>"

    @property
    def ints(self) -> str:
        """Vectors of integers of the same size."""
        return f"<{self.count} x i{self.real.bits}>"

    @property
    def mask(self) -> str:
        """Vectors of truth values."""
        return f"<{self.count} x i1>"

    def number(self, value: float) -> Val:
        """The same number in each lane."""
        return Val(f"splat ({self.real.name} {hex_float(value, self.real.name)})", self.type)

    def integer(self, value: int) -> Val:
        """The same integer in each lane."""
        return Val(f"splat (i{self.real.bits} {value})", self.ints)


def splat(f: Function, lanes: Lanes, number: Val) -> Val:
    """One number in each lane."""
    kind = lanes.type
    one = f.give(kind, f"insertelement {kind} poison, {number}, i64 0")
    zeros = f"<{lanes.count} x i32> zeroinitializer"
    return f.give(kind, f"shufflevector {one}, {kind} poison, {zeros}")


def first_lanes(f: Function, lanes: Lanes, count: Val) -> Val:
    """A mask of the first lanes."""
    counts = f"<{lanes.count} x i64>"
    order = ", ".join(f"i64 {lane}" for lane in range(lanes.count))
    one = f.give(counts, f"insertelement {counts} poison, {count}, i64 0")
    zeros = f"<{lanes.count} x i32> zeroinitializer"
    repeated = f.give(counts, f"shufflevector {one}, {counts} poison, {zeros}")
    return f.compare("icmp slt", Val(f"<{order}>", counts), repeated, lanes.mask)


def masked_load(f: Function, lanes: Lanes, place: Val, mask: Val) -> Val:
    """A vector that may stick out of its memory; zero where it does."""
    name = f"llvm.masked.load.v{lanes.count}f{lanes.real.bits}.p0"
    return f.call(
        lanes.type, name, place, Val(str(lanes.real.bytes), "i32"), mask, lanes.number(0.0)
    )


def masked_store(f: Function, lanes: Lanes, value: Val, place: Val, mask: Val) -> None:
    """Write a vector but for what would stick out."""
    name = f"llvm.masked.store.v{lanes.count}f{lanes.real.bits}.p0"
    f.call("void", name, value, place, Val(str(lanes.real.bytes), "i32"), mask)


class Vector:
    """Writes pointwise functions into a function."""

    def __init__(self, function: Function, lanes: Lanes) -> None:
        self.f = function
        self.lanes = lanes
        self.num = lanes.number

    def apply(self, fn: Fn, args: tuple[Val, ...]) -> Val:
        """A function of the loop's table."""
        if fn in _COMPARE:
            return self.f.compare(f"fcmp {_COMPARE[fn]}", args[0], args[1], self.lanes.mask)
        if fn in _BINARY:
            return self.f.op(_BINARY[fn], args[0], args[1])
        if fn in _INTRINSIC:
            return self._intrinsic(_INTRINSIC[fn], *args)
        if fn in _LIBM:
            return self._libm(_LIBM[fn], args)
        return _WRITTEN[fn](self, *args)

    # Shorthands.

    def _add(self, a: Val, b: Val) -> Val:
        return self.f.op("fadd", a, b)

    def _sub(self, a: Val, b: Val) -> Val:
        return self.f.op("fsub", a, b)

    def _mul(self, a: Val, b: Val) -> Val:
        return self.f.op("fmul", a, b)

    def _div(self, a: Val, b: Val) -> Val:
        return self.f.op("fdiv", a, b)

    def fma(self, a: Val, b: Val, c: Val) -> Val:
        """A * b + c, rounded once."""
        return self._intrinsic("fma", a, b, c)

    def _test(self, predicate: str, a: Val, b: Val) -> Val:
        return self.f.compare(f"fcmp {predicate}", a, b, self.lanes.mask)

    def _intrinsic(self, name: str, *args: Val) -> Val:
        suffix = f"v{self.lanes.count}f{self.lanes.real.bits}"
        return self.f.call(self.lanes.type, f"llvm.{name}.{suffix}", *args)

    def _libm(self, name: str, args: tuple[Val, ...]) -> Val:
        real = self.lanes.real
        name += "f" if real.bits == 32 else ""
        places = [self.f.slot(self.lanes.type) for _ in args]
        for place, arg in zip(places, args, strict=True):
            self.f.store(arg, place, 64)
        with self.f.loop(i64(0), i64(self.lanes.count)) as lane:
            each = [self.f.at(place, lane, real.name) for place in places]
            values = [self.f.load(real.name, place, real.bytes) for place in each]
            self.f.store(self.f.call(real.name, name, *values), each[0], real.bytes)
        return self.f.load(self.lanes.type, places[0], 64)

    def _polynomial(self, x: Val, coefficients: tuple[float, ...]) -> Val:
        """From the constant term up, by Horner."""
        result = self.num(coefficients[-1])
        for each in reversed(coefficients[:-1]):
            result = self.fma(result, x, self.num(each))
        return result

    def _clamp(self, x: Val, low: float, high: float) -> Val:
        """Between two numbers; NaN stays."""
        x = self.f.select(self._test("olt", x, self.num(low)), self.num(low), x)
        return self.f.select(self._test("ogt", x, self.num(high)), self.num(high), x)

    # The exponential and its family: x = n log 2 + r.

    def _reduce(self, x: Val) -> tuple[Val, Val, Val]:
        """n, n as an integer, and exp(r) - 1."""
        real, num = self.lanes.real, self.num
        magic = 1.5 * 2.0**real.mantissa
        shifted = self.fma(x, num(1 / math.log(2)), num(magic))
        n = self._sub(shifted, num(magic))
        bits = self.f.cast("bitcast", shifted, self.lanes.ints)
        base = 0x4B400000 if real.bits == 32 else 0x4338000000000000
        whole = self.f.op("sub", bits, self.lanes.integer(base))
        r = self.fma(n, num(-real.log2_high), x)
        r = self.fma(n, num(-real.log2_low), r)
        tail = self.fma(self._mul(r, r), self._polynomial(r, real.exp), r)
        return n, whole, tail

    def _power_of_two(self, whole: Val) -> Val:
        real = self.lanes.real
        biased = self.f.op("add", whole, self.lanes.integer(real.bias))
        moved = self.f.op("shl", biased, self.lanes.integer(real.mantissa))
        return self.f.cast("bitcast", moved, self.lanes.type)

    def _scale(self, y: Val, n: Val, whole: Val) -> Val:
        """Y times 2 to the power of n, for any n that `exp` meets."""
        if self.lanes.scalef:
            kind = "ps" if self.lanes.real.bits == 32 else "pd"
            all_lanes = Val("-1", f"i{self.lanes.count}")
            name = f"llvm.x86.avx512.mask.scalef.{kind}.512"
            return self.f.call(self.lanes.type, name, y, n, y, all_lanes, Val("4", "i32"))
        half = self.f.op("ashr", whole, self.lanes.integer(1))
        rest = self.f.op("sub", whole, half)
        return self._mul(self._mul(y, self._power_of_two(half)), self._power_of_two(rest))

    def _exp(self, x: Val) -> Val:
        x = self._clamp(x, self.lanes.real.lowest, self.lanes.real.highest)
        n, whole, tail = self._reduce(x)
        return self._scale(self._add(tail, self.num(1.0)), n, whole)

    def _expm1(self, x: Val) -> Val:
        x = self._clamp(x, -0.5 * self.lanes.real.highest, self.lanes.real.highest)
        _, whole, tail = self._reduce(x)
        # Half of it, since 2^n itself may be infinite.
        half = self._power_of_two(self.f.op("sub", whole, self.lanes.integer(1)))
        y = self.fma(half, tail, self._sub(half, self.num(0.5)))
        return self._mul(y, self.num(2.0))

    def _tanh(self, x: Val) -> Val:
        size = self._intrinsic("fabs", x)
        size = self.f.select(self._test("ogt", size, self.num(25.0)), self.num(25.0), size)
        _, whole, tail = self._reduce(self._mul(size, self.num(-2.0)))
        scale = self._power_of_two(whole)
        t = self.fma(scale, tail, self._sub(scale, self.num(1.0)))  # exp(-2|x|) - 1
        y = self._div(t, self._sub(self.num(-2.0), t))
        return self._intrinsic("copysign", y, x)

    def _sigmoid(self, x: Val) -> Val:
        # Where exp(-x) is not normal, the result is 1 or, as every number so small, zero.
        real = self.lanes.real
        x = self._clamp(self._neg(x), *((-87.0, 88.3) if real.bits == 32 else (-708.0, 709.4)))
        _, whole, tail = self._reduce(x)
        scale = self._power_of_two(whole)
        e = self.fma(scale, tail, scale)
        return self._div(self.num(1.0), self._add(e, self.num(1.0)))

    # The logarithm: x = 2^n m, m between sqrt(1/2) and sqrt(2).

    def _log(self, x: Val) -> Val:
        real, num, ints = self.lanes.real, self.num, self.lanes.integer
        root = 0x3F3504F3 if real.bits == 32 else 0x3FE6A09E667F3BCD
        bits = self.f.op("sub", self.f.cast("bitcast", x, self.lanes.ints), ints(root))
        n = self.f.cast("sitofp", self.f.op("ashr", bits, ints(real.mantissa)), self.lanes.type)
        kept = self.f.op("and", bits, ints((1 << real.mantissa) - 1))
        m = self.f.cast("bitcast", self.f.op("add", kept, ints(root)), self.lanes.type)
        f = self._sub(m, num(1.0))
        s = self._div(f, self._add(f, num(2.0)))
        z = self._mul(s, s)
        series = tuple(2 / (2 * k + 3) for k in range(real.atanh_terms))
        rest = self._mul(z, self._polynomial(z, series))
        half = self._mul(self._mul(f, f), num(0.5))
        low = self.fma(n, num(real.log2_low), self._mul(s, self._add(half, rest)))
        y = self.fma(n, num(real.log2_high), self._sub(f, self._sub(half, low)))
        smallest = 2.0 ** (1 - real.bias)
        y = self.f.select(self._test("olt", x, num(smallest)), num(-math.inf), y)
        y = self.f.select(self._test("olt", x, num(0.0)), num(math.nan), y)
        odd = self.f.op("or", self._test("oeq", x, num(math.inf)), self._test("uno", x, x))
        return self.f.select(odd, x, y)

    def _log1p(self, x: Val) -> Val:
        num = self.num
        u = self._add(x, num(1.0))
        lost = self._div(self._sub(x, self._sub(u, num(1.0))), u)
        positive = self._test("ogt", u, num(0.0))
        inside = self.f.op("and", positive, self._test("olt", u, num(math.inf)))
        return self._add(self._log(u), self.f.select(inside, lost, num(0.0)))

    # The rest.

    def _copy(self, x: Val) -> Val:
        return x

    def _neg(self, x: Val) -> Val:
        return self.f.give(x.type, f"fneg {x}")

    def _sign(self, x: Val) -> Val:
        num = self.num
        low = self.f.select(self._test("olt", x, num(0.0)), num(-1.0), num(0.0))
        return self.f.select(self._test("ogt", x, num(0.0)), num(1.0), low)

    def _reciprocal(self, x: Val) -> Val:
        return self._div(self.num(1.0), x)

    def _rsqrt(self, x: Val) -> Val:
        return self._div(self.num(1.0), self._intrinsic("sqrt", x))

    def _maximum(self, a: Val, b: Val) -> Val:
        larger = self.f.select(self._test("ogt", a, b), a, b)
        return self.f.select(self._test("uno", a, a), a, larger)

    def _minimum(self, a: Val, b: Val) -> Val:
        smaller = self.f.select(self._test("olt", a, b), a, b)
        return self.f.select(self._test("uno", a, a), a, smaller)

    def _negate(self, mask: Val) -> Val:
        return self.f.op("xor", mask, Val("splat (i1 true)", self.lanes.mask))

    def _where(self, mask: Val, a: Val, b: Val) -> Val:
        return self.f.select(mask, a, b)

    def power(self, x: Val, exponent: float) -> Val:
        """A known power: by products where it is a small integer."""
        if exponent == 0.5:
            return self._intrinsic("sqrt", x)
        if exponent == -0.5:
            return self._rsqrt(x)
        if exponent != int(exponent) or not 1 <= abs(exponent) <= 8:
            return self._libm("pow", (x, self.num(exponent)))
        y, times = x, abs(int(exponent)) - 1
        for _ in range(times):
            y = self._mul(y, x)
        return self._reciprocal(y) if exponent < 0 else y


_COMPARE: Mapping[Fn, str] = MappingProxyType(
    {Fn.EQ: "oeq", Fn.NE: "une", Fn.LT: "olt", Fn.LE: "ole", Fn.GT: "ogt", Fn.GE: "oge"}
)
_BINARY: Mapping[Fn, str] = MappingProxyType(
    {
        Fn.ADD: "fadd contract",
        Fn.SUB: "fsub",  # a product minus itself is zero, as in the layer norm of one unit
        Fn.MUL: "fmul contract",
        Fn.DIV: "fdiv",
        Fn.AND: "and",
        Fn.OR: "or",
    }
)
_INTRINSIC: Mapping[Fn, str] = MappingProxyType(
    {
        Fn.ABS: "fabs",
        Fn.SQRT: "sqrt",
        Fn.FLOOR: "floor",
        Fn.CEIL: "ceil",
        Fn.ROUND: "roundeven",
        Fn.TRUNC: "trunc",
    }
)
_LIBM: Mapping[Fn, str] = MappingProxyType(
    {
        Fn.SIN: "sin",
        Fn.COS: "cos",
        Fn.TAN: "tan",
        Fn.ATAN: "atan",
        Fn.ERF: "erf",
        Fn.ATAN2: "atan2",
        Fn.FMOD: "fmod",
        Fn.POW: "pow",
    }
)
_WRITTEN: Mapping[Fn, Callable[..., Val]] = MappingProxyType(
    {
        Fn.COPY: Vector._copy,
        Fn.NEG: Vector._neg,
        Fn.SIGN: Vector._sign,
        Fn.EXP: Vector._exp,
        Fn.EXPM1: Vector._expm1,
        Fn.LOG: Vector._log,
        Fn.LOG1P: Vector._log1p,
        Fn.RSQRT: Vector._rsqrt,
        Fn.RECIPROCAL: Vector._reciprocal,
        Fn.TANH: Vector._tanh,
        Fn.SIGMOID: Vector._sigmoid,
        Fn.MAXIMUM: Vector._maximum,
        Fn.MINIMUM: Vector._minimum,
        Fn.NOT: Vector._negate,
        Fn.WHERE: Vector._where,
    }
)
