"""What a user asks of a recommender. Needs no heavy library, so that help comes at once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from segue.tasks.sessions.columns import SessionSettings
from segue.tasks.settings import BY_DATA, Asked, Count, Option

Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]


class Loss(StrEnum):
    """What a training lowers."""

    SOFTMAX = "softmax"
    """Cross entropy, over all items or corrected for those that were drawn (logQ)."""
    BPR_MAX = "bpr-max"
    """Bayesian personalised ranking against the likeliest drawn items, with its regulariser."""
    TOP1_MAX = "top1-max"
    """TOP1 against the likeliest drawn items, with its regulariser."""


class RecommendSettings(SessionSettings):
    """What is asked; None leaves a choice to the log."""

    embedding: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of an item."
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before and behind the layers."
    )
    loss: Annotated[Loss, Option("LOSS")] = Field(
        default=Loss.SOFTMAX,
        description="What the training lowers: softmax, bpr-max or top1-max (Hidasi and"
        " Karatzoglou 2018).",
    )
    samples: Annotated[int, Field(ge=0, le=10**6), Option("N", BY_DATA)] | None = Field(
        default=None,
        description="Items that each step of training is compared with, drawn by popularity;"
        " 0 takes all for softmax, those of the batch alone for the others.",
    )
    flatness: Annotated[float, Field(ge=0, le=1), Option("X")] = Field(
        default=0.75,
        description="Items are drawn by their counts to the power X: 0 draws uniformly.",
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Sessions that are read side by side."
    )
    context: Annotated[int, Field(ge=1, le=100_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Events through which gradients go back; the state goes on."
    )


class RecommendPredict(Asked):
    """What can be asked of a prediction."""

    k: Annotated[int, Field(ge=1, le=1000), Option("K")] = Field(
        default=20, description="How many items to recommend."
    )
    sessions: Annotated[int, Field(ge=1, le=10**8), Option("N")] = Field(
        default=100_000, description="With -: sessions whose state is kept, the last used ones."
    )
    events: Annotated[int, Field(ge=1, le=10**6), Option("N")] = Field(
        default=50,
        description="With -: the last events of a session, of which a state that was put away is"
        " made again, for ten times as many sessions.",
    )
