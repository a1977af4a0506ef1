"""The machine's peak: how many multiply-adds its cores do when they do nothing else.

Each slice of the kernel repeats independent multiply-adds on vectors in registers, as many as hide
their latency, and reads no memory.
"""

import statistics
import time
from dataclasses import dataclass
from functools import cache

import torch

from segue.engine.cpu import build, threads
from segue.engine.cpu.ir import Function, Module, Val, i64
from segue.engine.cpu.llvm import finish, write_worker
from segue.engine.cpu.tiles import Machine

_CHAINS = 12  # two units of four cycles each need eight; with two operands they fit 16 registers
_UNROLLED = 8
# Words of a call; the first two are those of every worker.
_SLICES, _REPEATS, _OPERANDS, _RESULTS = 1, 2, 3, 4


def write_peak(machine: Machine) -> str:
    """The text of the kernel, float32."""
    module, lanes = Module(), machine.lanes(torch.float32)
    size = lanes.count * lanes.real.bytes
    f = Function(module, "slice", (("ptr", "words"), ("i64", "index")), "internal")
    words, index = f.args

    def word(place: int, kind: str) -> Val:
        return f.load(kind, f.at(words, i64(8 * place)), 8)

    # Read from memory, so that nothing is known of them here.
    operands = word(_OPERANDS, "ptr")
    scale = f.load(lanes.type, operands, 4)
    shift = f.load(lanes.type, f.at(operands, i64(size)), 4)
    sums = [f.slot(lanes.type, lanes.number(float(chain))) for chain in range(_CHAINS)]
    fma = f"llvm.fma.v{lanes.count}f32"
    with f.loop(i64(0), word(_REPEATS, "i64")):
        for _ in range(_UNROLLED):
            for place in sums:
                total = f.load(lanes.type, place, 64)
                f.store(f.call(lanes.type, fma, total, scale, shift), place, 64)
    results = f.at(word(_RESULTS, "ptr"), f.mul(index, i64(_CHAINS * size)))
    for chain, place in enumerate(sums):
        f.store(f.load(lanes.type, place, 64), f.at(results, i64(chain * size)), 4)
    f.done()
    write_worker(module, machine)
    return finish(module, machine)


@cache
def _code() -> build.Code:
    machine = build.host()
    return build.load("peak of multiply-adds", lambda: write_peak(machine), machine)


def probe(count: int, repeats: int) -> float:
    """Seconds that `count` threads take, each for `repeats` rounds of the kernel."""
    lanes = build.host().lanes(torch.float32)
    operands = torch.cat((torch.full((lanes.count,), 0.5), torch.full((lanes.count,), 1.0)))
    results = torch.empty(count * _CHAINS * lanes.count)
    numbers = (0, count, repeats, operands.data_ptr(), results.data_ptr())
    worker = _code().worker
    start = time.perf_counter()
    threads.run(worker, numbers, count)
    return time.perf_counter() - start


def flops(count: int, repeats: int) -> int:
    """Operations of a probe, two for each multiply-add."""
    lanes = build.host().lanes(torch.float32)
    return 2 * count * repeats * _UNROLLED * _CHAINS * lanes.count


@dataclass(frozen=True)
class Peak:
    """What was measured.

    Attributes:
        threads: how many at once.
        gflops: the most that was seen, in 1e9 operations a second.
        spread: how far the median lies below it, as a fraction.
        repeats: of the kernel in one probe.
    """

    threads: int
    gflops: float
    spread: float
    repeats: int

    def share(self) -> float:
        """What fraction of the peak the machine gives at this moment."""
        return flops(self.threads, self.repeats) / probe(self.threads, self.repeats) / self.rate

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.gflops * 1e9


def measure(count: int, probes: int = 15, seconds: float = 0.01) -> Peak:
    """The peak of so many threads, from probes of about so many seconds each.

    Example:
        >>> from segue.bench.peak import measure
        >>> peak = measure(1, probes=3, seconds=0.001)
        >>> peak.gflops > 0.1
        True
    """
    repeats = 1000
    # On one thread, which waits for no other; the fastest of a few.
    while (taken := min(probe(1, repeats) for _ in range(3))) < seconds / 2:
        repeats = int(repeats * min(10.0, max(1.5, seconds / taken)))
    rates = [flops(count, repeats) / probe(count, repeats) for _ in range(probes)]
    best = max(rates)
    return Peak(count, best / 1e9, 1 - statistics.median(rates) / best, repeats)
