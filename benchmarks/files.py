"""Where the public data sets lie."""

import os
from pathlib import Path

from segue.errors import DataError


def find(name: str, folder: Path | None, where: str, source: str) -> Path:
    """The path of one file, in `folder`, else $SEGUE_DATA, else ../shared/data.

    Args:
        name: the file, with the folder of its set.
        folder: of all sets.
        where: the folder in it for sets of this kind.
        source: the public source, for the error.

    Raises:
        DataError: it is not there; the public source is named.
    """
    place = folder or Path(os.environ.get("SEGUE_DATA", "../shared/data"))
    for path in (place / where / name, place / name):
        if path.is_file():
            return path
    raise DataError(f"{place / name}: no such file; fetch {source}")
