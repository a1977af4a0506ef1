"""Tags for the words of sentences, from Python: train, score, tag, keep.

    python examples/tag.py [FILE.jsonl]

FILE holds an object a line, with lists of tokens and tags; without it, questions made by rule.
"""

import json
import sys
from pathlib import Path

import polars as pl

import segue
from segue.data.timetable import questions


def main(file: str | None = None, epochs: int | None = None) -> segue.Tagger:
    """Train on FILE, say how good the tagger is, and tag a sentence."""
    if file is None:
        rows = [{"tokens": tokens, "tags": tags} for _, tokens, tags in questions(600)]
    else:
        rows = [json.loads(line) for line in Path(file).read_text().splitlines() if line.strip()]
    frame = pl.DataFrame({key: [row[key] for row in rows] for key in ("tokens", "tags")})

    tagger = segue.Tagger(hidden=64, epochs=epochs).fit(frame)
    print(tagger.scores.verdict)
    for kind, counts in tagger.scores.counts.items():
        print(f"{kind or 'span':10} F1 {counts.f1:.3f} of {counts.true}")

    new = pl.DataFrame({"tokens": [["a", "train", "from", "Norimouth", "to", "Lake", "Selaton"]]})
    (said,) = tagger.predict(new)["predicted"].to_list()
    print(" ".join(f"{word}/{tag}" for word, tag in zip(new["tokens"][0], said, strict=True)))
    return tagger


if __name__ == "__main__":
    main(*sys.argv[1:2])
