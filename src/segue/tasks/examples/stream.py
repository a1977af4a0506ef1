"""Examples that come line by line."""

from typing import Protocol

import numpy as np

from segue.data.ragged import Ragged
from segue.data.vocabulary import Vocabulary
from segue.errors import DataError, OptionError
from segue.tasks.examples.examples import Examples, Kind


class Form(Protocol):
    """What the examples of a run are like: its record says it."""

    @property
    def kind(self) -> Kind:
        """What an example is."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the channels; none for texts."""


def example_of_line(form: Form, vocabulary: Vocabulary | None, line: str, number: int) -> Examples:
    """A line of a stream as an example.

    Raises:
        DataError: it is empty or holds no numbers.
        OptionError: an example of this run is no line.
    """
    place, name = f"line {number}", str(number)
    text = line.strip()
    if not text:
        raise DataError(f"standard input: {place}: is empty; write an example in each line")
    one = Examples(form.kind, "standard input", (name,), (place,), form.classes, None)
    if vocabulary is not None:
        return Examples(
            form.kind, one.source, one.ids, one.where, one.classes, None, texts=(text,)
        ).encoded(vocabulary)
    steps = form.kind is Kind.SERIES and len(form.channels) == 1
    if not steps and form.kind is not Kind.VECTOR:
        raise OptionError(f"a {form.kind} with {len(form.channels)} channels is no line of"
                          " text; name a file")  # fmt: skip
    try:
        numbers = np.array([float(word) for word in text.replace(",", " ").split()], np.float32)
    except ValueError:
        raise one.error(0, "holds something else than numbers; write them with blanks or commas"
                        " between") from None  # fmt: skip
    values = numbers[:, None] if steps else numbers[None]
    if not np.isfinite(values).all():
        raise one.error(0, "holds a number that is not finite; leave it out")
    if values.shape[1] != len(form.channels):
        raise one.error(0, f"holds {values.shape[1]} numbers where {len(form.channels)} are"
                        " needed")  # fmt: skip
    offsets = np.array([0, len(values)], np.int64)
    return Examples(
        form.kind,
        one.source,
        one.ids,
        one.where,
        one.classes,
        None,
        inputs=Ragged(values, offsets),
        channels=form.channels,
    )
