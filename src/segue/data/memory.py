"""How much memory is left, and by which limit: asked before the system ends the process."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segue.errors import DataError

RESERVE = 64 << 20  # bytes that libraries may take beside the data


def available() -> tuple[int, str]:
    """Bytes that this process may still take, and what limits them.

    The least of what the machine has free, what the process's control group leaves (Linux) and
    what its own limit of addresses leaves; without /proc only the last is known.

    >>> left, limit = available()
    >>> left > 0, limit != ""
    (True, True)
    """
    limits = [(1 << 62, "no limit")]
    memory = _fields(Path("/proc/meminfo"))
    if "MemAvailable" in memory:
        limits.append((memory["MemAvailable"] * 1024, "the machine's free memory"))
    limits += _groups()
    most = resource.getrlimit(resource.RLIMIT_AS)[0]
    if most != resource.RLIM_INFINITY:
        taken = _fields(Path("/proc/self/status")).get("VmSize", 0) * 1024
        limits.append((most - taken, f"the limit of {size(most)} on addresses (ulimit -v)"))
    return min(limits)


def size(amount: int) -> str:
    """Bytes in a unit that fits.

    >>> size(3 << 30), size(5 << 19)
    ('3.0 GiB', '2.5 MiB')
    """
    unit, name = (30, "GiB") if amount >= 1 << 30 else (20, "MiB")
    return f"{max(amount, 0) / (1 << unit):.1f} {name}"


def require(needed: int, place: str, what: str) -> None:
    """Check that `needed` bytes more can be had.

    Raises:
        DataError: they cannot; it says which limit is met.
    """
    left, limit = available()
    if left < needed + RESERVE:
        raise DataError(
            f"{place}: memory does not suffice: {what}, {size(needed)} more are needed and "
            f"{size(left)} are left by {limit}; give fewer rows or columns, or more memory"
        )


@contextmanager
def memory_named(place: str) -> Iterator[None]:
    """Turn a `MemoryError` into the one line that says which limit was met."""
    try:
        yield
    except MemoryError as error:
        left, limit = available()
        raise DataError(
            f"{place}: memory does not suffice: {size(left)} are left by {limit}; give fewer rows "
            "or columns, or more memory"
        ) from error


def _fields(path: Path) -> dict[str, int]:
    """The numbers of a file with lines such as `MemFree: 12 kB`."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    words = [line.replace(":", " ").split() for line in lines]
    return {line[0]: int(line[1]) for line in words if len(line) > 1 and line[1].isdigit()}


def _groups() -> list[tuple[int, str]]:
    """What the control group of the process, and those around it, leave."""
    try:
        line = next(
            line
            for line in Path("/proc/self/cgroup").read_text().splitlines()
            if line.startswith("0::")
        )
    except (OSError, StopIteration):
        return []
    root = Path("/sys/fs/cgroup")
    own = root / line.removeprefix("0::").lstrip("/")
    found = []
    for group in (own, *own.parents):
        if not group.is_relative_to(root):
            break
        try:
            most = (group / "memory.max").read_text().strip()
            taken = int((group / "memory.current").read_text())
        except (OSError, ValueError):
            continue
        if most.isdigit():
            cached = _fields(group / "memory.stat").get("inactive_file", 0)
            limit = f"the control group's limit of {size(int(most))} (memory.max)"
            found.append((int(most) - taken + cached, limit))
    return found
