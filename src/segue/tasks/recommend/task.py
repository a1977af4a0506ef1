"""The recommend task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from segue.data.durations import seconds
from segue.data.events import EventColumns, Log, read_events, read_sequences
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.vocabulary import Tokens, vocabulary_from_state
from segue.errors import OptionError, RunError
from segue.insight.report import Section
from segue.tasks.artifact import require_array
from segue.tasks.recommend.about import ABOUT
from segue.tasks.recommend.answers import recommendations
from segue.tasks.recommend.defaults import Suggestion, suggest
from segue.tasks.recommend.live import Live
from segue.tasks.recommend.model import RecommendModel
from segue.tasks.recommend.pages import pages
from segue.tasks.recommend.prepared import Prepared
from segue.tasks.recommend.ranking import ranked
from segue.tasks.recommend.record import RecommendRun
from segue.tasks.recommend.settings import RecommendPredict, RecommendSettings
from segue.tasks.sessions.baselines import all_of
from segue.tasks.sessions.division import Given, Parts, divide, encoded
from segue.tasks.sessions.scores import SessionScores, intervals, method
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder


@dataclass(frozen=True)
class LoadedRecommender(Loaded):
    """A run that was trained, with its items."""

    record: RecommendRun
    model: RecommendModel
    items: Tokens
    counts: NDArray[np.int64]


class RecommendTask(Task[RecommendSettings, Given, RecommendRun, Prepared, LoadedRecommender]):
    """What comes next."""

    about = ABOUT
    Record = RecommendRun

    def read(
        self, source: Source, settings: RecommendSettings, record: RecommendRun | None = None
    ) -> Given:
        """The log, and those to choose by and to score on."""
        more = [
            None if name is None else _log(Source.of(name), settings)
            for name in (settings.dev, settings.test)
        ]
        return Given(_log(source, settings), *more)

    def build(
        self,
        data: Given,
        settings: RecommendSettings,
        source: str,
        record: RecommendRun | None = None,
    ) -> Prepared:
        """Divide the sessions and build the model."""
        parts = divide(data, settings)
        choice = suggest(settings, parts.items.size, len(parts.train.values))
        if record is not None:
            choice = Suggestion(record.model, record.training)
        frequency = torch.from_numpy(parts.counts).double().clamp_min(1e-3)
        model = RecommendModel(choice.model, frequency**choice.train.flatness)
        return Prepared(source, settings, data, parts, model, choice.train)

    def score(self, prepared: Prepared, part: Part) -> SessionScores:
        """Score the model and the baselines on one part."""
        parts, settings, k = prepared.parts, prepared.settings, prepared.settings.k
        asked = parts.validation if part is Part.VALIDATION else parts.test
        model, skip = prepared.model.eval(), settings.skip_seen
        ours = ranked(model, asked, k, skip_seen=skip)
        others = all_of(parts.train, parts.counts, asked, k, skip_seen=skip)
        return SessionScores(
            method(f"{model.config.cell} (segue)", ours, asked, parts.counts, k),
            tuple(method(name, each, asked, parts.counts, k) for name, each in others.items()),
            asked,
            ours,
            others,
            k,
            intervals(ours.ranks, asked, k, settings.seed),
            skip,
        )

    def load(
        self, run: RunFolder, record: RecommendRun, artifact: dict[str, Any]
    ) -> LoadedRecommender:
        """The model and its items."""
        items = vocabulary_from_state(artifact.get("vocabulary"), record.model.items)
        if not isinstance(items, Tokens):
            raise RunError("vocabulary: it has no items; train again")
        counts = artifact.get("counts")
        if not isinstance(counts, np.ndarray):
            raise RunError("counts: there are none; train again")
        require_array("counts", counts, np.int64, (record.model.items,))
        return LoadedRecommender(run, record, RecommendModel(record.model), items, counts)

    def evaluation(self, loaded: LoadedRecommender, source: Source, note: Note) -> Prepared:
        """All sessions of the files; baselines are made of the training's again."""
        record, settings = loaded.record, loaded.record.settings
        log = _log(source, settings)
        asked = encoded(log, loaded.items, settings)
        if not len(asked):
            raise OptionError(
                f"{source}: no session has two events of items that the run knows; give others"
            )
        given = self.trained_on(
            loaded, note, "the baselines are made of what is scored, which flatters them"
        )
        train = asked.sessions if given is None else divide(given, settings).train
        parts = Parts(loaded.items, loaded.counts, train, asked, asked, ())
        return Prepared(str(source), settings, Given(log), parts, loaded.model, record.training)

    def predict(
        self,
        loaded: LoadedRecommender,
        source: Source | None,
        asked: RecommendPredict,
        note: Note,
    ) -> Iterator[dict[str, Any]]:
        """What is recommended behind each session, in the order of their beginning."""
        if source is None:
            raise OptionError("name the log whose sessions are to be continued")
        settings = loaded.record.settings
        log = _log(source, settings, labelled=True)
        yield from recommendations(loaded.model, loaded.items, log, settings, asked.k)

    def write(self, result: dict[str, Any], asked: Any, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def stream(self, loaded: LoadedRecommender, asked: RecommendPredict) -> Live:
        """From an event to what comes next in its session."""
        return Live(loaded.model, loaded.items, loaded.record.settings, asked)

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """By place, popularity and length; learning; neighbours; some sessions."""
        return pages(trained.prepared, trained.scores, trained.run.metrics())


def _log(source: Source, settings: RecommendSettings, *, labelled: bool = False) -> Log:
    """The one file or frame that is read."""
    what = source.path if source.frame is None else source.frame
    if settings.sequences or settings.item is None:
        return read_sequences(what, settings.encoding)
    columns = EventColumns(
        settings.item, settings.session, settings.user, settings.time, settings.kind, settings.only
    )
    gap = None if settings.gap is None else seconds(settings.gap, "gap")
    return read_events(
        what, columns, settings.notation, gap=gap, sort=settings.sort, labelled=labelled
    )
