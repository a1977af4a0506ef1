"""Translations from Python: train on pairs of texts, score, translate, keep.

    python examples/translate.py [FILE.csv]

FILE has the columns text and date; without it, dates made by rule, as people write them.
"""

import sys

import polars as pl

import segue
from segue.data.spoken_dates import pairs


def main(file: str | None = None, epochs: int = 8) -> segue.Translator:
    """Train on FILE, say how good the translator is, and translate two texts."""
    if file is None:
        frame = pl.DataFrame(list(pairs(2000)), schema=["text", "date"], orient="row")
    else:
        frame = pl.read_csv(file, infer_schema=False)

    translator = segue.Translator(
        source="text", target="date", source_unit="char", target_unit="char",
        hidden=64, epochs=epochs,
    ).fit(frame)  # fmt: skip
    print(translator.scores.verdict)

    new = pl.DataFrame({"text": ["21 March 1987", "the third of May, nineteen oh five"]})
    for text, date in zip(new["text"], translator.predict(new)["translation"], strict=True):
        print(f"{text} -> {date}")
    return translator


if __name__ == "__main__":
    main(*sys.argv[1:2])
