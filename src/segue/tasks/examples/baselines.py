"""What a classifier must beat: simple methods, fitted to the same rows and scored on the same."""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.data.distances import Series, dtw, dtw_cells, euclid
from segue.data.ragged import Ragged
from segue.data.unit import Unit
from segue.data.vocabulary import Vocabulary
from segue.errors import OptionError
from segue.tasks.examples.examples import Examples, Kind

Probabilities = NDArray[np.float64]
Classes = NDArray[np.int64]

_NUMBERS = 20_000_000  # rows x features that a linear model is fitted to in less than a minute
_CELLS = 4_000_000_000  # cells of DTW that take about a minute
_WORD = r"\w+|[^\w\s]"  # or a sign that stands for itself
_NO_SKLEARN = "the baselines need scikit-learn: pip install 'segue[classify]'"


def of(
    train: Examples, asked: Examples, vocabulary: Vocabulary | None
) -> list[tuple[str, Probabilities]]:
    """The name and the probabilities `[len(asked), K]` of each baseline.

    Args:
        train: to fit to; labels alone leave the most frequent class alone.
        asked: to decide.
        vocabulary: what texts are read by.
    """
    labels, classes = _labels(train), len(train.classes)
    found = [("most frequent class", most_frequent(labels, classes, len(asked)))]
    if train.texts is not None and asked.texts is not None:
        characters = vocabulary is not None and vocabulary.settings.unit is Unit.CHAR
        name = "linear model on TF-IDF"
        rows = linear_text(train.texts, labels, asked.texts, classes, characters=characters)
        return [*found, (name, rows)]
    if train.inputs is None or asked.inputs is None:
        return found
    if train.kind is Kind.SERIES:
        near = nearest_neighbour(_each(train.inputs), labels, _each(asked.inputs), classes)
        return [*found, (near.name, near.probabilities)]
    numbers = linear_numbers(_flat(train.inputs), labels, _flat(asked.inputs), classes)
    return [*found, ("linear model", numbers)]


def most_frequent(labels: Classes, classes: int, rows: int) -> Probabilities:
    """The shares of the classes, `[rows, K]`: the largest one is decided for every row.

    >>> most_frequent(np.array([0, 1, 1, 1]), classes=2, rows=1)
    array([[0.25, 0.75]])
    """
    share = np.bincount(labels, minlength=classes) / len(labels)
    return np.tile(share, (rows, 1))


def linear_text(
    texts: Sequence[str],
    labels: Classes,
    asked: Sequence[str],
    classes: int,
    *,
    characters: bool,
) -> Probabilities:
    """Logistic regression on TF-IDF, `[len(asked), K]`.

    Words and pairs of words, or one to five letters of a word; the logarithm of a count rather
    than the count (S. Wang, C. Manning, "Baselines and bigrams", ACL 2012, on how strong this is).

    Args:
        texts: to fit to.
        labels: their classes.
        asked: to decide.
        classes: K.
        characters: whether letters are counted rather than words.

    Raises:
        OptionError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
    except ImportError:
        raise OptionError(_NO_SKLEARN) from None
    if characters:
        count = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 5), sublinear_tf=True)
    else:
        count = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=_WORD)
    return _logistic(count.fit_transform(texts), labels, count.transform(asked), classes, 10.0)


def linear_numbers(
    rows: NDArray[np.floating], labels: Classes, asked: NDArray[np.floating], classes: int
) -> Probabilities:
    """Logistic regression on numbers `[N, D]` that are brought to one scale, `[len(asked), K]`.

    Of more rows than can be fitted in a minute, evenly spaced ones are.

    Raises:
        OptionError: scikit-learn is not installed.
    """
    rows, asked = np.nan_to_num(rows), np.nan_to_num(asked)
    count = min(len(rows), max(1000, _NUMBERS // rows.shape[1]))
    chosen = np.linspace(0, len(rows) - 1, count).astype(np.int64)
    rows, labels = rows[chosen], labels[chosen]
    loc, scale = rows.mean(0), rows.std(0)
    scale = np.where(scale > 0, scale, 1)
    return _logistic((rows - loc) / scale, labels, (asked - loc) / scale, classes, 0.1)


class Neighbour(NamedTuple):
    """Decisions of the nearest neighbour: how near was measured, and `[len(asked), K]`."""

    name: str
    probabilities: Probabilities


def nearest_neighbour(rows: Series, labels: Classes, asked: Series, classes: int) -> Neighbour:
    """The class of the nearest training series, by DTW within a tenth of the length.

    Channels are brought to one scale; missing values count as the mean. Where DTW would take
    minutes, series are stretched to one length and Euclid's distance is taken.

    The band is that of C. Ratanamahatana, E. Keogh, "Everything you know about dynamic time warping
    is wrong", 2004.
    """
    every = np.concatenate(list(rows)).astype(np.float64)
    known = np.maximum((~np.isnan(every)).sum(0), 1)
    loc = np.nansum(every, 0) / known
    scale = np.sqrt(np.nansum((every - loc) ** 2, 0) / known)
    scale = np.where(scale > 0, scale, 1)
    rows, asked = ([np.nan_to_num((x - loc) / scale) for x in part] for part in (rows, asked))
    band = -(-max(len(x) for x in (*rows, *asked)) // 10)
    quick = dtw_cells(rows, asked, band) <= _CELLS
    distance = dtw(asked, rows, band) if quick else euclid(asked, rows)
    found = np.zeros((len(asked), classes))
    found[np.arange(len(asked)), labels[distance.argmin(1)]] = 1.0
    name = "1-nearest neighbour, DTW" if quick else "1-nearest neighbour, Euclid (DTW is too slow)"
    return Neighbour(name, found)


def _logistic(
    rows: Any, labels: Classes, asked: Any, classes: int, strength: float
) -> Probabilities:
    """Multinomial logistic regression; a class that no row has gets probability 0."""
    try:
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise OptionError(_NO_SKLEARN) from None
    found = np.zeros((asked.shape[0], classes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = LogisticRegression(C=strength, max_iter=200).fit(rows, labels)
    found[:, model.classes_] = model.predict_proba(asked)
    return found


def _each(inputs: Ragged) -> Series:
    return [inputs[i] for i in range(len(inputs))]


def _flat(inputs: Ragged) -> NDArray[np.floating]:
    """Images and vectors, all of one size, as rows of numbers."""
    return inputs.values.reshape(len(inputs), -1)


def _labels(examples: Examples) -> Classes:
    if examples.labels is None:
        raise ValueError("these examples have no labels")
    return examples.labels
