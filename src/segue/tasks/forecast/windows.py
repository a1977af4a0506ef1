"""Training windows over a panel, cut by time and gathered only when a batch is asked for.

A channel is one target of one series. A window is a channel and an origin: the row of the first
step to forecast. Its context ends just before the origin and may reach back over a cut, so that a
test window sees the validation rows before it, as in every published protocol.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor

from segue.data.splits import Part
from segue.data.wording import shorten
from segue.errors import DataError
from segue.tasks.forecast.data import Panel
from segue.tasks.forecast.features import Cycle, calendar, statics
from segue.tasks.forecast.frequency import FIXED, Frequency
from segue.tasks.forecast.rolling import Rolling

Rows = NDArray[np.int64]

_KEPT = 1 << 25  # numbers of the forecasts by smoothing that are kept, 8 bytes each


@dataclass(frozen=True)
class Cut:
    """Where a series is cut: rows before `train_end` train, those before `validation_end` validate.

    Rows from `validation_end` on test. The cuts are by what is forecast: every step that a
    window forecasts lies in its part.
    """

    train_end: int
    validation_end: int

    def rows(self, part: Part, steps: int) -> tuple[int, int]:
        """First row and end row of a part of a series with `steps` rows.

        >>> Cut(70, 80).rows(Part.VALIDATION, steps=100)
        (70, 80)
        """
        ends = (0, self.train_end, self.validation_end, steps)
        index = list(Part).index(part)
        return ends[index], ends[index + 1]


def default_cut(
    steps: int, horizon: int, *, validation: int | None = None, test: int | None = None
) -> Cut:
    """Cut `steps` rows 70 to 10 to 20 in percent, with a horizon or more in each held-back part.

    Args:
        steps: rows of the series.
        horizon: steps of a forecast.
        validation: rows to validate on, where they are given.
        test: rows to test on, where they are given; 0 for none.

    Raises:
        DataError: too few rows for three horizons and one, or for what is given.

    >>> default_cut(1000, horizon=7)
    Cut(train_end=700, validation_end=800)
    >>> default_cut(144, horizon=24)
    Cut(train_end=91, validation_end=115)
    >>> default_cut(144, horizon=12, test=24)
    Cut(train_end=106, validation_end=120)
    """
    least = horizon if test is None else test
    needed = (validation or horizon) + least + horizon + 1
    if steps < needed:
        raise DataError(
            f"{steps} rows are too few for a horizon of {horizon}: {needed} or more are"
            f" needed to train, validate and test; give more rows or a horizon of"
            f" {max((steps - 1) // 3, 1)} or less"
        )
    most_test = steps - horizon - 1 - (validation or horizon)
    test = min(max(horizon, round(0.2 * steps)), most_test) if test is None else test
    most_validation = steps - test - horizon - 1
    validation = validation or min(max(horizon, round(0.1 * steps)), most_validation)
    return Cut(steps - test - validation, steps - test)


LONGEST = 10_000_000  # steps of a window
Steps = Annotated[int, Field(ge=1, le=LONGEST)]


@dataclass(frozen=True)
class Shape:
    """The extent of a window, in steps: the context, the horizon and the segments they fill.

    >>> Shape(context=96, horizon=50, segment=24).segments
    (4, 3)
    """

    context: Steps
    horizon: Steps
    segment: Steps

    @property
    def segments(self) -> tuple[int, int]:
        """Segments of the context and of the horizon; the outermost may be part filled."""
        return -(-self.context // self.segment), -(-self.horizon // self.segment)


class WindowBatch(NamedTuple):
    """B windows in the data's own units; n and m are the segments of context and horizon.

    The context fills its n segments of w steps from the right; what is missing on the left repeats
    the oldest value seen, and `lengths` says how many steps are real. Without covariates of a kind
    its last size is 0.
    """

    context: Tensor  # [B, n*w] float64
    smooth: Tensor  # [B, H, S] float64, forecasts by smoothing
    target: Tensor  # [B, H] float64, NaN where the future is not known
    lengths: Tensor  # [B] int64, real steps of the context
    series: Tensor  # [B] int64, 1-based; 0 is a series that training did not have
    column: Tensor  # [B] int64, which target
    calendar: Tensor  # [B, n+m, F] float32, at the first step of every segment
    known: Tensor  # [B, (n+m)*w, K] float64
    past: Tensor  # [B, n*w, P] float64
    numbers: Tensor  # [B, N] float64, numeric statics
    categories: Tensor  # [B, C] int64, 1-based statics; 0 is a category that training did not have


@dataclass(frozen=True)
class Vocabulary:
    """What a model knows by name: series ids, and the categories of each static column.

    `statics` holds, for each static column, its categories, or None when it is a number.
    """

    series: Annotated[tuple[str, ...], Field(min_length=1)]
    statics: tuple[tuple[str, ...] | None, ...]
    cycles: tuple[Cycle, ...]


class Table:
    """A panel laid end to end, ready to gather windows from.

    Args:
        panel: the series.
        vocabulary: the names that the model knows; others get index 0.
        horizon: the calendar reaches this many steps beyond the last row of each series.
    """

    def __init__(self, panel: Panel, vocabulary: Vocabulary, horizon: int) -> None:
        self.panel = panel
        self.steps: Rows = np.array([len(s.target) for s in panel.series], dtype=np.int64)
        self.known_rows: Rows = np.array([len(s.time) for s in panel.series], dtype=np.int64)
        sizes = self.steps + np.maximum(horizon, self.known_rows - self.steps)
        self.start: Rows = np.cumsum(sizes) - sizes
        within = np.arange(int(sizes.sum())) - np.repeat(self.start, sizes)
        seen = within < np.repeat(self.steps, sizes)
        known = within < np.repeat(self.known_rows, sizes)
        self.target = _laid([s.target for s in panel.series], seen)
        self.known = _laid([s.known for s in panel.series], known)
        self.past = _laid([s.past for s in panel.series], seen)
        self.columns = np.ascontiguousarray(self.target.T)  # [targets, rows]
        ids = {name: i for i, name in enumerate(vocabulary.series, start=1)}
        self.series: Rows = np.array([ids.get(s.id, 0) for s in panel.series], dtype=np.int64)
        self.numbers, self.categories = statics(panel, vocabulary.statics)
        self._calendar, self._calendar_row = self._dates(vocabulary.cycles, known)
        self.rolling: Rolling | None = None

    def smoothed(self, rolling: Rolling | None) -> "Table":
        """The same data, whose windows have forecasts by smoothing."""
        found = copy.copy(self)
        found.rolling = rolling
        return found

    def _dates(
        self, cycles: Sequence[Cycle], known: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], Rows]:
        """One calendar row per different time, and which of them each row of the table has."""
        if not cycles:
            return np.zeros((1, 0), dtype=np.float32), np.zeros(len(known), dtype=np.int64)
        series = self.panel.series
        time = np.empty(len(known), dtype="datetime64[us]")
        time[known] = np.concatenate([s.time for s in series])
        rest = np.flatnonzero(~known)
        of = np.searchsorted(self.start, rest, side="right") - 1
        last = np.array([s.time[-1] for s in series], dtype="datetime64[us]")
        ahead = rest - self.start[of] - self.known_rows[of] + 1
        time[rest] = self.panel.frequency.advance(last[of], ahead)
        different, row = _different(time, self.panel.frequency)
        return calendar(different, cycles), row

    def calendar(self, rows: Rows) -> NDArray[np.float32]:
        """Calendar features `[..., F]` at rows of the table."""
        return self._calendar[self._calendar_row[rows]]


class Windows:
    """Windows of a table, indexed from 0 and gathered on demand: nothing is copied up front.

    Args:
        table: the data.
        shape: context, horizon and segment.
        first: `[S]`, the first origin of each series.
        last: `[S]`, the last origin of each series; below `first` for a series without a window.
        stride: steps from one origin to the next.

    Raises:
        DataError: a window would need known covariates beyond the last row that has them.
    """

    def __init__(
        self, table: Table, shape: Shape, first: Rows, last: Rows, stride: int = 1
    ) -> None:
        self.table, self.shape, self.stride = table, shape, stride
        self.first = first
        self.counts: Rows = np.maximum((last - first) // stride + 1, 0)
        self._ends: Rows = np.cumsum(self.counts * table.target.shape[1])
        self._forecasts: NDArray[np.float64] | None = None
        short = self.table.known_rows < last + shape.horizon
        if table.known.shape[1] and (short & (self.counts > 0)).any():
            worst = int(np.flatnonzero(short & (self.counts > 0))[0])
            series = table.panel.series[worst]
            names = ", ".join(map(shorten, table.panel.columns.known))
            ahead = len(series.time) - len(series.target)
            whose = f"series {shorten(series.id)}: " if series.id else ""
            raise DataError(
                f"{whose}the known covariates ({names}) end {ahead} rows after the target; a"
                f" forecast needs {shape.horizon}: append rows that have them"
            )

    @classmethod
    def of_part(
        cls, table: Table, shape: Shape, cuts: Sequence[Cut], part: Part, stride: int = 1
    ) -> "Windows":
        """Every window whose forecast lies in one part.

        A training window has a full context, unless the series is too short to have one such
        window: then its context is at least a segment.
        """
        spans = [cut.rows(part, int(n)) for cut, n in zip(cuts, table.steps, strict=True)]
        last = np.array([end - shape.horizon for _, end in spans], dtype=np.int64)
        first = np.array([start for start, _ in spans], dtype=np.int64)
        if part is Part.TRAIN:
            full = last >= shape.context
            first = np.where(full, shape.context, min(shape.segment, shape.context))
        return cls(table, shape, first, last, stride)

    @classmethod
    def of_future(cls, table: Table, shape: Shape) -> "Windows":
        """One window per channel: the steps after the last row."""
        return cls(table, shape, table.steps, table.steps)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def locate(self, index: Rows) -> tuple[Rows, Rows, Rows]:
        """Series, target column and origin row (within its series) of windows `[B]`.

        Windows of one channel lie together, in the order of time.
        """
        series = np.searchsorted(self._ends, index, side="right")
        within = index - (self._ends[series] - self.counts[series] * self.table.target.shape[1])
        column, number = np.divmod(within, self.counts[series])
        return series, column, self.first[series] + number * self.stride

    def first_of_channels(self) -> tuple[Rows, Rows, Rows]:
        """Series, target column and origin of the first window of every channel that has one."""
        columns = self.table.target.shape[1]
        series = np.repeat(np.flatnonzero(self.counts), columns)
        column = np.tile(np.arange(columns), len(series) // columns)
        return series, column, self.first[series]

    def thin(self, limit: int) -> "Windows":
        """At most about `limit` of the windows, those of each channel evenly spaced."""
        times = -(-len(self) // limit)
        if times == 1:
            return self
        last = self.first + (self.counts - 1) * self.stride
        return Windows(self.table, self.shape, self.first, last, self.stride * times)

    def batch(self, index: Rows) -> WindowBatch:
        """Gather windows `[B]`."""
        table, shape, w = self.table, self.shape, self.shape.segment
        n, m = shape.segments
        series, column, origin = self.locate(index)
        start, at = table.start[series][:, None], origin[:, None]
        oldest = np.maximum(at - shape.context, 0)
        future = at + np.arange(shape.horizon)

        def rows(step: int) -> Rows:
            """Every so many rows of context and horizon, in the table: `[B, steps]`."""
            context = start + np.maximum(at + np.arange(-n * w, 0, step), oldest)
            ahead = start + np.minimum(at + np.arange(0, m * w, step), future[:, -1:])
            return np.concatenate([context, ahead], axis=1)

        every = rows(1) if table.known.shape[1] or table.past.shape[1] else np.zeros((len(at), 0))
        known, past = (
            values[every[:, :steps]] if values.shape[1] else np.zeros((len(at), steps, 0))
            for values, steps in ((table.known, (n + m) * w), (table.past, n * w))
        )
        return WindowBatch(
            context=torch.from_numpy(self._context(start[:, 0], column, origin)),
            smooth=torch.from_numpy(self._smooth(index)),
            target=torch.from_numpy(table.columns[column[:, None], start + future]),
            lengths=torch.from_numpy(np.minimum(origin, shape.context)),
            series=torch.from_numpy(table.series[series]),
            column=torch.from_numpy(column),
            calendar=torch.from_numpy(table.calendar(rows(w))),
            known=torch.from_numpy(known),
            past=torch.from_numpy(past),
            numbers=torch.from_numpy(table.numbers[series]),
            categories=torch.from_numpy(table.categories[series]),
        )

    def _smooth(self, index: Rows) -> NDArray[np.float64]:
        """Forecasts by smoothing `[B, H, S]`; those of all windows are made at once and kept."""
        rolling = self.table.rolling
        if rolling is None:
            return np.zeros((len(index), self.shape.horizon, 0))
        if len(self) * self.shape.horizon * len(rolling.methods) > _KEPT:
            return rolling.forecasts(*self.locate(index))
        if self._forecasts is None:
            self._forecasts = rolling.forecasts(*self.locate(np.arange(len(self))))
        return self._forecasts[index]

    def _context(self, start: Rows, column: Rows, origin: Rows) -> NDArray[np.float64]:
        """The rows before each origin `[B, n*w]`, the oldest value in place of what is too early.

        A window's rows lie together, so they are copied as one piece.
        """
        values = self.table.columns.reshape(-1)
        width = self.shape.segments[0] * self.shape.segment
        begin = column * self.table.columns.shape[1] + start + origin - width
        early = width - np.minimum(origin, self.shape.context)  # [B], rows that are too early
        if len(values) < width or (begin < 0).any():
            place = np.maximum(np.arange(width), early[:, None])
            return np.asarray(values[begin[:, None] + place])
        found = np.lib.stride_tricks.sliding_window_view(values, width)[begin]
        head = found[:, : int(early.max())]
        oldest = found[np.arange(len(found)), early][:, None]
        head[:] = np.where(np.arange(head.shape[1]) < early[:, None], oldest, head)
        return np.asarray(found)


def _laid(values: Sequence[NDArray[np.float64]], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Rows of all series, put where `where` says; NaN elsewhere."""
    laid = np.full((len(where), values[0].shape[1]), np.nan)
    laid[where] = np.concatenate(values)
    return laid


def _different(time: NDArray[np.datetime64], frequency: Frequency) -> tuple[np.ndarray, Rows]:
    """Different times that contain all of `time`, and the place of each: without a sort if it can.

    Times on one regular grid are counted along it.
    """
    if frequency.unit in FIXED:
        first = time.min()
        step = frequency.step * FIXED[frequency.unit]
        row, rest = np.divmod((time - first).astype(np.int64), step)
        if not rest.any() and row.max() < 2 * len(time):
            return first + np.arange(int(row.max()) + 1) * np.timedelta64(step, "us"), row
    different, row = np.unique(time, return_inverse=True)
    return different, row.astype(np.int64)
