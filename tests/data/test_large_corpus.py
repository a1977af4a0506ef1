"""A corpus larger than the memory that a training may have."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

LIMIT = 1_500_000_000  # bytes of memory
SIZE = int(os.environ.get("SEGUE_LARGE_CORPUS", "2147483648"))  # bytes of the text


def write_text(path: Path, size: int) -> None:
    """Sums in words' order: a block of them, again and again."""
    lines = (f"{n} and {n * 7919 % 100_003} are {n + n * 7919 % 100_003}\n" for n in range(500_000))
    block = "".join(lines).encode()
    with path.open("wb") as file:
        while file.tell() < size:
            file.write(block)


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    write_text(tmp_path / "large.txt", SIZE)
    words = ["train", "generate", tmp_path / "large.txt", "--hidden", "64", "--minutes", "0.1",
             "--out", tmp_path / "run", "--json"]  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "from segue.cli.main import main; main()", *map(str, words)],
        check=False,
        capture_output=True,
        text=True,
        preexec_fn=limited,
        env={**os.environ, "TMPDIR": str(tmp_path), "OMP_NUM_THREADS": "1"},
    )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(f"{SIZE:,} bytes of text, at most {peak:,} bytes of memory resident")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["perplexity"] < 20
    assert peak < LIMIT
