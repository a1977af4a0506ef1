"""The machine and what runs on it, in words that say nothing of whose it is."""

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from segue.bench.processes import cores
from segue.engine.cpu import build

PACKAGES = ("torch", "llvmlite", "numpy", "jax", "jaxlib", "onnxruntime", "onnx")


def words() -> dict[str, str | int]:
    """Processor, cores, vectors and system."""
    machine = build.host()
    return {
        "processor": _processor(),
        "core": machine.cpu,
        "cores": len(cores()),
        "vector_bits": 8 * machine.vector_bytes,
        "instructions": _instructions(machine.features),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict[str, str]:
    """Of every package that takes part, if it is installed."""
    found = {}
    for package in ("segue", *PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _instructions(features: str) -> str:
    wanted = ("avx2", "fma", "avx512f", "avx512dq", "avx512bf16", "neon", "sve")
    there = {each[1:] for each in features.split(",") if each.startswith("+")}
    return ", ".join(name for name in wanted if name in there) or "no vectors that are known"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"
