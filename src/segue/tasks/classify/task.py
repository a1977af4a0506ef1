"""The classify task: how it answers the questions of `segue.tasks.task`."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from segue.data.source import Source
from segue.data.splits import Part
from segue.data.vocabulary import Vocabulary, vocabulary_from_state
from segue.errors import OptionError
from segue.insight.report import Section
from segue.tasks.classify.about import ABOUT
from segue.tasks.classify.answers import answers
from segue.tasks.classify.choice import choose, fitted_to
from segue.tasks.classify.defaults import Suggestion
from segue.tasks.classify.model import ClassifyModel
from segue.tasks.classify.prepared import Given, Prepared
from segue.tasks.classify.record import ClassifyRun
from segue.tasks.classify.settings import ClassifyPredict, ClassifySettings
from segue.tasks.examples import baselines
from segue.tasks.examples.batches import probabilities
from segue.tasks.examples.examples import (
    Examples,
    Kind,
    Parts,
    check_channels,
    inputs_of,
    labels_of,
)
from segue.tasks.examples.pages import pages
from segue.tasks.examples.reading import examples_from_frame, read_examples
from segue.tasks.examples.scores import ClassifyScores, method
from segue.tasks.examples.stream import example_of_line
from segue.tasks.pretrained import Pretrained, Wanted, digest_of
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder

_CHUNK = 2048  # examples that are answered at a time


@dataclass(frozen=True)
class LoadedClassifier(Loaded):
    """A run that was trained, with its vocabulary where it reads text."""

    record: ClassifyRun
    model: ClassifyModel
    vocabulary: Vocabulary | None

    def take(self, source: Source, *, labelled: bool) -> Examples:
        """Examples of a file or frame, read as those of the training were."""
        record = self.record
        found = _read(source, record.settings, record.classes, labelled=labelled)
        check_channels(found, record.kind, record.channels)
        return found if self.vocabulary is None else found.encoded(self.vocabulary)


class ClassifyTask(Task[ClassifySettings, Given, ClassifyRun, Prepared, LoadedClassifier]):
    """One class for each text, series, image or row of numbers."""

    about = ABOUT
    Record = ClassifyRun

    def read(
        self, source: Source, settings: ClassifySettings, record: ClassifyRun | None = None
    ) -> Given:
        """The examples, and those of the file to score on."""
        examples = _read(source, settings, None, labelled=True)
        vectors = digest_of(settings.vectors)
        if settings.test is None:
            return Given(examples, None, vectors)
        test = Source.of(settings.test)
        return Given(examples, _read(test, settings, examples.classes, labelled=True), vectors)

    def build(
        self,
        data: Given,
        settings: ClassifySettings,
        source: str,
        record: ClassifyRun | None = None,
    ) -> Prepared:
        """Divide the examples, learn the vocabulary, and build the model."""
        chosen = None if record is None else Suggestion(record.model, record.training)
        parts, vocabulary, choice = choose(data, settings, chosen)
        asked = Wanted("--vectors", settings.vectors, vocabulary)
        vectors = Pretrained(asked, features=settings.embedding)
        model = ClassifyModel(vectors.fitted(choice.model))
        begun = vectors.begin([each.get_submodule("embed") for each in model.members])
        model.prepare(inputs_of(parts.train).values)
        return Prepared(source, settings, data, parts, vocabulary, model, choice.train, begun)

    def score(self, prepared: Prepared, part: Part) -> ClassifyScores:
        """Score the model and the baselines on the examples of one part."""
        parts, config = prepared.parts, prepared.model.config
        asked = {Part.TRAIN: parts.train, Part.VALIDATION: parts.validation}.get(part, parts.test)
        truth = labels_of(asked)
        found = probabilities(prepared.model, inputs_of(asked))
        free = baselines.of(fitted_to(parts, prepared.training), asked, prepared.vocabulary)
        return ClassifyScores(
            method(f"{config.cell} (segue)", truth, found),
            tuple(method(name, truth, each) for name, each in free),
            asked.classes,
            truth,
            found,
        )

    def load(
        self, run: RunFolder, record: ClassifyRun, artifact: dict[str, Any]
    ) -> LoadedClassifier:
        """The model, and the vocabulary of texts."""
        vocabulary = None
        if record.kind is Kind.TEXT:
            vocabulary = vocabulary_from_state(artifact.get("vocabulary"), record.model.vocabulary)
        return LoadedClassifier(run, record, ClassifyModel(record.model), vocabulary)

    def evaluation(self, loaded: LoadedClassifier, source: Source, note: Note) -> Prepared:
        """All examples of the file; the baselines are fitted to the training's file again."""
        record, test = loaded.record, loaded.take(source, labelled=True)
        parts = self._training_parts(loaded, test, note)
        return Prepared(
            str(source),
            record.settings,
            Given(test, None),
            parts,
            loaded.vocabulary,
            loaded.model,
            record.training,
        )

    def predict(
        self,
        loaded: LoadedClassifier,
        source: Source | None,
        asked: ClassifyPredict,
        note: Note,
    ) -> Iterator[dict[str, Any]]:
        """A row for each example, in the order of the input."""
        if source is None:
            raise OptionError("name the file with what is to be classified, or - for lines")
        examples = loaded.take(source, labelled=False)
        for start in range(0, len(examples), _CHUNK):
            some = examples.take(np.arange(start, min(start + _CHUNK, len(examples))))
            yield from answers(loaded.model, loaded.vocabulary, some, asked)

    def write(self, result: dict[str, Any], asked: ClassifyPredict, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def stream(self, loaded: LoadedClassifier, asked: ClassifyPredict) -> Callable[[str], str]:
        """From a text, or the numbers of a series of one channel, to a line of JSON."""
        number = 0

        def answer(line: str) -> str:
            nonlocal number
            number += 1
            example = example_of_line(loaded.record, loaded.vocabulary, line, number)
            (row,) = answers(loaded.model, loaded.vocabulary, example, asked)
            return self.write(row, asked, first=number == 1).rstrip("\n")

        return answer

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Classes, confusions, calibration and the surest mistakes."""
        test = trained.prepared.parts.test
        return pages(test.ids if test.texts is None else test.texts, trained.scores)

    def _training_parts(self, loaded: LoadedClassifier, test: Examples, note: Note) -> Parts:
        """What was trained on, beside `test`; its classes alone where the file is another now."""
        record = loaded.record
        given = self.trained_on(loaded, note, "the baseline is the most frequent class alone")
        if given is not None:
            chosen = Suggestion(record.model, record.training)
            return replace(choose(given, record.settings, chosen)[0], test=test)
        labels = np.repeat(np.arange(len(record.classes)), record.frequencies)
        names = ("",) * len(labels)
        train = Examples(record.kind, "training", names, names, record.classes, labels)
        return Parts(train, test.take(np.arange(0)), test)


def _read(
    source: Source,
    settings: ClassifySettings,
    classes: tuple[str, ...] | None,
    *,
    labelled: bool,
) -> Examples:
    if source.frame is not None:
        return examples_from_frame(source.frame, settings, classes=classes, labelled=labelled)
    return read_examples(
        source.path, settings, classes=classes, labelled=labelled, notation=settings.notation
    )
