"""The roles of a frame's columns, where they are plain to see."""

from collections.abc import Sequence

from segue.data.frames import to_polars
from segue.errors import DataError


def guess_columns(
    frame: object, named: Sequence[str], time: str | None, targets: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    """The time column and the targets of a frame: those named, else the only candidate for each.

    Args:
        frame: polars or pandas.
        named: columns that have another role.
        time: the time column, if that has been named.
        targets: the target columns, if they have been named.

    Raises:
        DataError: none or several columns would do.

    >>> frame = pl.DataFrame({"day": [1, 2], "sold": [0.5, 1.5]})
    >>> guess_columns(frame, [], "day", ())
    ('day', ('sold',))
    """
    schema = to_polars(frame, "frame").schema
    free = [name for name in schema if name not in {*named, *targets, time}]
    if time is None:
        time = _only([n for n in free if schema[n].is_temporal()], "time", "dates")
    if not targets:
        targets = (
            _only([n for n in free if schema[n].is_numeric() and n != time], "target", "numbers"),
        )
    return time, targets


def _only(candidates: list[str], role: str, kind: str) -> str:
    if len(candidates) != 1:
        found = ", ".join(candidates) or "none"
        raise DataError(
            f"which column is the {role}? columns of {kind}: {found}; give Forecaster({role}=...)"
        )
    return candidates[0]
