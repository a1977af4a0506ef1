"""What a classifier says of examples, as rows that JSON holds."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from segue.data.ragged import Ragged
from segue.data.vocabulary import Vocabulary
from segue.errors import DataError, OptionError
from segue.tasks.classify.explain import explain
from segue.tasks.classify.model import ClassifyModel
from segue.tasks.classify.record import ClassifyRun
from segue.tasks.classify.settings import ClassifyPredict
from segue.tasks.examples.batches import probabilities
from segue.tasks.examples.examples import Examples, Kind, inputs_of

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


def example_of_line(
    record: ClassifyRun, vocabulary: Vocabulary | None, line: str, number: int
) -> Examples:
    """A line of a stream as an example.

    Raises:
        DataError: it is empty or holds no numbers.
        OptionError: an example of this run is no line.
    """
    place, name = f"line {number}", str(number)
    text = line.strip()
    if not text:
        raise DataError(f"standard input: {place}: is empty; write an example in each line")
    one = Examples(record.kind, "standard input", (name,), (place,), record.classes, None)
    if vocabulary is not None:
        return Examples(
            record.kind, one.source, one.ids, one.where, one.classes, None, texts=(text,)
        ).encoded(vocabulary)
    steps = record.kind is Kind.SERIES and len(record.channels) == 1
    if not steps and record.kind is not Kind.VECTOR:
        raise OptionError(f"a {record.kind} with {len(record.channels)} channels is no line of"
                          " text; name a file")  # fmt: skip
    try:
        numbers = np.array([float(word) for word in text.replace(",", " ").split()], np.float32)
    except ValueError:
        raise one.error(0, "holds something else than numbers; write them with blanks or commas"
                        " between") from None  # fmt: skip
    values = numbers[:, None] if steps else numbers[None]
    if not np.isfinite(values).all():
        raise one.error(0, "holds a number that is not finite; leave it out")
    if values.shape[1] != len(record.channels):
        raise one.error(0, f"holds {values.shape[1]} numbers where {len(record.channels)} are"
                        " needed")  # fmt: skip
    offsets = np.array([0, len(values)], np.int64)
    return Examples(
        record.kind,
        one.source,
        one.ids,
        one.where,
        one.classes,
        None,
        inputs=Ragged(values, offsets),
        channels=record.channels,
    )


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
