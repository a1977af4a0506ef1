"""What a user asks of a classification. Needs no heavy library, so that help comes at once."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from segue.data.unit import Unit
from segue.tasks.examples.columns import Reading
from segue.tasks.settings import BY_DATA, Asked, Count, Option
from segue.tasks.table_settings import TableSettings


class Pool(StrEnum):
    """How a sequence of outputs becomes one vector."""

    last = "last"
    mean = "mean"
    max = "max"
    attention = "attention"


Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]


class ClassifySettings(TableSettings, Reading):
    """What is asked; None leaves a choice to `suggest`, which goes by the examples."""

    test: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Examples to score on; without it a fifth of the examples, of each class.",
    )
    unit: Annotated[Unit, Option("UNIT", BY_DATA)] | None = Field(
        default=None, description="What a text is read by: char, word, piece or byte."
    )
    keep_case: bool = Field(default=False, description="Tell capital letters from small ones.")
    vocabulary: Annotated[int, Field(ge=16, le=1_000_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Most units that are told apart."
    )
    vectors: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Pretrained vectors of words, of word2vec (text or binary) or GloVe (text),"
        " that the words of a text begin with.",
    )
    forward: bool = Field(
        default=False, description="Read from the start only, not from the end as well."
    )
    pool: Annotated[tuple[Pool, ...], Option("POOL", BY_DATA)] = Field(
        default=(),
        description="How the outputs over time become one: last, mean, max or attention;"
        " repeatable.",
    )
    embedding: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of a unit of text, or of a frame of numbers."
    )
    members: Annotated[int, Field(ge=1, le=64), Option("N", BY_DATA)] | None = Field(
        default=None, description="Networks whose probabilities are averaged."
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before, between and after the layers."
    )
    dropout_each_step: bool = Field(
        default=False, description="Drop other features at every step, not the same at all."
    )
    word_dropout: Share | None = Field(
        default=None, description="Share of the words left out of a text in training."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW."
    )
    label_smoothing: Share | None = Field(
        default=None, description="Share of the target that is spread over all classes."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most examples in a batch."
    )
    balanced: bool = Field(default=False, description="Let all classes count alike, rare or not.")

    @field_validator("pool", mode="before")
    @classmethod
    def _one_pool(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class ClassifyPredict(Asked):
    """What can be asked of a prediction."""

    explain: bool = Field(
        default=False,
        description="Say how much each unit of text or step in time spoke for the class.",
    )
