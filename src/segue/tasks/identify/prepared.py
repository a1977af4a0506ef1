"""Records divided into parts, with the model to train or to score on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segue.data.experiments import Experiments
from segue.data.ragged import Ragged
from segue.data.repeated import Repeated
from segue.data.sampling import Streams
from segue.data.wording import count, one_line
from segue.insight.probing import bounded
from segue.nn import Standardise
from segue.nn.simulator import Simulator
from segue.tasks.identify.defaults import TrainSettings
from segue.tasks.identify.given import Given
from segue.tasks.identify.model import IdentifyConfig
from segue.tasks.identify.objective import IdentifyObjective, Records
from segue.tasks.identify.record import IdentifyRun
from segue.tasks.identify.settings import IdentifySettings
from segue.tasks.recipe import one_cycle, parameters_of, training_facts
from segue.tasks.record import DataReference
from segue.tasks.task import Facts, Fitting
from segue.training import FitResult
from segue.version import __version__


@dataclass(frozen=True)
class Prepared:
    """Records divided into parts, with the model to train or to score on them."""

    source: str
    settings: IdentifySettings
    data: Given
    config: IdentifyConfig
    model: Simulator
    training: TrainSettings

    @property
    def title(self) -> str:
        """Of the report."""
        what = "One step ahead" if self.settings.one_step else "Simulation"
        return f"{what} of {', '.join(self.settings.output)} in {one_line(Path(self.source).name)}"

    def records(self, part: Experiments) -> Records:
        """Records on the model's scales."""
        model = self.model
        return Records(
            _scaled(part.inputs, model.input_scale), _scaled(part.outputs, model.output_scale)
        )

    def fitting(self) -> Fitting:
        """How the model is trained: truncated backpropagation, one cycle of the learning rate."""
        how = self.training
        objective = IdentifyObjective(
            self.records(self.data.train),
            self.records(self.data.dev),
            self.config.encoder,
            how.washout,
        )
        streams = Streams(
            lambda chunk: chunk,
            self.data.train.inputs.lengths.tolist(),
            how.batch_size,
            how.chunk,
            self.settings.seed,
        )
        batches = Repeated(streams, how.passes)
        weights = self.model.parameters()
        return one_cycle(
            how, self.settings, objective, batches, weights, rising=0.1, betas=(0.9, 0.99)
        )

    def finish(self) -> None:
        """Nothing follows the choice of the weights."""
        self.model.eval()

    def artifact(self) -> dict[str, Any]:
        """How far inputs and outputs went in training: what goes further is new to the model."""
        train = self.data.train
        reach = [
            np.stack([values.min(0), values.max(0)])
            for values in (train.inputs.values, train.outputs.values)
        ]
        return {"inputs": reach[0], "outputs": reach[1]}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        data, config = self.data, self.config
        parts = [f"{part.samples:,}" for part in (data.train, data.dev, data.test)]
        start = (
            f"the first state told by {config.encoder} samples"
            if config.encoder
            else "a learned first state"
            if config.learned_start
            else "from rest"
        )
        return [
            f"{one_line(self.source)}: {count(len(data.train), 'record')}, {parts[0]} samples to"
            f" train on, {parts[1]} to choose by, {parts[2]} to test ({data.how})",
            f"a linear system of {count(config.order, 'state')}, and {config.cell} with"
            f" {config.hidden} features, {parameters_of(self.model):,} parameters; {start},"
            f" {count(self.training.washout, 'sample')} washed out",
        ]

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        config = self.config
        return {"cell": config.cell, "order": config.order, "parameters": parameters_of(self.model)}

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        data, config = self.data, self.config
        return (
            ("to train on", f"{data.train.samples:,} samples"),
            ("to test", f"{data.test.samples:,} samples"),
            ("sampling time", f"{data.period:g}"),
            ("linear system", count(config.order, "state")),
            ("cell", f"{config.cell}, {config.hidden} features, {count(config.layers, 'layer')}"),
            *training_facts(result, self.model),
            ("washout", count(self.training.washout, "sample")),
            ("encoder", count(config.encoder, "sample")),
            ("stability", bounded(self.model)),
            ("seed", str(self.settings.seed)),
        )

    def record(self, data: DataReference) -> IdentifyRun:
        """What `config.json` says of it."""
        return IdentifyRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            period=self.data.period,
            model=self.config,
            training=self.training,
        )


def _scaled(part: Ragged, scale: Standardise) -> Ragged:
    values = scale(torch.from_numpy(part.values)).numpy()
    return Ragged(values, part.offsets)
