"""The example script runs on a small file."""

import json
import runpy
from pathlib import Path

import pytest

from segue.data.timetable import questions

SCRIPT = Path(__file__).parents[2] / "examples" / "tag.py"


def test_the_example_trains_scores_and_tags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "questions.jsonl"
    rows = [{"tokens": t, "tags": tags} for _, t, tags in questions(120, seed=4)]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    tagger = runpy.run_path(str(SCRIPT))["main"](str(file), epochs=20)
    out = capsys.readouterr().out
    assert out.startswith("The model ")
    assert "a/O train/O from/O Norimouth/B-from to/O" in out
    assert {"from", "to"} <= set(tagger.scores.counts)
