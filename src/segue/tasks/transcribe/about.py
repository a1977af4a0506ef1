"""What people are told of recognition, and what they can ask of it."""

from pathlib import Path

from segue.tasks.about import About, Demo
from segue.tasks.transcribe.settings import TranscribeLive, TranscribePredict, TranscribeSettings


def _digits(folder: Path) -> None:
    from segue.data.audio.voices import write_digits

    write_digits(folder, 400)


ABOUT = About(
    name="transcribe",
    summary="Speech to text, whole recordings or live; or which of a few words was said.",
    description=(
        "Trains a recogniser on recordings and what is said in them, scores it on recordings that"
        " it did not hear beside the most frequent text, and writes weights, metrics and"
        " report.html to the run's folder. A folder with a folder for each word trains it to tell"
        " these words. With --streaming or --latency the run can listen live."
    ),
    example="segue train transcribe recordings.tsv --audio file --text said",
    data=(
        "A list of recordings (CSV, TSV, JSONL, Parquet: a column of files, one of texts), a Kaldi"
        " folder, a LibriSpeech tree, or a folder with a folder of recordings for each word. WAV,"
        " FLAC, OGG, AIFF, AU and SPHERE are read, and features in .npy and Sphinx's .mfc."
    ),
    verb="Transcribe",
    predicting="Transcribe recordings",
    prediction=(
        "Writes JSONL to stdout, a line for each recording of FILE (a recording, a list, or a"
        " folder): id, text, confidence, and the words with their times in seconds; for a run that"
        " tells words apart the word and its probability."
    ),
    evaluating="Score it on recordings with texts",
    settings=TranscribeSettings,
    predict=TranscribePredict,
    perform=TranscribeLive,
    demo=Demo(
        "digits.tsv",
        "400 recordings of one to four digits by twelve voices that a program makes on the spot: no"
        " person is heard. The voices of the test are not in the training.",
        {"speeds": (1,), "hidden": 64, "epochs": 20},
        make=_digits,
    ),
)
