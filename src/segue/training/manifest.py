"""`run.json`: the identity of a run, and the files that its end made visible, as one.

The files of an end are written beside their places first. One atomic replacement of run.json then
names all of them with their digests; from that moment they are the run's, and only then are they
moved to their places. A reader that comes in between, or after a crash in between, finds them
where run.json says.
"""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from segue.errors import RunError
from segue.training.files import read_file, write_whole
from segue.training.identity import Identity

NAME = "run.json"
_MOST_BYTES = 2**20
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
StagedName = Annotated[str, Field(pattern=r"^\.[A-Za-z0-9][A-Za-z0-9._-]{0,130}\.tmp$")]


class Entry(BaseModel):
    """A file of the run's end: its digest, and where it was written before it was moved."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Digest
    staged: StagedName


class Manifest(BaseModel):
    """What run.json says.

    Attributes:
        format: of this file.
        run: 32 random hexadecimal digits, the run's id; None for a run that was begun by a version
            that gave none.
        config: SHA-256 of config.json; None where the run has none.
        files: of the run's end, by name; none before the training is over.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    run: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None
    config: Digest | None = None
    files: dict[FileName, Entry] = {}

    @classmethod
    def new(cls, config: bytes | None, *, identified: bool = True) -> "Manifest":
        """Return that of a run, with the content of its config.json; with a new id, or without."""
        run = secrets.token_hex(16) if identified else None
        return cls(run=run, config=None if config is None else sha256(config))

    @classmethod
    def read(cls, folder: Path) -> "Manifest | None":
        """Return that of a run; None where a version without run.json made it.

        Raises:
            RunError: it is damaged.
        """
        path = folder / NAME
        try:
            data = read_file(path, _MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise RunError(f"{path}: cannot be read: {error.strerror or error}") from None
        try:
            return cls.model_validate(json.loads(data), strict=True)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise RunError(
                f"{path}: is not what a training wrote (at {place[:80] or 'its beginning'!r}):"
                " restore it, or train again"
            ) from None
        except (ValueError, RecursionError):
            raise RunError(f"{path}: is not JSON: restore it, or train again") from None

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all.

        Raises:
            RunError: it cannot be written.
        """
        write_whole(folder / NAME, (self.model_dump_json(indent=2) + "\n").encode())

    @property
    def identity(self) -> Identity | None:
        """What every file of the run names; None where its files name none."""
        return None if self.run is None else Identity(self.run, self.config or "")


def sha256(data: bytes) -> str:
    """Return the SHA-256 of `data` as hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
