"""What people are told of translation, and what they can ask."""

from segue.tasks.about import About, Demo
from segue.tasks.translate.settings import TranslatePredict, TranslateSettings

ABOUT = About(
    name="translate",
    summary="Sentences to translations, words to pronunciations, forms to forms.",
    description=(
        "Trains a network with attention on pairs of texts, scores it on held-back pairs beside a"
        " copy of the source and a word-for-word dictionary, and writes weights, metrics and"
        " report.html to the run's folder. Give two files whose lines belong together, or one"
        " table with --source and --target. Sentences are read by pieces of words, single words by"
        " their letters."
    ),
    example="segue train translate train.de train.en --dev val.de --dev val.en",
    data="Two text files, line by line translations of one another; or one table: CSV, TSV, JSONL"
    " or Parquet. Plain or compressed.",
    files=2,
    verb="Translate",
    predicting="Translate new texts",
    prediction=(
        "A text file comes back line by line. A table, or --n-best or --attention, comes back as"
        " JSONL in the order of FILE: id, translation, score. With - it reads lines from standard"
        " input and answers each at once."
    ),
    evaluating="Score it on pairs that it has not seen",
    settings=TranslateSettings,
    predict=TranslatePredict,
    demo=Demo(
        "dates.csv",
        "4,000 dates as people write them in English and German, and as ISO 8601 writes them: made"
        " by rule, so a program could do it without error; the network finds the rule by itself.",
        {
            "source": "text",
            "target": "date",
            "source_unit": "char",
            "target_unit": "char",
            "hidden": 96,
            "epochs": 10,
        },
    ),
)
