"""What people are told of language models, and what they can ask."""

from segue.tasks.about import About, Demo
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings

ABOUT = About(
    name="generate",
    summary="Text, written a unit at a time: a language model of your own files.",
    description=(
        "Trains a recurrent language model on a text, a twentieth of which chooses the weights and"
        " another is scored on, beside n-grams with Kneser-Ney smoothing; writes weights, metrics"
        " and report.html to the run's folder. The text is read from disk, however long it is."
        " `segue generate RUN` then writes."
    ),
    example="segue train generate shakespeare.txt --unit char",
    data="Text files, plain or compressed, or folders of them.",
    files=1_000,
    verb="Write",
    predicting="Say how likely lines of text are",
    prediction=(
        "Writes JSONL to stdout, a line for each line of FILE: its number, its natural logarithm of"
        " probability, how many units it has, and bits for each character. With - it reads lines"
        " from standard input and answers each at once."
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
)
