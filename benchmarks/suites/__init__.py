"""What is measured, one file for each application."""

from benchmarks.result import Benchmark
from benchmarks.suites import (
    classify,
    control,
    forecast,
    generate,
    identify,
    pretraining,
    recommend,
    tag,
    transcribe,
    translate,
)

BENCHMARKS: dict[str, Benchmark] = {
    **forecast.BENCHMARKS,
    **classify.BENCHMARKS,
    **control.BENCHMARKS,
    **pretraining.BENCHMARKS,
    **tag.BENCHMARKS,
    **generate.BENCHMARKS,
    **identify.BENCHMARKS,
    **recommend.BENCHMARKS,
    **transcribe.BENCHMARKS,
    **translate.BENCHMARKS,
}
