"""What a user asks of a recogniser. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from segue.tasks.settings import BY_DATA, Asked, Count, Option, TaskSettings
from segue.tasks.speech.listing import Listing

CHOSEN = "the training's"
Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]


class TranscribeSettings(TaskSettings, Listing):
    """What is asked; None leaves a choice to `suggest`, which goes by the recordings."""

    transducer: bool = Field(
        default=False,
        description="Train a recurrent transducer beside CTC, and take texts from it.",
    )
    masks: Annotated[int, Field(ge=0, le=20), Option("N", BY_DATA)] | None = Field(
        default=None,
        description="Bands of the spectrogram, and stretches of each second, hidden in training.",
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before, between and after the layers."
    )
    label_smoothing: Annotated[float, Field(ge=0, lt=1), Option("SHARE")] = Field(
        default=0.0, description="Share of the target that is spread over all units."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most recordings in a batch."
    )


class TranscribePredict(Asked):
    """What can be asked of a prediction; None leaves it as the training chose it."""

    greedy: bool = Field(
        default=False, description="Take the likeliest unit at each step, without a search."
    )
    beam: Annotated[int, Field(ge=1, le=1000), Option("N", CHOSEN)] | None = Field(
        default=None, description="Texts that the search follows side by side."
    )
    language: Annotated[str, Option("FILE", "the training's")] | None = Field(
        default=None,
        description="What the search counts words in: a text, or an ARPA file of n-grams.",
    )
    order: Annotated[int, Field(ge=1, le=9), Option("N")] = Field(
        default=2, description="Words of the longest n-grams that are counted in such a text."
    )
    language_weight: Annotated[float, Field(ge=0, le=100), Option("X", CHOSEN)] | None = Field(
        default=None, description="How much the n-grams count beside what is heard."
    )
    word_bonus: Annotated[float, Field(ge=-100, le=100), Option("X", CHOSEN)] | None = Field(
        default=None, description="What each word adds, so that few long words are not preferred."
    )
    any_word: bool = Field(
        default=False, description="Let words be said that the n-grams do not know."
    )


class TranscribeLive(TranscribePredict):
    """What can be asked of a run that listens."""

    live: bool = Field(
        default=False, description="Listen to raw samples on standard input: 16 bits, one channel."
    )
    rate: Annotated[int, Field(ge=1000, le=768_000), Option("HZ", "the training's")] | None = Field(
        default=None, description="Samples in a second."
    )
    pause: Annotated[float, Field(ge=0.1, le=60), Option("SECONDS")] = Field(
        default=0.8, description="Silence that ends a text."
    )
