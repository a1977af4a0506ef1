"""What people are told of language models, and what they can ask."""

from pathlib import Path

from segue.tasks.about import About, Demo
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings


def _tunes(folder: Path) -> None:
    from segue.data.midi import midi_bytes
    from segue.data.tunes import tunes

    place = folder / "tunes"
    place.mkdir(exist_ok=True)
    for number, tune in enumerate(tunes(200)):
        (place / f"{number:03}.mid").write_bytes(midi_bytes(tune))


ABOUT = About(
    name="generate",
    summary="Text or music, written a unit at a time: a language model of your own files.",
    description=(
        "Trains a recurrent language model on a text, a twentieth of which chooses the weights and"
        " another is scored on, beside n-grams with Kneser-Ney smoothing; writes weights, metrics"
        " and report.html to the run's folder. The text is read from disk, however long it is."
        " `segue generate RUN` then writes. With --unit midi it is a model of music: MIDI files are"
        " read, and written."
    ),
    example="segue train generate shakespeare.txt --unit char",
    data="Text files, plain or compressed, MIDI files, or folders of them.",
    files=1_000,
    verb="Write",
    predicting="Say how likely lines of text, or pieces of music, are",
    prediction=(
        "Writes JSONL to stdout, a line for each line of FILE: its number, its natural logarithm of"
        " probability, how many units it has, and bits for each character. With - it reads lines"
        " from standard input and answers each at once. Of music it writes a line for each piece."
    ),
    evaluating="Score it on a text that it has not seen",
    settings=GenerateSettings,
    perform=GenerateAsked,
    shown="generate",
    demo=Demo(
        "numbers.txt.gz",
        "6,000 numbers in figures and in words, made by rule: what is written depends on figures"
        " that stand further back than n-grams reach.",
        {"epochs": 12, "hidden": 128},
    ),
    more={
        "music": Demo(
            "tunes",
            "200 tunes for three instruments and drums, made by rule: what sounds well together is"
            " what the rule put there.",
            {"unit": "midi", "epochs": 5, "hidden": 128},
            make=_tunes,
        )
    },
)
