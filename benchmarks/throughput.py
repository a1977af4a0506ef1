"""How fast the applications train, and write, beside the same model in plain PyTorch, in one run.

    python -m benchmarks.throughput NAME|all [--json]

Both sides take the same batches, made by rule, and the same optimiser; they take turns, and the
median of the rounds counts. A ratio above 1 says how many times faster segue is. Processor time is
measured, not the clock: other work on the machine counts less.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.suites import attention_speed, decoding_speed, tag_speed, transcribe_speed

Turn = Callable[[], object]
CASES: dict[str, Callable[[], dict[str, tuple[Turn, Turn]]]] = {
    "attention": attention_speed.cases,
    "decoding": decoding_speed.cases,
    "tagging": tag_speed.cases,
    "transcribing": transcribe_speed.cases,
}
_ROUNDS = 7


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.throughput", description=__doc__)
    parser.add_argument("name", choices=[*CASES, "all"])
    parser.add_argument("--json", action="store_true", help="print one JSON object per case")
    asked = parser.parse_args()
    slower = False
    for name in list(CASES) if asked.name == "all" else [asked.name]:
        for case, (ours, theirs) in CASES[name]().items():
            mine, other = measured(ours, theirs)
            slower |= mine > other
            row = {"name": name, "case": case, "segue_ms": 1e3 * mine, "torch_ms": 1e3 * other,
                   "ratio": other / mine}  # fmt: skip
            if asked.json:
                print(json.dumps(row), flush=True)
            else:
                print(f"{name}: {case}: segue {1e3 * mine:.1f} ms, torch {1e3 * other:.1f} ms,"
                      f" ratio {other / mine:.2f}", flush=True)  # fmt: skip
    return 1 if slower else 0


def measured(ours: Turn, theirs: Turn) -> tuple[float, float]:
    """Median seconds of either side, after a turn that is not counted."""
    found: tuple[list[float], list[float]] = ([], [])
    for round_ in range(_ROUNDS + 1):
        for turn, times in zip((ours, theirs), found, strict=True):
            start = time.process_time()
            turn()
            if round_:
                times.append(time.process_time() - start)
    return statistics.median(found[0]), statistics.median(found[1])


if __name__ == "__main__":
    sys.exit(main())
