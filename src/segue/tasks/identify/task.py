"""The task identify: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data import arx
from segue.data.experiments import Experiments
from segue.data.ragged import Ragged
from segue.data.source import Source
from segue.data.splits import Part
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.nn import Standardise
from segue.nn.simulator import Simulator, simulate
from segue.tasks.artifact import require_array
from segue.tasks.identify import given
from segue.tasks.identify.about import ABOUT
from segue.tasks.identify.defaults import Suggestion, suggest
from segue.tasks.identify.given import Given
from segue.tasks.identify.live import Live
from segue.tasks.identify.pages import pages
from segue.tasks.identify.prepared import Prepared
from segue.tasks.identify.record import IdentifyRun
from segue.tasks.identify.scores import IdentifyScores, compare
from segue.tasks.identify.settings import IdentifySettings
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder

Floats = NDArray[np.float64]
_WASHOUT = 50  # samples, where records are long enough


@dataclass(frozen=True)
class LoadedSimulator(Loaded):
    """A run that was trained; `reach` `[2, U]` is the least and the most of each input."""

    record: IdentifyRun
    model: Simulator
    reach: Floats


class IdentifyTask(Task[IdentifySettings, Given, IdentifyRun, Prepared, LoadedSimulator]):
    """A simulator of a system, from its measured inputs and outputs."""

    about = ABOUT
    Record = IdentifyRun

    def read(
        self, source: Source, settings: IdentifySettings, record: IdentifyRun | None = None
    ) -> Given:
        """Records of all parts."""
        return given.read(source, settings)

    def build(
        self,
        data: Given,
        settings: IdentifySettings,
        source: str,
        record: IdentifyRun | None = None,
    ) -> Prepared:
        """Fit the linear system, and build the model on it."""
        train, dev = data.train, data.dev
        scales = [Standardise(part.values.shape[1]) for part in (train.inputs, train.outputs)]
        for scale, part in zip(scales, (train.inputs, train.outputs), strict=True):
            scale.fit(part.values)
        washout = _washout(data, settings)
        fitted = arx.fit(
            _scaled(train, scales),
            _scaled(dev, scales),
            told=settings.encoder or _short(dev),
            feedback=not settings.one_step,
        )
        choice = suggest(
            settings,
            inputs=train.inputs.values.shape[1],
            outputs=train.outputs.values.shape[1],
            order=fitted.order,
            samples=train.samples,
            washout=washout,
        )
        if record is not None:
            choice = Suggestion(record.model, record.training)
        model = choice.model.build()
        model.input_scale.load_state_dict(scales[0].state_dict())
        model.output_scale.load_state_dict(scales[1].state_dict())
        model.linear.take(*fitted.system)
        model.observer.copy_(torch.from_numpy(arx.observer(fitted.system, settings.encoder)))
        return Prepared(source, settings, data, choice.model, model, choice.train)

    def score(self, prepared: Prepared, part: Part) -> IdentifyScores:
        """Score the model and the baselines on the records of one part."""
        data, model = prepared.data, prepared.model.eval()
        chosen = {Part.TRAIN: data.train, Part.VALIDATION: data.dev}.get(part, data.test)
        n, washout = model.told, prepared.training.washout
        outputs = prepared.settings.output
        truth = [chosen.outputs[k][n + washout :] for k in range(len(chosen))]
        name = f"{prepared.config.cell} (segue)"
        steps = [len(one) for one in truth]
        mean = model.output_scale.loc.numpy()
        simulated = {
            name: [one[washout:] for one in simulated_records(prepared, chosen)],
            "linear (ARX)": [
                one[washout:] for one in simulated_records(prepared, chosen, linear=True)
            ],
            "mean": [np.repeat(mean[None], t, 0) for t in steps],
        }
        if prepared.settings.one_step:
            simulated["last value"] = [
                chosen.inputs[k][n + washout :, -len(outputs) :] for k in range(len(chosen))
            ]
        elif n:
            simulated["last value"] = [
                np.repeat(chosen.outputs[k][n - 1 : n], t, 0) for k, t in enumerate(steps)
            ]
        one_step = prepared.settings.one_step
        return compare(name, outputs, truth, simulated, n + washout, one_step=one_step)

    def load(
        self, run: RunFolder, record: IdentifyRun, artifact: dict[str, Any]
    ) -> LoadedSimulator:
        """The model, and how far its inputs went."""
        reach = artifact.get("inputs")
        if not isinstance(reach, np.ndarray):
            raise RunError("inputs: is no array; train again")
        require_array("inputs", reach, np.float64, (2, record.model.inputs))
        return LoadedSimulator(run, record, record.model.build(), reach)

    def evaluation(self, loaded: LoadedSimulator, source: Source, note: Note) -> Prepared:
        """All records of the file."""
        record = loaded.record
        table = given.table_of(source, record.settings)
        given.check_period(table, record.settings, record.period)
        whole = given.records_of(table, record.settings)
        lead = record.model.encoder + record.training.washout
        if min(whole.inputs.lengths) <= lead:
            raise DataError(
                f"{table.place()}: a record has {min(whole.inputs.lengths)} samples, of which the"
                f" first {lead} are not scored; give longer ones"
            )
        _outside(loaded, whole, note)
        none = whole.take(np.zeros(0, np.int64)) if len(whole) > 1 else whole.between(0, 0)
        data = Given(none, none, whole, record.period, "all records of the file")
        return Prepared(
            str(source), record.settings, data, record.model, loaded.model, record.training
        )

    def predict(
        self, loaded: LoadedSimulator, source: Source | None, asked: Any, note: Note
    ) -> Iterator[tuple[str, tuple[str, ...], Floats, NDArray[np.int64]]]:
        """The outputs of each record: its name, the outputs' names, `[T, Y]`, and its rows."""
        if source is None:
            raise OptionError("name a file of inputs, or - to read them line by line")
        record = loaded.record
        table = given.table_of(source, record.settings)
        given.check_period(table, record.settings, record.period)
        n, told = record.model.encoder, record.model.encoder or record.settings.one_step
        whole = given.records_of(table, record.settings, measured=bool(told) and not n)
        _outside(loaded, whole, note)
        data = Given(whole, whole, whole, record.period, "")
        prepared = Prepared(
            str(source), record.settings, data, record.model, loaded.model, record.training
        )
        for k, name in enumerate(whole.names):
            missing = np.isnan(whole.outputs[k][:n]).any() or len(whole.outputs[k]) < n
            if missing:
                raise DataError(
                    f"{table.place()}: the first {n} samples of each record need their outputs,"
                    " which tell of the first state; measure them, or train without --encoder"
                )
            one = whole.take(np.array([k]))
            yield name, record.settings.output, simulated_records(prepared, one)[0], whole.rows[k]

    def write(self, result: Any, asked: Any, *, first: bool) -> str:
        """CSV; samples that only tell of the first state have no row."""
        name, outputs, values, rows = result
        head = ",".join(["experiment", "row", *map(_field, outputs)]) + "\n" if first else ""
        rows = rows[len(rows) - len(values) :, 0]
        lines = [
            f"{_field(name)},{row}," + ",".join(f"{value:.7g}" for value in line) + "\n"
            for row, line in zip(rows.tolist(), values.tolist(), strict=True)
        ]
        return head + "".join(lines)

    def stream(self, loaded: LoadedSimulator, asked: Any) -> Callable[[str], str]:
        """From the inputs of a tick to its outputs."""
        return Live(loaded.model, loaded.record.settings)

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Measured and simulated, what residuals tell, frequency and step response."""
        return pages(trained.prepared, trained.scores)


def simulated_records(
    prepared: Prepared, part: Experiments, *, linear: bool = False
) -> list[Floats]:
    """Outputs `[T - encoder, Y]` of each record, in the units of the data."""
    records, scale = prepared.records(part), prepared.model.output_scale
    loc, spread = scale.loc.numpy(), scale.scale.numpy()
    return [
        simulate(prepared.model, records.inputs[k], records.outputs[k], linear=linear) * spread
        + loc
        for k in range(len(part))
    ]


def _washout(data: Given, settings: IdentifySettings) -> int:
    """As asked; else none where the first state is told or learned, or is known one step before."""
    if settings.washout is not None:
        return settings.washout
    if settings.encoder or settings.learned_start:
        return 0
    return min(_short(part) for part in (data.train, data.dev, data.test))


def _short(part: Experiments) -> int:
    """A fifth of the shortest record, or fifty samples."""
    return min(_WASHOUT, int(min(part.inputs.lengths)) // 5)


def _scaled(part: Experiments, scales: Sequence[Standardise]) -> tuple[Ragged, Ragged]:
    both = []
    for values, scale in zip((part.inputs, part.outputs), scales, strict=True):
        scaled = (values.values - scale.loc.numpy()) / scale.scale.numpy()
        both.append(Ragged(scaled, values.offsets))
    return both[0], both[1]


def _outside(loaded: LoadedSimulator, whole: Experiments, note: Note) -> None:
    """Say where inputs go further than in training."""
    low, high = loaded.reach
    slack = 0.01 * (high - low)
    values = whole.inputs.values
    share = ((values < low - slack) | (values > high + slack)).any(1).mean()
    if share > 0:
        note(f"{share:.1%} of the samples have inputs beyond those of the training")


def _field(text: str) -> str:
    """A field of CSV; none is a spreadsheet's formula."""
    text = f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text
