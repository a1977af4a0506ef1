"""What a classifier says of examples, as rows that JSON holds."""

from collections.abc import Iterator
from typing import Any

import torch

from segue.data.vocabulary import Vocabulary
from segue.tasks.classify.explain import explain
from segue.tasks.classify.model import ClassifyModel
from segue.tasks.classify.settings import ClassifyPredict
from segue.tasks.examples.batches import probabilities
from segue.tasks.examples.examples import Examples, inputs_of

_DIGITS = 6


def answers(
    model: ClassifyModel,
    vocabulary: Vocabulary | None,
    examples: Examples,
    asked: ClassifyPredict,
) -> Iterator[dict[str, Any]]:
    """A row for each example, in their order."""
    found = probabilities(model, inputs_of(examples))
    for number, row in enumerate(found):
        best = int(row.argmax())
        answer: dict[str, Any] = {
            "id": examples.ids[number],
            "label": examples.classes[best],
            "probability": round(float(row[best]), _DIGITS),
            "probabilities": {
                name: round(float(p), _DIGITS)
                for name, p in zip(examples.classes, row, strict=True)
            },
        }
        if asked.explain:
            answer["because"] = _because(model, vocabulary, examples, number, best)
        yield answer


def _because(
    model: ClassifyModel,
    vocabulary: Vocabulary | None,
    examples: Examples,
    number: int,
    decided: int,
) -> list[list[Any]]:
    """What each unit of a text, or each step, added to the probability of the class."""
    steps = torch.from_numpy(inputs_of(examples)[number])
    if vocabulary is not None and examples.texts is not None:
        values = explain(model, steps.long(), decided).values.tolist()
        tokens = vocabulary.tokens(examples.texts[number])
        return [[token, round(v, _DIGITS)] for token, v in zip(tokens, values, strict=True)]
    values = explain(model, steps, decided).values.sum(1).tolist()
    return [[step, round(value, _DIGITS)] for step, value in enumerate(values, start=1)]
