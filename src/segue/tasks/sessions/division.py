"""Sessions divided into those to train on, to choose by and to score on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from segue.data.durations import seconds
from segue.data.events import Log
from segue.data.ragged import Ragged
from segue.data.units import LARGEST_VOCABULARY, LONGEST_TOKEN, UNKNOWN, Split, VocabularySettings
from segue.data.vocabulary import Tokens
from segue.data.wording import shorten
from segue.errors import DataError
from segue.tasks.sessions.columns import Percent, SessionSettings

_SHARE = 0.1  # of the sessions that are scored
_DEV, _MOST_DEV = 0.05, 5_000  # of those that are trained on
_DAY = 86_400e6


@dataclass(frozen=True)
class Asked:
    """Sessions, some events of which are to be foretold from those before them.

    Attributes:
        sessions: ids of items.
        first: int64 `[S]`, the place in its session of the first event that is foretold.
        unknown: events to be foretold that are not among the sessions, since the training does not
            know their item, or none before them.
    """

    sessions: Ragged
    first: NDArray[np.int64]
    unknown: int = 0

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """int64 `[n]`, where in `sessions.values` each event stands that is to be foretold."""
        values, offsets = self.sessions.values, self.sessions.offsets
        inside = np.arange(len(values)) - np.repeat(offsets[:-1], self.sessions.lengths)
        return np.flatnonzero(inside >= np.repeat(self.first, self.sessions.lengths))

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """int64 `[n]`, the session of each."""
        return np.searchsorted(self.sessions.offsets, self.places, side="right") - 1

    def __len__(self) -> int:
        return len(self.places)

    @property
    def targets(self) -> NDArray[np.int32]:
        """int32 `[n]`, what was taken."""
        found: NDArray[np.int32] = self.sessions.values[self.places]
        return found


@dataclass(frozen=True)
class Parts:
    """What is done with which sessions.

    Attributes:
        items: the items that the training knows, the frequent first.
        counts: `[V]`, events of each id in the training.
        train: ids.
        validation: to choose the weights by.
        test: to score on.
        told: how they were divided, for people.
    """

    items: Tokens
    counts: NDArray[np.int64]
    train: Ragged
    validation: Asked
    test: Asked
    told: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What was read: the log, and those of other files."""

    log: Log
    dev: Log | None = None
    test: Log | None = None

    def digest(self) -> str:
        """SHA-256 of all of them."""
        logs = (self.log, self.dev, self.test)
        return "-".join(each.digest()[:32] for each in logs if each is not None)


def divide(given: Given, settings: SessionSettings) -> Parts:
    """Divide sessions, and learn which items there are from those that are trained on.

    Raises:
        DataError: nothing is left to train on or to score on.
    """
    log = given.log
    if len(log.names) < 2:
        only = shorten(log.names[0])
        raise DataError(f"{log.source}: there is one item only, {only}; nothing can be recommended")
    if log.sessions.lengths.max() < 2:
        raise DataError(
            f"{log.source}: every session has one event, and nothing comes next; check which column"
            " says what belongs together, or give --user"
        )
    sessions, moments = log.sessions, log.times
    if settings.drop_repeats:
        fresh = ~_repeats(sessions)
        moments = None if moments is None else moments[fresh]
        sessions = _kept(sessions, fresh)
    told = list(log.told)
    asked: Ragged | None = None
    if settings.leave_one_out:
        train = _without_last(sessions, 2)
        told.append(
            "the last event of each session is scored, the one before it chooses the weights; the"
            " training then knows events that are later than those it is scored on"
        )
    elif given.test is not None:
        train, asked = sessions, None
    else:
        train, asked, how = _by_time(sessions, moments, log, settings)
        told.append(how)
    items, counts, known = _known(train, log, settings)
    train = _encode(train, known, settings)[0]
    if settings.leave_one_out:
        validation = last_of(_encode(_without_last(sessions, 1), known, settings))
        test = last_of(_encode(sessions, known, settings))
    else:
        if given.dev is None:
            train, drawn = _drawn(train, settings.seed)
            validation = to_score((drawn, 0), settings)
        else:
            validation = encoded(given.dev, items, settings)
        if given.test is not None:
            test = encoded(given.test, items, settings)
        else:
            assert asked is not None  # noqa: S101 - for the type checker
            test = to_score(_encode(asked, known, settings), settings)
    parts = Parts(items, counts, train, validation, test, tuple(told))
    _check(parts, log.source)
    return parts


def encoded(log: Log, items: Tokens, settings: SessionSettings) -> Asked:
    """Every event of a log to be foretold but the first of each session, by known items."""
    known = np.array([items.index.get(name, UNKNOWN) for name in log.names], np.int32)
    sessions = log.sessions
    if settings.drop_repeats:
        sessions = _kept(sessions, ~_repeats(sessions))
    return to_score(_encode(sessions, known, settings), settings)


def to_score(found: tuple[Ragged, int], settings: SessionSettings) -> Asked:
    """All events from `settings.scored_from` on."""
    sessions, unknown = found
    return Asked(sessions, np.full(len(sessions), settings.scored_from - 1), unknown)


def last_of(found: tuple[Ragged, int]) -> Asked:
    """The last event of each session."""
    sessions, unknown = found
    return Asked(sessions, sessions.lengths - 1, unknown)


def _check(parts: Parts, source: str) -> None:
    if len(parts.train) == 0:
        raise DataError(
            f"{source}: no session has two events of items with enough support; give more events,"
            " lower --item-support, or check what makes a session"
        )
    for name, asked in (("score on", parts.test), ("choose the weights by", parts.validation)):
        if len(asked) == 0:
            raise DataError(
                f"{source}: no session is left to {name}; give more sessions, another --last, or"
                " files with --dev and --test"
            )


