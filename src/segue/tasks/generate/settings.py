"""What a user asks of a language model. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.tasks.settings import BY_DATA, Asked, Count, Option, TaskSettings

Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]
Files = Annotated[tuple[str, ...], Option("FILE")]


_OF_TEXT = ("lower", "vocabulary", "encoding", "label")  # fields that say nothing of music


class Unit(StrEnum):
    """What is written at a step."""

    char = "char"
    word = "word"
    token = "token"  # noqa: S105 - what stands between blanks
    piece = "piece"
    byte = "byte"
    midi = "midi"


_BY_FREQUENCY = (Unit.word, Unit.token)  # units that are numbered so


class GenerateSettings(TaskSettings):
    """What is asked; None leaves a choice to the size of the text."""

    unit: Annotated[Unit, Option("UNIT")] = Field(
        default=Unit.char,
        description="What is written at a step: char, word, token (between blanks), piece or byte;"
        " for music midi, an event.",
    )
    dev: Files = Field(
        default=(), description="Text to choose the weights by; without it a twentieth of FILE."
    )
    test: Files = Field(default=(), description="Text to score on, likewise.")
    label: Annotated[str, Option("COLUMN")] | None = Field(
        default=None,
        description="Of a table, with --text: the column that says what each text is, such as its"
        " language; `segue generate --label` then says what to write.",
    )
    text: Annotated[str, Option("COLUMN")] | None = Field(
        default=None, description="Of a table, with --label: the column of the texts."
    )
    lower: bool = Field(default=False, description="Write everything in small letters.")
    vocabulary: Annotated[int, Field(ge=16, le=1_000_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Most units that are told apart."
    )
    encoding: Annotated[str, Option("NAME", "UTF-8")] | None = Field(
        default=None, description="The encoding of the files, such as windows-1252."
    )
    embedding: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of a unit."
    )
    untied: bool = Field(
        default=False,
        description="Output weights of their own, where words and pieces share the embedding's.",
    )
    adaptive: bool = Field(
        default=False,
        description="Score rare words by clusters, with fewer features; for large vocabularies.",
    )
    sampled: Annotated[int, Field(ge=1, le=1_000_000), Option("N")] | None = Field(
        default=None,
        description="Score N drawn words in training, not all; for large vocabularies. Scores are"
        " exact in any case.",
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before, between and after the layers."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Stretches of the text that are read side by side."
    )
    context: Annotated[int, Field(ge=1, le=100_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Steps through which gradients go back; the state goes on."
    )

    @field_validator("dev", "test", mode="before")
    @classmethod
    def _one_file(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.unit is Unit.midi:
            for name in _OF_TEXT:
                if getattr(self, name):
                    raise ValueError(f"--{name} is for text: leave it out with --unit midi")
        if (self.label is None) != (self.text is None):
            raise ValueError("--label and --text are two columns of a table: name both")
        if self.adaptive and self.sampled:
            raise ValueError("--adaptive and --sampled are two outputs: name one")
        if (self.adaptive or self.sampled) and self.unit not in _BY_FREQUENCY:
            name = "--adaptive" if self.adaptive else "--sampled"
            raise ValueError(f"{name} is for words: say --unit word or --unit token")
        return self


class GenerateAsked(Asked):
    """What can be asked of a text to write."""

    prompt: Annotated[str, Option("TEXT")] = Field(
        default="",
        description="What the text begins with, for music a MIDI file; without it a new line or"
        " piece begins.",
    )
    label: Annotated[str, Option("NAME")] | None = Field(
        default=None, description="What to write, for a model that was trained with --label."
    )
    length: (
        Annotated[
            int, Field(ge=1, le=10_000_000), Option("N", "500, for music to the end of the piece")
        ]
        | None
    ) = Field(default=None, description="Most units to write.")
    lines: Annotated[Count, Option("N")] | None = Field(
        default=None, description="Stop at the end of so many lines of text."
    )
    temperature: Annotated[float, Field(ge=0, le=100), Option("X")] = Field(
        default=1.0, description="Below 1 more of the likely, above 1 more of the unlikely; 0 none."
    )
    top_k: Annotated[int, Field(ge=0, le=2**31 - 1), Option("N")] = Field(
        default=0, description="Draw from the N likeliest units; 0 from all."
    )
    top_p: Annotated[float, Field(ge=0, le=1), Option("P")] = Field(
        default=1.0, description="Draw from the likeliest units that have this probability."
    )
    min_p: Annotated[float, Field(ge=0, le=1), Option("P")] = Field(
        default=0.0, description="Draw from units with this share of the likeliest's probability."
    )
    repetition_penalty: Annotated[float, Field(ge=0.01, le=100), Option("X")] = Field(
        default=1.0, description="Above 1 units that stand there already come less often."
    )
    seed: Annotated[int, Field(ge=0, lt=2**32), Option("N")] = Field(
        default=0, description="One seed writes one text."
    )
    state: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Go on where the text in this file ended, if there is one; keep its end there.",
    )
