"""What people are told of tagging, and what they can ask of it."""

from segue.tasks.about import About, Demo
from segue.tasks.tag.settings import TagPredict, TagSettings

ABOUT = About(
    name="tag",
    summary="A tag for each word of a sentence: names, parts of speech, phrases, slots.",
    description=(
        "Trains a model on the tagged sentences of FILE, scores it on sentences that it did not see"
        " beside the most frequent tag of each word and a linear CRF, and writes weights, metrics"
        " and report.html to the run's folder. Spans (IOB1, IOB2, IOBES, BILOU, BMES) are"
        " recognised, and scored as conlleval does."
    ),
    example="segue train tag train.conll --dev dev.conll --test test.conll",
    data=(
        "A column file (a token and its columns in each row, a blank line behind each sentence),"
        " CoNLL-U, or JSONL with lists of tokens and tags; plain or compressed."
    ),
    verb="Tag",
    predicting="Tag new sentences",
    prediction=(
        "Writes FILE to stdout as it is, with one column more (column files, CoNLL-U) or the key"
        " predicted (JSONL). With - it reads lines from standard input, each the tokens of a"
        " sentence with blanks between, and answers each at once with a line of JSON."
    ),
    evaluating="Score it on sentences with tags",
    settings=TagSettings,
    predict=TagPredict,
    demo=Demo(
        "timetable.conll",
        "Questions to a timetable, made by rule for this demo: no person wrote them.",
        {"hidden": 64, "epochs": 15, "intent": "intent"},
    ),
)
