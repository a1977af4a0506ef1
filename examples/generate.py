"""A language model from Python: train, score, write from a prompt, keep.

    python examples/generate.py [FILE.txt]

FILE is a text; without it, numbers in figures and in words, made by rule.
"""

import sys
import tempfile
from pathlib import Path

from segue.data.source import Source
from segue.tasks.flow import load, train
from segue.tasks.registry import named
from segue.training import RunFolder


def numbers() -> str:
    """Numbers in figures and in words, one a line."""
    ones = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return "".join(f"{n}: {' '.join(ones[int(d)] for d in str(n))}\n" for n in range(100, 1000))


def main(file: str | None = None, prompt: str = "271:", epochs: int = 12) -> str:
    """Train on FILE, say how well it is foretold, and write a few lines."""
    source = Source.of_frame(numbers()) if file is None else Source.of(file)
    task = named("generate")
    settings = task.about.settings.of({"hidden": 96, "epochs": epochs})
    folder = Path(tempfile.mkdtemp(prefix="segue-")) / "run"
    print(train(task, source, settings, folder).scores.verdict)

    _, model = load(RunFolder.open(folder))
    asked = task.about.perform.of({"prompt": prompt, "lines": 3, "temperature": 0.5})
    written = "".join(task.perform(model, asked))
    print(written, end="")
    print(f"kept in {folder}: segue generate {folder} --prompt ...")
    return written


if __name__ == "__main__":
    main(*sys.argv[1:2])