def _by_time(
    sessions: Ragged, moments: NDArray[np.int64] | None, log: Log, settings: SessionSettings
) -> tuple[Ragged, Ragged, str]:
    """What was before a moment, and the sessions that began behind it."""
    share, span = _SHARE, None
    if settings.last is not None:
        if Percent.fullmatch(settings.last):
            share = float(settings.last.strip("% ")) / 100
        else:
            span = seconds(settings.last, "last") * 1e6
    if moments is None:
        if span is not None:
            raise DataError(
                f"{log.source}: it has no times for --last {settings.last}; name their column with"
                " --time, or give a share such as 10%"
            )
        cut = round(len(sessions) * (1 - share))
        rows = np.arange(len(sessions))
        how = f"the last {share:.0%} of the sessions, in the file's order, are scored"
        return sessions.take(rows[:cut]), sessions.take(rows[cut:]), how
    starts, end = moments[sessions.offsets[:-1]], int(moments.max())
    if settings.last is None and log.is_dated:
        day = float((starts > end - _DAY).mean())
        span = _DAY if 0.002 < day < 0.2 else None
    cut_at = float(np.quantile(starts, 1 - share)) if span is None else end - span
    late = starts >= cut_at
    early = (moments < cut_at) & np.repeat(~late, sessions.lengths)
    lost = int((~early & np.repeat(~late, sessions.lengths)).sum())
    how = "scored are the sessions that begin in the last "
    how += f"{share:.0%} of time order" if span is None else f"{span / 1e6 / 3600:g} hours"
    how += f"; {lost:,} events of sessions across that moment are left out" if lost else ""
    return _kept(sessions, early), sessions.take(np.flatnonzero(late)), how


def _known(
    train: Ragged, log: Log, settings: SessionSettings
) -> tuple[Tokens, NDArray[np.int64], NDArray[np.int32]]:
    """The items with enough support, how often each is there, and ids by the log's numbers."""
    counts = np.bincount(train.values, minlength=len(log.names))
    enough = np.flatnonzero(counts >= settings.item_support)
    if len(enough) < 2:
        raise DataError(
            f"{log.source}: fewer than two items have {settings.item_support} events to train on;"
            " give more, or lower --item-support"
        )
    long = max((log.names[code] for code in enough.tolist()), key=len)
    if len(long) > LONGEST_TOKEN:
        raise DataError(
            f"{log.source}: the item {shorten(long)} has more than {LONGEST_TOKEN} letters; give"
            " items shorter names"
        )
    if len(enough) > LARGEST_VOCABULARY:
        raise DataError(
            f"{log.source}: has {len(enough):,} items, and {LARGEST_VOCABULARY:,} are the most;"
            " raise --item-support"
        )
    ordered = sorted(enough.tolist(), key=lambda code: (-counts[code], log.names[code]))
    made = VocabularySettings(split=Split.NONE)
    items = Tokens(made, [log.names[code] for code in ordered])
    special = len(made.special)
    known = np.full(len(log.names), UNKNOWN, np.int32)
    known[ordered] = np.arange(special, special + len(ordered), dtype=np.int32)
    return items, np.concatenate([np.zeros(special, np.int64), counts[ordered]]), known


def _encode(
    sessions: Ragged, known: NDArray[np.int32], settings: SessionSettings
) -> tuple[Ragged, int]:
    """Sessions of two events or more as ids, and how many to be foretold are lost."""
    ids, first = known[sessions.values], settings.scored_from - 1
    kept = _kept(Ragged(ids, sessions.offsets), ids != UNKNOWN)
    unknown = int((sessions.lengths - first).clip(0).sum() - (kept.lengths - first).clip(0).sum())
    inside = np.arange(len(kept.values)) - np.repeat(kept.offsets[:-1], kept.lengths)
    recent = inside >= np.repeat(kept.lengths - settings.longest, kept.lengths)
    kept = _kept(kept, recent)
    return kept.take(np.flatnonzero(kept.lengths >= 2)), unknown


def _drawn(train: Ragged, seed: int) -> tuple[Ragged, Ragged]:
    """Sessions to train on, and some drawn from them to choose the weights by."""
    count = min(max(1, round(_DEV * len(train))), _MOST_DEV)
    order = np.random.default_rng(seed).permutation(len(train))
    return train.take(np.sort(order[count:])), train.take(np.sort(order[:count]))


def _without_last(sessions: Ragged, events: int) -> Ragged:
    inside = np.arange(len(sessions.values)) - np.repeat(sessions.offsets[:-1], sessions.lengths)
    return _kept(sessions, inside < np.repeat(sessions.lengths - events, sessions.lengths))


def _repeats(sessions: Ragged) -> NDArray[np.bool_]:
    """`[N]`, which events have the item of the one before them."""
    values = sessions.values
    same = np.concatenate([[False], values[1:] == values[:-1]])
    same[sessions.offsets[:-1][sessions.lengths > 0]] = False
    return same


def _kept(sessions: Ragged, mask: NDArray[np.bool_]) -> Ragged:
    """The events of a mask; sessions that lose all of them are left out."""
    upto = np.concatenate([[0], np.cumsum(mask)])[sessions.offsets]
    return Ragged(sessions.values[mask], np.unique(upto))


def only_first(sessions: Asked, most: int) -> Asked:
    """The first sessions, up to about so many events."""
    rows = np.arange(int(np.searchsorted(sessions.sessions.offsets, most, side="right")))
    return replace(sessions, sessions=sessions.sessions.take(rows), first=sessions.first[rows])
