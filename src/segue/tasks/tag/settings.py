"""What a user asks of a tagging. Needs no heavy library, so that help comes at once."""

from typing import Annotated

from pydantic import Field

from segue.tasks.sentences.columns import Reading
from segue.tasks.settings import BY_DATA, Asked, Count, Option, TaskSettings

Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]


class TagSettings(TaskSettings, Reading):
    """What is asked; None leaves a choice to `suggest`, which goes by the data."""

    keep_case: bool = Field(
        default=False,
        description="Know a word only by its own capitals; letters are read with them anyway.",
    )
    vocabulary: Annotated[int, Field(ge=16, le=1_000_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Most words that are known as a whole."
    )
    vectors: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Pretrained vectors of words, of word2vec (text or binary) or GloVe (text),"
        " beside those that are learned.",
    )
    embedding: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of a word as a whole."
    )
    characters: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of a word from its letters, in each direction."
    )
    independent: bool = Field(
        default=False, description="Decide each tag by itself, without a CRF over the sentence."
    )
    dropout: Share | None = Field(
        default=None, description="Share of features dropped before, between and after the layers."
    )
    dropout_each_step: bool = Field(
        default=False, description="Drop other features at every step, not the same at all."
    )
    word_dropout: Share | None = Field(
        default=None, description="Share of the words that count as unknown in training."
    )
    character_dropout: Share | None = Field(
        default=None, description="Share of the letters that count as unknown in training."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW; embeddings have none."
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most sentences in a batch."
    )


class TagPredict(Asked):
    """What can be asked of a prediction."""

    probabilities: bool = Field(
        default=False, description="Say of each tag how probable it is, of JSON lines."
    )
