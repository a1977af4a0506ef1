"""The table of a model and its baselines, on terminals of any width."""

import io

import pytest
from rich.console import Console

from segue.cli.show import tables
from segue.tasks.scores import Measure, Method, Scores

MEASURES = (
    Measure("f1", "span F1", higher=True, percent=True),
    Measure("unknown", "unknown words", higher=True, percent=True),
    Measure("sentences", "whole sentences", higher=True, percent=True),
    Measure("loss", "log loss"),
    Measure("none", "what is not there"),
)
NAMES = ("gru (segue)", "most frequent tag", "linear model on TF-IDF", "vorhersage_ohne_lücke")


class Shown(Scores):
    MEASURES = MEASURES


def scores() -> Shown:
    rows = [
        Method(name, {"f1": 0.9125 + k / 100, "unknown": 1.0, "sentences": 0.5, "loss": 1.2345 + k})
        for k, name in enumerate(NAMES)
    ]
    return Shown(rows[0], tuple(rows[1:]))


@pytest.mark.parametrize("width", [24, 30, 40, 50, 60, 80, 200])
def test_no_figure_and_no_heading_is_cut(width: int) -> None:
    out = io.StringIO()
    console = Console(file=out, width=width)
    made = list(tables(scores(), width))
    for table in made:
        console.print(table)
    text = out.getvalue()
    assert all(len(line) <= width for line in text.splitlines())
    assert "…" not in text
    words = text.split()
    for k in range(len(NAMES)):
        assert f"{91.25 + k:.2f}%" in words
        assert f"{1.2345 + k:.4g}" in words
    assert words.count("50.00%") == len(NAMES)
    assert {"span", "F1", "unknown", "whole", "sentences", "log", "loss"} <= set(words)
    assert "there" not in words
    assert (len(made) == 1) == (width >= 60)
    if width >= 80:
        assert len(text.splitlines()) == 1 + len(NAMES)
        assert all(any(line.startswith(name) for line in text.splitlines()) for name in NAMES)
