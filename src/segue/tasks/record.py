"""`config.json`: what was asked, of which data, and what was chosen for it."""

from typing import Any, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from segue.errors import RunError
from segue.tasks.settings import TaskSettings, first_defect
from segue.training import RunFolder

S = TypeVar("S", bound=TaskSettings)


class Kept(BaseModel):
    """A part of `config.json`: what stands there is checked, and nothing else may stand there."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DataReference(Kept):
    """What was trained on: the file or files, None for a frame, and the SHA-256 of what was read.

    Attributes:
        file: the first file.
        more: the files after it.
        sha256: of the values that training sees.
    """

    file: str | None
    more: tuple[str, ...] = ()
    sha256: str

    @property
    def files(self) -> tuple[str, ...]:
        """All files; none for a frame."""
        return () if self.file is None else (self.file, *self.more)


class Record(Kept, Generic[S]):
    """What every run's `config.json` says; a task adds what it chose.

    Attributes:
        task: name of the task.
        segue: version that wrote it.
        settings: what was asked.
        data: what was trained on.
    """

    task: str
    segue: str
    settings: S
    data: DataReference

    def write(self, run: RunFolder) -> None:
        """Write the run's `config.json`."""
        run.write_config(self.model_dump(mode="json"))

    @classmethod
    def of(cls, document: dict[str, Any], run: RunFolder) -> Self:
        """Check what the run's `config.json` holds.

        Raises:
            RunError: it is damaged; the first defect is named.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise RunError(f"{run.config_path}: {first_defect(error)}; train again") from None
