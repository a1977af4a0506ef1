"""Numbers that come line by line, a line a tick."""

from collections.abc import Sequence

import numpy as np

from segue.errors import DataError


def numbers_of_line(line: str, number: int, names: Sequence[str]) -> list[float]:
    """The numbers of a line of standard input, with commas or blanks between.

    Args:
        line: what was written.
        number: of the line, from 1.
        names: what the numbers are, in their order.

    Raises:
        DataError: there are more or fewer, or they are no finite numbers.

    >>> numbers_of_line("1.5, 2", 1, ("voltage", "load"))
    [1.5, 2.0]
    """
    place = f"standard input: line {number}"
    try:
        values = [float(word) for word in line.replace(",", " ").split()]
    except ValueError:
        raise DataError(
            f"{place}: holds something else than numbers; write {', '.join(names)}"
        ) from None
    if len(values) != len(names) or not np.isfinite(values).all():
        raise DataError(
            f"{place}: {len(names)} finite numbers are needed ({', '.join(names)}), not"
            f" {len(values)}; write them with commas or blanks between"
        )
    return values
