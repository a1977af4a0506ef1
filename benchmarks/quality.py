"""How good the applications are on public data, beside published figures and free baselines.

    python -m benchmarks.quality NAME|all [--json] [--seeds N] [--data DIR]

The figures land in benchmarks/results with the command, the machine and the date.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.result import save, table
from benchmarks.suites import BENCHMARKS
from segue.errors import SegueError


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("name", choices=[*BENCHMARKS, "all"])
    parser.add_argument("--json", action="store_true", help="print one JSON object per result")
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--seeds", type=int, default=3, help="how many seeds, from 0")
    asked = parser.parse_args()
    names = list(BENCHMARKS) if asked.name == "all" else [asked.name]
    missed = False
    for name in names:
        results = []
        for result in BENCHMARKS[name](asked.data, list(range(asked.seeds))):
            results.append(result)
            missed |= not result.passed
            if asked.json:
                print(json.dumps(asdict(result), allow_nan=False), flush=True)
        save(name, results)
        if not asked.json:
            print("\n".join(table(results)), flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SegueError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
