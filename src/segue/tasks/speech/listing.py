"""What can be said of recordings: their list, their texts, and how they are heard."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.tasks.settings import BY_DATA, Asked, Option


class SpeechUnit(StrEnum):
    """What is heard at a step."""

    char = "char"
    piece = "piece"
    word = "word"


Column = Annotated[str, Option("COL", "by its name")]
Speed = Annotated[float, Field(ge=0.5, le=2)]


class Listing(Asked):
    """Which columns of a list are what, what a text is made of, and how sound is heard."""

    audio: Column | None = Field(default=None, description="The file of a recording.")
    text: Column | None = Field(default=None, description="What is said in it.")
    speaker: Column | None = Field(
        default=None, description="Who says it: no speaker is in two parts of the data."
    )
    id: Column | None = Field(default=None, description="What names a recording in results.")
    division: Annotated[str, Option("COL")] | None = Field(
        default=None, description="Whether a recording is for train, validation or test."
    )
    start: Annotated[str, Option("COL")] | None = Field(
        default=None, description="Where in its file a recording begins, in seconds."
    )
    end: Annotated[str, Option("COL")] | None = Field(
        default=None, description="Where it ends, in seconds."
    )
    encoding: Annotated[str, Option("NAME", "UTF-8")] | None = Field(
        default=None, description="The encoding of the list, such as windows-1252."
    )
    dev: Annotated[str, Option("LIST")] | None = Field(
        default=None, description="Recordings to choose the weights by; else a tenth of LIST."
    )
    test: Annotated[str, Option("LIST")] | None = Field(
        default=None, description="Recordings to score on; else a tenth of LIST."
    )
    unit: Annotated[SpeechUnit, Option("UNIT")] = Field(
        default=SpeechUnit.char, description="What a text is made of: char, piece or word."
    )
    commands: bool = Field(
        default=False,
        description="Each recording says one of a few names: tell which, as with a folder of them.",
    )
    vocabulary: Annotated[int, Field(ge=16, le=100_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Most pieces or words that are told apart."
    )
    keep_case: bool = Field(default=False, description="Tell capital letters from small ones.")
    keep_punctuation: bool = Field(default=False, description="Hear punctuation marks too.")
    skip_bad: bool = Field(
        default=False, description="Leave out recordings that cannot be used, and list them."
    )
    streaming: bool = Field(
        default=False, description="Listen live: read from the start only, a tenth of a second at"
        " a time."
    )  # fmt: skip
    latency: Annotated[int, Field(ge=20, le=10_000), Option("MS")] | None = Field(
        default=None,
        description="Listen live, and look ahead: wait for so many milliseconds at a time and read"
        " them in both directions.",
    )
    rate: Annotated[int, Field(ge=1000, le=768_000), Option("HZ", BY_DATA)] | None = Field(
        default=None, description="Samples in a second, to which recordings are brought."
    )
    channel: Annotated[int, Field(ge=0, le=1023), Option("N", "their mean")] | None = Field(
        default=None, description="The microphone to hear, from 0."
    )
    bands: Annotated[int, Field(ge=8, le=256), Option("N", BY_DATA)] | None = Field(
        default=None, description="Mel bands of a frame."
    )
    stride: Annotated[int, Field(ge=1, le=8), Option("N")] = Field(
        default=2, description="Frames of 10 ms to a step of the recurrent layers."
    )
    speeds: Annotated[tuple[Speed, ...], Option("X", BY_DATA)] = Field(
        default=(),
        description="Train also on the recordings played so much faster; repeatable, 1 for none.",
    )
    noise: Annotated[str, Option("FOLDER")] | None = Field(
        default=None,
        description="Train also on the recordings with noise under them, 5 to 20 dB below.",
    )

    greedy: bool = Field(
        default=False, description="Take the likeliest unit at each step, without a search."
    )
    language: Annotated[str, Option("FILE", "the transcripts")] | None = Field(
        default=None,
        description="What the search counts words in: a text, or an ARPA file of n-grams.",
    )
    order: Annotated[int, Field(ge=1, le=9), Option("N")] = Field(
        default=2, description="Words of the longest n-grams that are counted."
    )
    beam: Annotated[int, Field(ge=1, le=1000), Option("N", "16, of a transducer 4")] | None = Field(
        default=None, description="Texts that the search follows side by side."
    )

    @property
    def live(self) -> bool:
        """Whether the run can listen live."""
        return self.streaming or self.latency is not None

    @field_validator("speeds", mode="before")
    @classmethod
    def _one_speed(cls, given: Any) -> Any:
        return (given,) if isinstance(given, (int, float)) else given

    @model_validator(mode="after")
    def _check_latency(self) -> Self:
        if self.latency is not None and self.latency < 10 * self.stride:
            raise ValueError(
                f"--latency {self.latency}: a step is {10 * self.stride} ms; give it one at least"
            )
        return self
