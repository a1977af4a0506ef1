"""What can be said of files of tagged sentences. Needs no heavy library."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from segue.data.notation import Notation
from segue.data.scheme import Scheme
from segue.tasks.settings import Asked, Option

Column = Annotated[str, Option("COL")]


class Reading(Asked):
    """Where tokens, tags and labels stand, in which files, and how tags write spans."""

    token: Column | None = Field(
        default=None,
        description="The column of the tokens, by name or number from 1, or the key of their list;"
        " without it FORM, the first column, or tokens.",
    )
    tag: Column | None = Field(
        default=None,
        description="The same for the tags (-1 is the last column); without it UPOS, the last"
        " column, or tags.",
    )
    intent: Annotated[str, Option("NAME")] | None = Field(
        default=None,
        description="Give each sentence a label too, which a comment # NAME = ... before it says,"
        " or the key NAME.",
    )
    dev: Annotated[str, Option("FILE")] | None = Field(
        default=None,
        description="Sentences to choose the weights by; without it a tenth of FILE.",
    )
    test: Annotated[str, Option("FILE")] | None = Field(
        default=None, description="Sentences to score on; without it a tenth of FILE."
    )
    scheme: Annotated[Scheme, Option("NAME", "as the tags show")] | None = Field(
        default=None,
        description="How tags write spans: iob1, iob2, iobes, bilou or bmes; plain for tags that"
        " write none. Where it is named, tags that break it are read as conlleval does.",
    )
    encoding: Annotated[str, Option("NAME", "UTF-8")] | None = Field(
        default=None, description="The encoding of the files, such as windows-1252."
    )

    @model_validator(mode="after")
    def _check_encoding(self) -> Self:
        _ = Notation(encoding=self.encoding)
        return self
