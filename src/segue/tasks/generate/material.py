"""`Material`: what a language model is of, text or music."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from segue.data.corpus import Corpus
from segue.data.source import Source
from segue.insight.report import Section
from segue.nn.decoding.sampling import SamplingSettings
from segue.tasks.generate.settings import GenerateAsked
from segue.tasks.language.model import LanguageModel
from segue.tasks.language.scores import LanguageScores
from segue.training import RunFolder


class Material(Protocol):
    """Something that is read and written a unit at a time."""

    @property
    def unit(self) -> str:
        """What a unit is called, in the singular."""
        ...

    @property
    def size(self) -> int:
        """How many units there are."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """What the last units say of the text behind them; there may be none."""
        ...

    @property
    def fresh(self) -> int | None:
        """The unit at which the state begins anew; None where all is one text."""
        ...

    def state(self) -> dict[str, Any]:
        """What is kept of it in a run, beside the settings."""
        ...

    def corpus(self, source: Source) -> Corpus:
        """Files as ids.

        Raises:
            DataError: a file cannot be read; file, row and remedy are named.
        """
        ...

    def likely(self, model: LanguageModel, source: Source) -> Iterator[dict[str, Any]]:
        """How likely each line or piece is, in order."""
        ...

    def live(self, model: LanguageModel) -> Callable[[str], dict[str, Any]]:
        """From a line to how likely it is.

        Raises:
            OptionError: there are no lines.
        """
        ...

    def write(
        self, run: RunFolder, model: LanguageModel, asked: GenerateAsked
    ) -> Iterable[str | bytes]:
        """The prompt and what the model writes behind it, as it is made.

        Raises:
            OptionError: the prompt has nothing that the model knows.
            RunError: the file of the state is damaged, or of another run.
        """
        ...

    def sections(self, model: LanguageModel, scores: LanguageScores) -> Sequence[Section]:
        """The sections of the report."""
        ...


def sampling(asked: GenerateAsked) -> SamplingSettings:
    """How units are drawn."""
    return SamplingSettings(
        asked.repetition_penalty, asked.temperature, asked.top_k, asked.top_p, asked.min_p
    )
