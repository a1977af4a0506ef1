"""What a translator is built from."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from segue.cells import by_name
from segue.nn import AdditiveAttention, EncoderDecoder, MultiplicativeAttention
from segue.tasks.bounds import CellName, check_size
from segue.tasks.translate.settings import Attention


class TranslateConfig(BaseModel):
    """Everything that a `TranslateModel` is built from.

    Attributes:
        sources: units of the source that are told apart.
        targets: units of the target, V.
        shared: source, target and output have one embedding.
        tied: target and output have one embedding.
        embedding: E, features of a unit.
        cell: a name of `segue.cells.by_name()`.
        hidden: H, features of a state; the encoder has H in each direction.
        layers: of the encoder, and of the decoder above its attention.
        attention: how a query and a memory are compared.
        input_feeding: the decoder reads its own latest features beside the latest unit.
        dropout: share of features dropped before every layer and before the output.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    sources: int = Field(ge=4, le=2_000_000)
    targets: int = Field(ge=4, le=2_000_000)
    shared: bool = False
    tied: bool = True
    embedding: int = Field(default=256, ge=1, le=8192)
    cell: CellName = "gru"
    hidden: int = Field(default=256, ge=1, le=8192)
    layers: int = Field(default=1, ge=1, le=64)
    attention: Attention = Attention.multiplicative
    input_feeding: bool = False
    dropout: float = Field(default=0.3, ge=0, lt=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.shared and self.sources != self.targets:
            raise ValueError("one embedding for both languages needs one vocabulary")
        size = (self.sources + 2 * self.targets) * self.embedding
        size += 4 * (self.layers + 1) * self.hidden * (5 * self.hidden + self.embedding)
        check_size(size)
        return self


def build(config: TranslateConfig) -> EncoderDecoder:
    """The network, its weights drawn anew."""
    hidden = config.hidden
    attend: MultiplicativeAttention | AdditiveAttention
    if config.attention is Attention.additive:
        attend = AdditiveAttention(hidden, 2 * hidden, hidden)
    else:
        attend = MultiplicativeAttention(hidden, 2 * hidden)
    return EncoderDecoder(
        by_name()[config.cell],
        attend,
        sources=config.sources,
        targets=config.targets,
        embedding_size=config.embedding,
        hidden_size=hidden,
        layers=config.layers,
        dropout=config.dropout,
        shared=config.shared,
        tied=config.tied,
        input_feeding=config.input_feeding,
    )
