"""How examples are divided, what a text is read by, and what is trained: asked for or chosen."""

from dataclasses import replace

import numpy as np

from segue.data.unit import Unit
from segue.data.vocabulary import Vocabulary, VocabularySettings, fit_vocabulary
from segue.tasks.classify.defaults import Suggestion, TrainSettings, suggest_numbers, suggest_text
from segue.tasks.classify.prepared import Given
from segue.tasks.classify.settings import ClassifySettings
from segue.tasks.examples.columns import Missing
from segue.tasks.examples.examples import (
    Examples,
    Kind,
    Parts,
    inputs_of,
    joined,
    split,
    split_with_test,
)

_LARGE = 1_000_000  # characters of text, from where on rarer words are left out


def choose(
    data: Given, settings: ClassifySettings, chosen: Suggestion | None
) -> tuple[Parts, Vocabulary | None, Suggestion]:
    """Divide the examples, learn the vocabulary, and choose what is not asked for.

    Where the members of a model validate each other, the examples to validate on join those to
    train on, unless the file says itself which these are.

    Args:
        data: what was read.
        settings: what is asked.
        chosen: what was chosen before; None chooses.
    """
    test = data.test
    seed = settings.seed
    whole = split(data.examples, seed=seed) if test is None else None
    parts = whole or split_with_test(data.examples, test, seed=seed)  # type: ignore[arg-type]
    vocabulary = _vocabulary(parts.train, settings)
    choice = chosen or _suggested(_tokens(parts.train, vocabulary), settings, vocabulary)
    division = data.examples.division
    if division is not None and (division == "validation").any():
        choice = Suggestion(choice.model, choice.train.model_copy(update={"folds": False}))
    if choice.train.folds:
        train = joined(parts.train, parts.validation)
        parts = replace(parts, train=train, validation=train.take(np.arange(0)))
        vocabulary = _vocabulary(train, settings)
    if vocabulary is not None:
        model = choice.model.model_copy(update={"vocabulary": vocabulary.size})
        choice = Suggestion(model, choice.train)
    each = (_tokens(part, vocabulary) for part in (parts.train, parts.validation, parts.test))
    return Parts(*each), vocabulary, choice


def fitted_to(parts: Parts, training: TrainSettings) -> Examples:
    """All examples that are not scored on: what a baseline is fitted to."""
    return parts.train if len(parts.validation) == 0 else joined(parts.train, parts.validation)


def _vocabulary(train: Examples, settings: ClassifySettings) -> Vocabulary | None:
    """The vocabulary of texts to train on; None for other examples."""
    if train.kind is not Kind.TEXT:
        return None
    texts = train.texts or ()
    unit = settings.unit
    if unit is None:
        # A text of one word, such as a name, tells by its letters.
        words = np.median([len(text.split()) for text in texts])
        unit = Unit.CHAR if words <= 1 else Unit.WORD
    rare = 5 if sum(map(len, texts)) > _LARGE else 2
    asked = VocabularySettings(
        unit=unit,
        lower=not settings.keep_case,
        size=settings.vocabulary,
        min_count=rare if unit is Unit.WORD else 1,
    )
    return fit_vocabulary(texts, asked)


def _tokens(examples: Examples, vocabulary: Vocabulary | None) -> Examples:
    if vocabulary is None or len(examples) == 0:
        return examples
    return examples.encoded(vocabulary)


def _suggested(
    train: Examples, settings: ClassifySettings, vocabulary: Vocabulary | None
) -> Suggestion:
    """What the examples suggest, with all that is asked for in its place."""
    lengths, classes = inputs_of(train).lengths, len(train.classes)
    if vocabulary is not None:
        found = suggest_text(lengths, classes, vocabulary.size)
    else:
        missing = settings.fill is Missing.MASK
        found = suggest_numbers(lengths, classes, len(train.channels), missing=missing)
    model = {
        "cell": settings.cell,
        "hidden": settings.hidden,
        "layers": settings.layers,
        "embedding": settings.embedding,
        "members": settings.members,
        "pools": settings.pool or None,
        "bidirectional": False if settings.forward else None,
        "dropout": settings.dropout,
        "variational": False if settings.dropout_each_step else None,
        "word_dropout": settings.word_dropout,
    }
    train_ = {
        "epochs": settings.epochs,
        "weight_decay": settings.weight_decay,
        "smoothing": settings.label_smoothing,
        "learning_rate": settings.learning_rate,
        "batch_size": settings.batch_size,
        "folds": False if settings.members == 1 else None,
    }
    asked = [{k: v for k, v in part.items() if v is not None} for part in (model, train_)]
    return Suggestion(
        type(found.model).model_validate({**found.model.model_dump(), **asked[0]}),
        found.train.model_copy(update=asked[1]),
    )
