"""Experiments: inputs and outputs of a system, measured at one rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from segue.data.ragged import Ragged
from segue.data.tables import Table
from segue.data.values import names, numbers
from segue.data.wording import shorten
from segue.errors import DataError

Floats = NDArray[np.float64]
WHOLE = 5  # experiments from which on whole ones are held back
_JITTER = 0.02  # share of a period by which a time may be off


@dataclass(frozen=True, eq=False)
class Experiments:
    """Inputs and outputs over time, of one experiment or of several.

    Attributes:
        names: of the experiments; one of "" where there is one alone.
        inputs: float64 `[N, U]`, laid end to end.
        outputs: float64 `[N, Y]`; NaN where an output was not measured.
        rows: int64 `[N, 1]`, the row of the file that each sample stands in.
    """

    names: tuple[str, ...]
    inputs: Ragged
    outputs: Ragged
    rows: Ragged

    def __len__(self) -> int:
        return len(self.names)

    @property
    def samples(self) -> int:
        """N, of all experiments."""
        return len(self.inputs.values)

    def take(self, which: NDArray[np.int64]) -> Experiments:
        """Some of the experiments, in that order."""
        parts = (self.inputs, self.outputs, self.rows)
        return Experiments(
            tuple(self.names[k] for k in which), *(part.take(which) for part in parts)
        )

    def between(self, first: float, last: float) -> Experiments:
        """Of each experiment what lies between two shares of its time, 0 being its beginning."""
        cut = [
            slice(int(first * n), int(last * n) if last < 1 else int(n))
            for n in self.inputs.lengths
        ]
        parts = (self.inputs, self.outputs, self.rows)
        return Experiments(
            self.names,
            *(Ragged.of([part[k][piece] for k, piece in enumerate(cut)]) for part in parts),
        )

    def held_back(self, share: float, seed: int) -> tuple[Experiments, Experiments]:
        """What is left, and a share of the data.

        Of five experiments or more whole ones by chance, else the end of each.
        """
        n = len(self)
        if n < WHOLE:
            return self.between(0, 1 - share), self.between(1 - share, 1)
        order = np.random.default_rng([seed, n]).permutation(n)
        held = max(1, round(share * n))
        return self.take(np.sort(order[held:])), self.take(np.sort(order[:held]))

    def digest(self) -> str:
        """SHA-256 of all values."""
        found = sha256(repr((self.names, self.inputs.offsets.tolist())).encode())
        for values in (self.inputs.values, self.outputs.values):
            found.update(np.ascontiguousarray(values).tobytes())
        return found.hexdigest()


def experiments_of(
    table: Table,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    experiment: str | None = None,
    measured: bool = True,
) -> Experiments:
    """The experiments that a table holds.

    Args:
        table: a row for each sample, in the order of time.
        inputs: its columns that act on the system.
        outputs: its columns that the system answers with.
        experiment: the column that says which experiment a row belongs to.
        measured: whether all outputs must be there; else they may be missing, or their columns.

    Raises:
        DataError: a column is not there, a value is missing, or an experiment is torn apart.

    >>> import polars as pl
    >>> from segue.data.tables import table_from_frame
    >>> table = table_from_frame(pl.DataFrame({"u": [0.0, 1.0], "y": [0.0, 0.5]}))
    >>> experiments_of(table, ["u"], ["y"]).samples
    2
    """
    u = np.stack([_column(table, name, "input", whole=True) for name in inputs], 1)
    there = measured or all(name in table.frame.columns for name in outputs)
    if there:
        y = np.stack([_column(table, name, "output", whole=measured) for name in outputs], 1)
    else:
        y = np.full((len(u), len(outputs)), np.nan)
    starts, called = _starts(table, experiment)
    offsets = np.array([*starts, len(u)], np.int64)
    rows = table.rows.astype(np.int64)[:, None]
    return Experiments(called, Ragged(u, offsets), Ragged(y, offsets), Ragged(rows, offsets))


def period_of(table: Table, time: str, experiment: str | None = None) -> float:
    """The time between two samples, which must be the same everywhere.

    Raises:
        DataError: the time does not rise, or jumps.
    """
    values = _column(table, time, "time", whole=True)
    starts, _ = _starts(table, experiment)
    steps = np.diff(values)
    inside = np.ones(len(steps), np.bool_)
    inside[np.array(starts[1:], np.int64) - 1] = False
    if not inside.any():
        raise table.error("has no two samples of one experiment; give more rows", column=time)
    period = float(np.median(steps[inside]))
    if period <= 0:
        raise table.error("does not rise; sort the rows by time", column=time)
    off = np.flatnonzero(inside & (np.abs(steps - period) > _JITTER * period))
    if len(off):
        at = int(off[0])
        raise table.error(
            f"the sampling time jumps: {steps[at]:.6g} after steps of {period:.6g}; resample the"
            " data, or begin a new experiment here (--experiment)",
            at + 1,
            time,
        )
    return period


def _column(table: Table, name: str, role: str, *, whole: bool) -> Floats:
    values = numbers(table, name, role)
    missing = np.flatnonzero(np.isnan(values))
    if whole and len(missing):
        raise table.error(
            f"a value is missing ({role}); fill it in, or cut the experiment there",
            int(missing[0]),
            name,
        )
    return values


def _starts(table: Table, experiment: str | None) -> tuple[list[int], tuple[str, ...]]:
    """Where experiments begin, and what they are called."""
    if experiment is None:
        return [0], ("",)
    called = names(table, experiment, "experiment").to_list()
    starts = [k for k in range(len(called)) if k == 0 or called[k] != called[k - 1]]
    found = [called[k] for k in starts]
    seen: set[str] = set()
    for start, name in zip(starts, found, strict=True):
        if name in seen:
            raise table.error(
                f"the experiment {shorten(name)} begins again; put its rows one after another",
                start,
                experiment,
            )
        seen.add(name)
    return starts, tuple(found)


def require_motion(table: Table, columns: Sequence[str], values: Floats, role: str) -> None:
    """Refuse columns `[N, C]` that never change.

    Raises:
        DataError: one is constant.
    """
    for name, column in zip(columns, values.T, strict=True):
        if len(column) and float(np.ptp(column)) <= 1e-12 * float(np.abs(column).max()):
            raise DataError(
                f"{table.place(column=name)}: is constant, so that nothing can be learned of this"
                f" {role}; leave it out, or measure with one that moves"
            )
