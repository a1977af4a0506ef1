"""Tagging of public corpora: phrases, names, parts of speech, slots."""

import json
from functools import partial
from pathlib import Path

from benchmarks.files import find
from benchmarks.suites.official import Set, benchmarks


def lines_of_three_files(what: "Set", folder: Path | None, place: Path) -> list[Path]:
    """JSON lines from three files, a line of each: tokens, tags, label."""
    made = []
    for part in what.parts:
        source = f"what SOURCE.txt of {what.name} names"
        texts = [
            find(f"{what.name}/{part}.{end}", folder, "text", source).read_text().splitlines()
            for end in ("seq.in", "seq.out", "label")
        ]
        rows = [
            {"tokens": tokens.split(), "tags": tags.split(), "label": label.strip()}
            for tokens, tags, label in zip(*texts, strict=True)
        ]
        path = place / f"{part}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        made.append(path)
    return made


_Set = partial(Set, "tag", "text")

SETS = (
    _Set(
        "conll2000",
        {"f1": 0.925},
        ("train.txt.gz", "test.txt.gz"),
        published={"f1": {"BiLSTM, no CRF": 0.912, "with vectors": 0.9471}},
    ),
    _Set(
        "conll2003_en",
        {"f1": 0.79},
        ("eng.train.gz", "eng.testa.gz", "eng.testb.gz"),
        {"scheme": "iob1"},  # two of its 23,499 spans begin as in IOB2
        published={"f1": {"no vectors, about": 0.81, "with vectors (Lample et al. 2016)": 0.9094}},
    ),
    _Set(
        "ud_ewt",
        {"accuracy": 0.93},
        tuple(f"en_ewt-ud-{part}.conllu.gz" for part in ("train", "dev", "test")),
        published={"accuracy": {"Stanza, with vectors (Qi et al. 2020)": 0.954}},
    ),
    _Set(
        "atis_slots",
        {"f1": 0.94, "label_accuracy": 0.95},
        ("train", "valid", "test"),
        {"intent": "label"},
        lines_of_three_files,
        {
            "f1": {"slot-gated (Goo et al. 2018)": 0.952},
            "label_accuracy": {"slot-gated (Goo et al. 2018)": 0.941},
        },
    ),
)


BENCHMARKS = benchmarks(SETS)
