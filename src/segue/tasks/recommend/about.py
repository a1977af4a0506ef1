"""What people are told of recommendation, and what they can ask of it."""

from pathlib import Path

from segue.tasks.about import About, Demo
from segue.tasks.recommend.settings import RecommendPredict, RecommendSettings


def _outfits(folder: Path) -> None:
    from segue.data.outfits import write_log

    write_log(folder / "outfits.csv", 4_000)


ABOUT = About(
    name="recommend",
    summary="What comes next, from a log of what people did.",
    description=(
        "Trains a recurrent recommender on a log of events (session or user, item, time), scores it"
        " on later sessions, all items ranked, beside popularity, item-to-item rules and similar"
        " sessions (VSKNN), and writes weights, metrics and report.html to the run's folder."
    ),
    example="segue train recommend clicks.csv --session visit --item product --time when",
    data=(
        "A log with an event in each row (CSV, TSV, JSONL, Parquet, MovieLens's ::, whose columns"
        " are called 1, 2, ...), or with --sequences a session in each line; plain or compressed."
    ),
    verb="Recommend",
    predicting="Recommend what comes next",
    prediction=(
        "Writes JSONL to stdout, a line for each session of FILE, which has the columns of the"
        " training's file: the session, and the best items with their probabilities. With - it"
        " reads events from standard input, a JSON object in each line with the columns of"
        " session and item, keeps each session's state, and answers each at once."
    ),
    evaluating="Score it on sessions that it has not seen",
    settings=RecommendSettings,
    predict=RecommendPredict,
    demo=Demo(
        "outfits.csv",
        "4,000 visits to a shop, made by rule: people dress from head to foot in winter and the"
        " other way in summer, each in a taste that shows in what came before, and pick up things"
        " of no taste between. What is popular says little; the order says much.",
        {"item": "item", "session": "visit", "time": "when", "last": "10%", "k": 5, "epochs": 12},
        make=_outfits,
    ),
)
