"""What a model may be built of: a cell that is there, and weights that a machine has room for."""

from typing import Annotated

from pydantic import AfterValidator

from segue.cells import by_name

LARGEST = 1_000_000_000  # weights


def known_cell(name: str) -> str:
    """The name of a cell, which must be one of `segue.cells.by_name()`.

    Raises:
        ValueError: there is none of that name.

    >>> known_cell("gru")
    'gru'
    """
    if name not in by_name():
        raise ValueError(f"{name!r} is none of {', '.join(sorted(by_name()))}")
    return name


CellName = Annotated[str, AfterValidator(known_cell)]


def check_size(weights: int) -> None:
    """Refuse a model of too many weights.

    Args:
        weights: how many it has at least.

    Raises:
        ValueError: that is more than `LARGEST`.

    >>> check_size(2 * LARGEST)
    Traceback (most recent call last):
        ...
    ValueError: the model would have 2e+09 weights or more, and 1e9 is the most; make it smaller
    """
    if weights > LARGEST:
        raise ValueError(
            f"the model would have {weights:.0e} weights or more, and 1e9 is the most; make it"
            " smaller"
        )
