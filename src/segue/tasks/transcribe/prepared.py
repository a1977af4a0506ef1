"""Recordings divided into parts, with the model to train or to score on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.audio.features import SHIFT
from segue.data.audio.store import Heard
from segue.data.repeated import Repeated
from segue.data.wording import count, one_line
from segue.insight.word_errors import character_errors, word_errors
from segue.tasks.recipe import one_cycle, parameters_of
from segue.tasks.record import DataReference
from segue.tasks.speech.answers import Emission, Speller, name_shares
from segue.tasks.speech.baselines import Means
from segue.tasks.speech.reading import Given
from segue.tasks.speech.search import Chosen, Search, choose, some
from segue.tasks.speech.spoken import Spoken, spoken
from segue.tasks.task import Facts, Fitting
from segue.tasks.transcribe.defaults import TrainSettings
from segue.tasks.transcribe.emitted import emissions
from segue.tasks.transcribe.model import TranscribeModel
from segue.tasks.transcribe.objective import TranscribeObjective
from segue.tasks.transcribe.record import TranscribeRun
from segue.tasks.transcribe.settings import TranscribeSettings
from segue.training import FitResult
from segue.training.progress import duration
from segue.version import __version__

_SHOWN = 5  # recordings that are left out, by name


@dataclass(frozen=True)
class Prepared:
    """Recordings divided into parts, with the model to train or to score on them.

    `usual` is the text that is said most often, `means` the mean sound of each name, `chosen` the
    way in which texts are looked for.
    """

    source: str
    settings: TranscribeSettings
    data: Given
    model: TranscribeModel
    training: TrainSettings
    usual: str
    means: Means | None
    chosen: Chosen

    @property
    def title(self) -> str:
        """Of the report."""
        what = "Names" if self.data.commands else "Speech"
        return f"{what} in {one_line(Path(self.source).name)}"

    @property
    def speller(self) -> Speller:
        """Units as text."""
        return Speller.of(self.data.vocabulary, self.model.config.stride)

    @property
    def names(self) -> tuple[str, ...]:
        """Of commands, in the order of their units."""
        units = self.data.vocabulary
        return tuple(units.token(number) for number in range(2, units.size))

    @property
    def search(self) -> Search:
        """From what the network says to texts."""
        return Search.of(self.speller, self.chosen.how, self.data.ngrams, self.model.transducer)

    def heard(self, *heards: Heard) -> Spoken:
        """Recordings as the network reads them."""
        return spoken(heards, self.data.hearing, self.data.vocabulary)

    def fitting(self) -> Fitting:
        """How the model is trained: one cycle of the learning rate over all steps."""
        how, settings = self.training, self.settings
        rows = self.heard(self.data.train, *self.data.copies)
        batches = Repeated(
            rows.learning(seed=settings.seed, rows=how.batch_size, steps=how.batch_steps),
            how.passes,
        )
        return one_cycle(how, settings, self._objective(), batches, self.model.parameters())

    def finish(self) -> None:
        """Set the temperature, and choose a search, by what the weights were not fitted to."""
        self.model.eval()
        self.model.temperature.fill_(self._objective().temperature(self.model))
        dev, ngrams = self.data.dev, self.data.ngrams
        if ngrams is None:
            return
        greedy = self.search.greedy
        rows = some(len(dev.utterances), greedy)
        said = [dev.utterances.items[row].text or "" for row in rows]
        emitted = emissions(self.model, self.heard(dev.take(rows)))

        def wrong(search: Search) -> float:
            return word_errors(said, [search.text(each) for each in emitted]).rate

        self.chosen.how = choose(wrong, greedy, ngrams, greedy.beam(self.settings.beam))

    def artifact(self) -> dict[str, Any]:
        """The units, and what the baselines say."""
        means = {} if self.means is None else {"means": self.means.state()}
        ngrams = {} if self.data.ngrams is None else {"ngrams": self.data.ngrams.state()}
        how = self.chosen.how.model_dump(mode="json")
        units = self.data.vocabulary.state()
        return {"vocabulary": units, "usual": self.usual, "search": how, **ngrams, **means}

    def introduction(self) -> Sequence[str]:
        """What was read, and what will be trained on it."""
        data, config = self.data, self.model.config
        heard = data.hearing
        sound = "features" if heard.rate is None else f"{heard.rate:,} Hz, {heard.size} bands"
        units = f"{len(self.names):,} {'names' if data.commands else f'{self.settings.unit}s'}"
        copies = f", {count(len(data.copies), 'copy')}" if len(data.copies) == 1 else (
            f", {len(data.copies)} copies, altered" if data.copies else ""
        )  # fmt: skip
        lines = [
            f"{one_line(self.source)}: {len(data.train.utterances):,} recordings to train on"
            f" ({_time(data.train)}{copies}), {len(data.dev.utterances):,} to validate,"
            f" {len(data.test.utterances):,} to test; {data.speakers}",
            f"{sound}; {units}; {config.cell} with {config.hidden} features,"
            f" {count(config.layers, 'layer')}, {parameters_of(self.model):,} parameters",
        ]
        if data.left_out:
            lines.append(f"{count(len(data.left_out), 'recording')} left out:")
            lines += list(data.left_out[:_SHOWN])
            more = len(data.left_out) - _SHOWN
            lines += [f"and {more:,} more: the report lists them"] if more > 0 else []
        return lines

    def summary(self) -> dict[str, Any]:
        """Of what was scored: the figures that a program may want."""
        config = self.model.config
        return {
            "cell": config.cell,
            "parameters": parameters_of(self.model),
            "seconds": round(len(self.data.test.frames.values) * SHIFT, 2),
            "search": None if self.data.commands else self.chosen.how.model_dump(mode="json"),
            "left_out": list(self.data.left_out),
        }

    def facts(self, result: FitResult) -> Facts:
        """Labels and values for the top of the report."""
        data, config = self.data, self.model.config
        heard, settings = data.hearing, self.settings
        rate = "features of files" if heard.rate is None else f"{heard.rate:,} Hz"
        chunk = config.chunk
        ways = "whole recordings, both ways" if chunk is None else (
            f"{chunk * config.stride * SHIFT * 1000:.0f} ms at a time"
            f"{', both ways' if config.ahead else ''}"
        )  # fmt: skip
        return (
            ("to train on", f"{len(data.train.utterances):,} recordings, {_time(data.train)}"),
            ("to test", f"{len(data.test.utterances):,} recordings, {_time(data.test)}"),
            ("speakers", data.speakers),
            ("units", f"{len(self.names):,} {'names' if data.commands else settings.unit}"),
            ("cell", f"{config.cell}, {config.hidden} features, {config.layers} layers"),
            ("hears", ways),
            ("training", f"{count(result.epochs, 'epoch')} in {duration(result.seconds)}"),
            ("weights", f"of epoch {result.best_epoch}"),
            ("sound", f"{rate}, {heard.size} values in a frame of 10 ms"),
            ("parameters", f"{parameters_of(self.model):,}"),
            ("output", "a transducer, beside CTC" if config.transducer else "CTC"),
            ("search", str(self.chosen.how)),
            ("step", f"{config.stride * SHIFT * 1000:.0f} ms"),
            ("copies at other speeds or with noise", str(len(data.copies))),
            ("left out", count(len(data.left_out), "recording")),
            ("seed", str(settings.seed)),
        )

    def record(self, data: DataReference) -> TranscribeRun:
        """What `config.json` says of it."""
        return TranscribeRun(
            segue=__version__,
            settings=self.settings,
            data=data,
            commands=self.data.commands,
            hearing=self.data.hearing,
            model=self.model.config,
            training=self.training,
        )

    def _objective(self) -> TranscribeObjective:
        said = [item.text or "" for item in self.data.dev.utterances]

        def measure(emitted: Sequence[Emission]) -> Mapping[str, float]:
            if self.data.commands:
                told = name_shares([each.shares for each in emitted]).argmax(1)
                right = [self.names[k - 2] == text for k, text in zip(told, said, strict=True)]
                return {"accuracy": float(np.mean(right))}
            heard = [self.search.greedy.text(each) for each in emitted]
            return {"wer": word_errors(said, heard).rate, "cer": character_errors(said, heard).rate}

        return TranscribeObjective(self.heard(self.data.dev), measure, self.training.smoothing)


def _time(heard: Heard) -> str:
    return duration(len(heard.frames.values) * SHIFT)
