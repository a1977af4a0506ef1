"""What a user asks of a translation. Needs no heavy library, so that help comes at once."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from segue.data.unit import Cut
from segue.tasks.settings import BY_DATA, Asked, Count, Option, TaskSettings


class Attention(StrEnum):
    """How a query and a memory are compared."""

    multiplicative = "multiplicative"
    additive = "additive"


class Tokenizer(StrEnum):
    """How BLEU cuts texts into words."""

    mteval = "13a"
    international = "intl"
    chinese = "zh"
    char = "char"
    none = "none"


Share = Annotated[float, Field(ge=0, lt=1), Option("SHARE", BY_DATA)]
Column = Annotated[str, Option("COL")]
Files = Annotated[tuple[str, ...], Field(max_length=2), Option("FILE")]
Penalty = Annotated[float, Field(ge=0, le=10), Option("X")]
Beam = Annotated[int, Field(ge=1, le=1000), Option("N")]


class TranslateSettings(TaskSettings):
    """What is asked; None leaves a choice to the size of the data."""

    source: Column | None = Field(
        default=None,
        description="Of a table: the text to translate. A number counts columns, from 1, in a file"
        " without a header, where quote marks are text too with --no-quotes.",
    )
    target: Column | None = Field(default=None, description="Of a table: its translation.")
    id: Column | None = Field(default=None, description="Of a table: the name of a row.")
    no_quotes: bool = Field(default=False, description="A quote mark is text like any other.")
    encoding: Annotated[str, Option("NAME", "UTF-8")] | None = Field(
        default=None, description="The encoding of the files, such as windows-1252."
    )
    dev: Files = Field(
        default=(),
        description="Pairs to choose the weights by, as the training's: a table, or the option"
        " twice for two files. Without it some of the pairs.",
    )
    test: Files = Field(default=(), description="Pairs to score on, likewise.")
    source_unit: Annotated[Cut, Option("UNIT", BY_DATA)] | None = Field(
        default=None,
        description="What the text is read by: char, word, token (between blanks), piece or byte.",
    )
    target_unit: Annotated[Cut, Option("UNIT", BY_DATA)] | None = Field(
        default=None, description="What the translation is written by, likewise."
    )
    joint: bool = Field(
        default=False, description="One set of units, and one embedding, for both languages."
    )
    unigram: bool = Field(
        default=False, description="Pieces by a unigram model, not by byte pair encoding."
    )
    vocabulary: Annotated[int, Field(ge=16, le=1_000_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Most units of a language that are told apart."
    )
    source_vectors: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Pretrained vectors of words, of word2vec (text or binary) or GloVe (text),"
        " that the words or tokens of the source begin with.",
    )
    target_vectors: Annotated[str, Option("FILE")] | None = Field(
        default=None, description="Those of the translation's, likewise."
    )
    lower: bool = Field(default=False, description="Write everything in small letters.")
    longest: Annotated[int, Field(ge=1, le=10_000), Option("N", BY_DATA)] | None = Field(
        default=None, description="Pairs with more units on a side are not trained on."
    )
    embedding: Annotated[int, Field(ge=1, le=8192), Option("N", BY_DATA)] | None = Field(
        default=None, description="Features of a unit."
    )
    attention: Annotated[Attention, Option("FORM")] = Field(
        default=Attention.multiplicative, description="multiplicative or additive."
    )
    input_feeding: bool = Field(
        default=False,
        description="The decoder reads what it looked at in the step before; slower.",
    )
    untied: bool = Field(
        default=False, description="Output weights of their own, not those of the embedding."
    )
    dropout: Share | None = Field(default=None, description="Share of features dropped.")
    label_smoothing: Annotated[float, Field(ge=0, lt=1), Option("SHARE")] = Field(
        default=0.1, description="Share of the target that is spread over all units."
    )
    scheduled_sampling: Annotated[float, Field(ge=0, le=1), Option("SHARE")] = Field(
        default=0.0,
        description="Share of the units that the decoder reads from its own output at the end of"
        " the training; it grows from 0.",
    )
    learning_rate: Annotated[float, Field(gt=0, le=10), Option("X", BY_DATA)] | None = Field(
        default=None, description="Of AdamW, at its highest."
    )
    weight_decay: Annotated[float, Field(ge=0, le=10), Option("X")] = Field(
        default=0.01, description="Of AdamW."
    )
    batch_size: Annotated[Count, Option("N", BY_DATA)] | None = Field(
        default=None, description="Most pairs in a batch."
    )
    beam: Beam = Field(default=5, description="Translations that are followed side by side.")
    length_penalty: Penalty = Field(
        default=1.0, description="How much longer translations are preferred."
    )
    coverage_penalty: Penalty = Field(
        default=0.0, description="How much is held against leaving words out."
    )
    bleu_tokenizer: Annotated[Tokenizer, Option("NAME")] = Field(
        default=Tokenizer.mteval,
        description="How BLEU cuts words: 13a, intl, zh, char or none.",
    )

    @field_validator("dev", "test", mode="before")
    @classmethod
    def _one_file(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else given


class TranslatePredict(Asked):
    """What can be asked of a prediction."""

    beam: Annotated[Beam, Option("N", "the training's")] | None = Field(
        default=None, description="Translations that are followed side by side."
    )
    n_best: Annotated[int, Field(ge=1, le=1000), Option("N")] = Field(
        default=1, description="How many of them to give, with their scores; as JSONL."
    )
    length_penalty: Annotated[Penalty, Option("X", "the training's")] | None = Field(
        default=None, description="How much longer translations are preferred."
    )
    coverage_penalty: Annotated[Penalty, Option("X", "the training's")] | None = Field(
        default=None, description="How much is held against leaving words out."
    )
    attention: bool = Field(
        default=False, description="Give the units of both texts and their attention; as JSONL."
    )
    source: Column | None = Field(
        default=None, description="The column of a table, where it is not the training's."
    )
    id: Column | None = Field(default=None, description="The column that names a row, likewise.")
