"""The line that reading a file ends in."""

from pathlib import Path

import pytest

from segue.errors import DataError, SegueError
from segue.tasks.forecast.data import Columns, Fill, Grid, read_panel

BASIC = Columns("day", ("sales",))


def refusal(
    path: Path,
    columns: Columns = BASIC,
    *,
    fill: Fill | None = None,
    grid: Grid = Grid.REGULAR,
) -> str:
    """The one line, without the path that it starts with."""
    with pytest.raises(DataError) as caught:
        read_panel(path, columns, fill=fill, grid=grid)
    line = str(caught.value)
    assert isinstance(caught.value, SegueError)
    assert line.isprintable()
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")
