"""A model that no machine has room for is refused before it is made, in every task."""

from pathlib import Path

import pytest
from commands import daily, segue, write

from segue.data.timetable import column_file

ROWS = range(12)
DATA = {
    "forecast": (daily(100), ("--time", "day", "--target", "sold", "--horizon", "7")),
    "classify": (
        "text,mood\n" + "".join(f"film {n},{'good' if n % 2 else 'bad'}\n" for n in ROWS),
        ("--text", "text", "--label", "mood"),
    ),
    "tag": (column_file(20, seed=1), ()),
    "generate": ("a line of text\n" * 20, ()),
    "translate": (
        "source,target\n" + "".join(f"one {n},eins {n}\n" for n in ROWS),
        ("--source", "source", "--target", "target"),
    ),
}


@pytest.mark.parametrize("task", sorted(DATA))
def test_a_model_of_too_many_weights_is_one_line(task: str, tmp_path: Path) -> None:
    text, words = DATA[task]
    file, run = write(tmp_path / "data", text), tmp_path / "run"
    asked = ("--hidden", "8192", "--layers", "64", "--out", run)
    found = segue("train", task, file, *words, *asked)
    assert found.status == 2, found.err
    assert found.out == ""
    assert found.err.startswith("error: the model would have ")
    assert found.err.count("\n") == 1
    assert not run.exists()
