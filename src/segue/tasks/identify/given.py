"""Records to train on, to choose by and to score on."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np

from segue.data.array_tables import read_any_table
from segue.data.experiments import WHOLE, Experiments, experiments_of, period_of, require_motion
from segue.data.ragged import Ragged
from segue.data.source import Source
from segue.data.tables import Table, table_from_frame
from segue.errors import DataError
from segue.tasks.identify.settings import IdentifySettings

_DEV, _TEST = 0.15, 0.15


@dataclass(frozen=True, eq=False)
class Given:
    """Records divided into parts; none is in two of them.

    Attributes:
        train: records to learn from.
        dev: records to choose the weights by.
        test: records to score on.
        period: seconds between two samples.
        how: how they were divided, in words.
    """

    train: Experiments
    dev: Experiments
    test: Experiments
    period: float
    how: str

    def digest(self) -> str:
        """SHA-256 of all that training sees."""
        parts = "".join(part.digest() for part in (self.train, self.dev, self.test))
        return sha256(f"{self.period}{parts}".encode()).hexdigest()


def read(source: Source, settings: IdentifySettings) -> Given:
    """The records of a file or a frame, divided.

    Raises:
        DataError: they cannot be used as they are.
    """
    table = table_of(source, settings)
    whole = records_of(table, settings)
    period = 1.0 if settings.time is None else period_of(table, settings.time, settings.experiment)
    train, test, how = _test(whole, settings, period)
    if settings.dev is None:
        train, dev = train.held_back(_DEV / (1 - _TEST), settings.seed)
    else:
        dev = _other(settings.dev, settings, period)
    lead = settings.encoder + (settings.washout or 0)
    for part, name in ((train, "to train on"), (dev, "to choose by"), (test, "to score on")):
        shortest = min(part.inputs.lengths, default=0)
        if shortest < lead + 10:
            raise DataError(
                f"{table.place()}: a record {name} has {shortest} samples, and"
                f" {lead + 10} are needed at least (encoder and washout, and 10 more); give longer"
                " experiments, or leave out less"
            )
    acting = train.inputs.values[:, : len(settings.input)]
    require_motion(table, settings.input, acting, "input")
    require_motion(table, settings.output, train.outputs.values, "output")
    return Given(train, dev, test, period, how)


def table_of(source: Source, settings: IdentifySettings) -> Table:
    """The file or the frame as a table."""
    if source.frame is not None:
        return table_from_frame(source.frame, notation=settings.notation)
    return read_any_table(source.path, settings.notation)


def records_of(table: Table, settings: IdentifySettings, *, measured: bool = True) -> Experiments:
    """The experiments of a table; with one step ahead, the outputs before are inputs too."""
    found = experiments_of(
        table, settings.input, settings.output, experiment=settings.experiment, measured=measured
    )
    return _lagged(found) if settings.one_step else found


def _lagged(found: Experiments) -> Experiments:
    """Without the first sample of each, with the outputs before beside the inputs."""
    records = range(len(found))
    inputs = [np.concatenate([found.inputs[k][1:], found.outputs[k][:-1]], 1) for k in records]
    rest = [Ragged.of([part[k][1:] for k in records]) for part in (found.outputs, found.rows)]
    return Experiments(found.names, Ragged.of(inputs), *rest)


def _test(
    whole: Experiments, settings: IdentifySettings, period: float
) -> tuple[Experiments, Experiments, str]:
    if settings.test is not None:
        other = _other(settings.test, settings, period)
        return whole, other, f"scored on {Path(settings.test).name}"
    train, test = whole.held_back(_TEST, settings.seed)
    if len(whole) >= WHOLE:
        return train, test, "scored on whole experiments"
    return train, test, f"scored on the last {_TEST:.0%} of each record"


def _other(path: str, settings: IdentifySettings, period: float) -> Experiments:
    table = table_of(Source.of(path), settings)
    check_period(table, settings, period)
    return records_of(table, settings)


def check_period(table: Table, settings: IdentifySettings, period: float) -> None:
    """Refuse data at another rate than those of the training.

    Raises:
        DataError: the time between samples is another.
    """
    if settings.time is None:
        return
    found = period_of(table, settings.time, settings.experiment)
    if abs(found - period) > 0.02 * period:
        raise table.error(
            f"a sample every {found:.6g}, and the training had one every {period:.6g}; resample",
            column=settings.time,
        )
