"""Where a user's data come from: files, or a frame in memory."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segue.errors import DataError


@dataclass(frozen=True)
class Source:
    """Files in the order in which they were named, or a frame.

    Attributes:
        paths: of files or folders; none for a frame.
        frame: polars, pandas or whatever the task takes; None for files.

    >>> str(Source.of("sales.csv")), str(Source.of_frame([1, 2]))
    ('sales.csv', 'frame')
    """

    paths: tuple[Path, ...] = ()
    frame: Any = None

    @classmethod
    def of(cls, *paths: str | Path) -> "Source":
        """Files or folders."""
        return cls(tuple(map(Path, paths)))

    @classmethod
    def of_frame(cls, frame: Any) -> "Source":
        """Values in memory."""
        return cls(frame=frame)

    def __str__(self) -> str:
        return ", ".join(map(str, self.paths)) if self.paths else "frame"

    @property
    def path(self) -> Path:
        """The only file.

        Raises:
            DataError: there are several, or none.
        """
        if len(self.paths) != 1:
            raise DataError(f"{self}: one file is needed")
        return self.paths[0]
