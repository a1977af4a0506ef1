"""What is measured, one file for each application."""

from benchmarks.result import Benchmark
from benchmarks.suites import forecast

BENCHMARKS: dict[str, Benchmark] = {**forecast.BENCHMARKS}
