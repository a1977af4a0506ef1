"""What people are told of classification, and what they can ask."""

from segue.tasks.about import About, Demo
from segue.tasks.classify.settings import ClassifyPredict, ClassifySettings

ABOUT = About(
    name="classify",
    summary="One class for each text, series, image or row of numbers.",
    description=(
        "Trains a model on the examples of FILE, scores it on held-back examples beside the most"
        " frequent class and a method of its kind without a network (a linear model on TF-IDF for"
        " text, the nearest neighbour by dynamic time warping for series), and writes weights,"
        " metrics and report.html to the run's folder. A table needs --text, or --channel and"
        " --series where a row is a step in time; with neither a row is a whole series."
    ),
    example="segue train classify reviews.csv --text review --label mood",
    data=(
        "CSV, TSV, JSONL or Parquet, plain or compressed; a .ts file; .npy, .npz or IDX arrays; or"
        " a folder with a folder of text files or PNG images for each class."
    ),
    verb="Classify",
    predicting="Classify new examples",
    prediction=(
        "Writes JSONL to stdout, in the order of FILE: id, label, probability of that label, and"
        " the probabilities of all classes. With - it reads lines from standard input, each a text"
        " or the numbers of a series of one channel, and answers each at once."
    ),
    evaluating="Score it on examples with labels",
    settings=ClassifySettings,
    predict=ClassifyPredict,
    demo=Demo(
        "digits.npz",
        "1,797 handwritten digits of 8 x 8 (Alpaydin and Kaynak 1998, UCI, CC BY 4.0), row by row.",
        {"hidden": 64, "epochs": 20},
    ),
)
