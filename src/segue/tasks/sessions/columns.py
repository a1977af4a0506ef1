"""What can be asked of how sessions are read, divided and scored. Needs no heavy library."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from segue.tasks.settings import Option
from segue.tasks.table_settings import TableSettings

Column = Annotated[str, Option("COL")]
Span = re.compile(r"[0-9]+(\.[0-9]+)? ?[smhdw]")
Percent = re.compile(r"[0-9]+(\.[0-9]+)? ?%")


class SessionSettings(TableSettings):
    """Where a log says what, what of it is scored, and how."""

    item: Column | None = Field(default=None, description="The column of items.")
    session: Column | None = Field(
        default=None, description="The column that says which events belong together."
    )
    user: Column | None = Field(
        default=None, description="The column of users; without --session all of one are a session."
    )
    time: Column | None = Field(
        default=None, description="The column of times; without it events are in the file's order."
    )
    gap: Annotated[str, Option("SPAN")] | None = Field(
        default=None, description="After a pause of SPAN, such as 30m, another session begins."
    )
    sort: bool = Field(default=False, description="Events may stand in any order: sort by time.")
    kind: Column | None = Field(default=None, description="The column of what was done.")
    only: Annotated[tuple[str, ...], Option("KIND")] = Field(
        default=(), description="A kind of event that counts, with --kind; repeatable."
    )
    sequences: bool = Field(
        default=False, description="Each line of FILE is a session: items with blanks between them."
    )
    dev: Annotated[str, Option("FILE")] | None = Field(
        default=None, description="Sessions to choose the weights by; without it 5% of FILE's."
    )
    test: Annotated[str, Option("FILE")] | None = Field(
        default=None, description="Sessions to score on; without it the last of FILE."
    )
    last: Annotated[str, Option("SPAN|N%", "a day, or 10%")] | None = Field(
        default=None,
        description="What of FILE is scored: the last span, such as 7d, or N%.",
    )
    leave_one_out: bool = Field(
        default=False,
        description="Score the last event of each session, whose others are trained on.",
    )
    item_support: Annotated[int, Field(ge=1, le=10**9), Option("N")] = Field(
        default=5, description="Leave out items with fewer events in the training."
    )
    longest: Annotated[int, Field(ge=2, le=10**6), Option("N")] = Field(
        default=1000, description="Of a longer session the last N events are used."
    )
    drop_repeats: bool = Field(
        default=False, description="Leave out an event that repeats the item just before it."
    )
    scored_from: Annotated[int, Field(ge=2, le=10**6), Option("N")] = Field(
        default=2, description="The first event of a session that is scored."
    )
    skip_seen: bool = Field(
        default=False, description="Recommend no item that the session has already."
    )
    k: Annotated[int, Field(ge=1, le=1000), Option("K")] = Field(
        default=20, description="Length of the lists that are scored."
    )

    @field_validator("only", mode="before")
    @classmethod
    def _one_kind(cls, given: Any) -> Any:
        return (given,) if isinstance(given, str) else () if given is None else given

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        columns = [self.item, self.session, self.user, self.time, self.kind, self.gap]
        if self.sequences:
            if any(columns) or self.sort:
                raise ValueError("--sequences has no columns: leave out --item and the others")
        elif self.item is None:
            raise ValueError("name the column of items with --item, or say --sequences")
        elif self.session is None and self.user is None:
            raise ValueError("name the column of sessions with --session, or of users with --user")
        if self.only and self.kind is None:
            raise ValueError("--only needs --kind, the column of kinds")
        if self.last is not None and not (
            Span.fullmatch(self.last) or Percent.fullmatch(self.last)
        ):
            raise ValueError("last: write a span of time such as 7d, or a share such as 10%")
        if self.gap is not None and not Span.fullmatch(self.gap):
            raise ValueError("gap: write a span of time such as 30m")
        if self.gap is not None and self.time is None:
            raise ValueError("--gap needs --time, the column of times")
        ways = [self.last is not None, self.leave_one_out, self.test is not None]
        if sum(ways) > 1:
            raise ValueError("give one of --last, --leave-one-out and --test")
        return self
