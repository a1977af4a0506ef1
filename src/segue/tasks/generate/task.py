"""The generate task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from segue.data.source import Source
from segue.data.splits import Part
from segue.data.vocabulary import vocabulary_from_state
from segue.data.wording import one_line
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.tasks.generate.about import ABOUT
from segue.tasks.generate.defaults import Suggestion, suggest
from segue.tasks.generate.material import Material
from segue.tasks.generate.music import Music
from segue.tasks.generate.prepared import Given, Parts, Prepared, divide
from segue.tasks.generate.record import GenerateRun
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings, Unit
from segue.tasks.generate.text import Text
from segue.tasks.language.model import LanguageModel
from segue.tasks.language.objective import surprises
from segue.tasks.language.scores import LanguageScores, method, n_grams
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder


@dataclass(frozen=True)
class LoadedGenerator(Loaded):
    """A run that was trained, with its units."""

    record: GenerateRun
    model: LanguageModel
    material: Material


class GenerateTask(Task[GenerateSettings, Given, GenerateRun, Prepared, LoadedGenerator]):
    """A language model, and the text that it writes."""

    about = ABOUT
    Record = GenerateRun

    def read(
        self, source: Source, settings: GenerateSettings, record: GenerateRun | None = None
    ) -> Given:
        """Learn the units of a text in one pass, and write it as ids in another."""
        midi = settings.unit is Unit.midi
        material: Material = Music() if midi else Text.learned(source, settings)
        text = material.corpus(source)
        more = [
            material.corpus(Source.of(*files)) if files else None
            for files in (settings.dev, settings.test)
        ]
        return Given(material, text, *more)

    def build(
        self,
        data: Given,
        settings: GenerateSettings,
        source: str,
        record: GenerateRun | None = None,
    ) -> Prepared:
        """Divide the text and build the model."""
        try:
            parts = divide(data)
        except DataError as error:
            raise DataError(f"{one_line(source)}: {error}") from None
        if len(parts.train) < 2:
            raise DataError(f"{one_line(source)}: two {data.material.unit}s at least are needed")
        material = data.material
        labels = len(material.labels)
        choice = suggest(settings, material.size, labels, material.fresh, len(parts.train))
        if record is not None:
            choice = Suggestion(record.model, record.training)
        model = LanguageModel(choice.model)
        return Prepared(source, settings, data, parts, model, choice.train)

    def score(self, prepared: Prepared, part: Part) -> LanguageScores:
        """Score the model and n-grams on one part."""
        parts, size, told = prepared.parts, prepared.data.material.size, prepared.model.config.told
        asked = {Part.TRAIN: parts.train, Part.VALIDATION: parts.validation}.get(part, parts.test)
        prepared.model.eval()
        surprise = surprises(prepared.model, asked)
        ours = method(f"{prepared.model.config.cell} (segue)", surprise, asked, told)
        return LanguageScores(ours, n_grams(parts.train, asked, size, told), asked, surprise)

    def load(
        self, run: RunFolder, record: GenerateRun, artifact: dict[str, Any]
    ) -> LoadedGenerator:
        """The model and its units."""
        material: Material
        if record.settings.unit is Unit.midi:
            material = Music()
        else:
            vocabulary = vocabulary_from_state(artifact.get("vocabulary"))
            material = Text.of(record.settings, vocabulary, artifact.get("labels", ()))
        if (material.size, len(material.labels)) != (record.model.vocabulary, record.model.labels):
            raise RunError(f"{run.path}: its units do not fit its model; train again")
        return LoadedGenerator(run, record, LanguageModel(record.model), material)

    def evaluation(self, loaded: LoadedGenerator, source: Source, note: Note) -> Prepared:
        """The whole text of the files; n-grams are counted in the training's again."""
        record, settings = loaded.record, loaded.record.settings
        asked = loaded.material.corpus(source)
        flattered = "n-grams are counted in the text that is scored, which flatters them"
        given = self.trained_on(loaded, note, flattered)
        whole = asked.whole
        train = whole if given is None else divide(given).train
        data = Given(loaded.material, asked, None, None)
        parts = Parts(train, whole, whole)
        return Prepared(str(source), settings, data, parts, loaded.model, record.training)

    def predict(
        self, loaded: LoadedGenerator, source: Source | None, asked: Any, note: Note
    ) -> Iterator[dict[str, Any]]:
        """How likely each line is, in the order of the file."""
        if source is None:
            raise OptionError("name the file whose lines are to be looked at, or - for lines")
        return loaded.material.likely(loaded.model, source)

    def write(self, result: dict[str, Any], asked: Any, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def stream(self, loaded: LoadedGenerator, asked: Any) -> Callable[[str], str]:
        """From a line to how likely it is."""
        answer = loaded.material.live(loaded.model)
        return lambda line: self.write(answer(line), asked, first=False).rstrip("\n")

    def perform(self, loaded: LoadedGenerator, asked: GenerateAsked) -> Iterable[str | bytes]:
        """Write a text, or a piece of music."""
        return loaded.material.write(loaded.run, loaded.model, asked)

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """What the model writes, and where it is surprised."""
        prepared, scores = trained.prepared, trained.scores
        material: Material = prepared.data.material
        ways = " and ".join(scores.stretch.corpus.extents.measures)
        note = (
            f"{scores.scored:,} held-back {material.unit}s, none of which the training saw."
            f" Perplexity is by unit, so only models of one unit compare by it; bits per {ways}"
            " compare all."
        )
        return material.sections(prepared.model, scores), note
