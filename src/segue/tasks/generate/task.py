"""The generate task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch

from segue.data.corpus import (
    Corpus,
    encode_lines,
    line_encoder,
    lines_of,
    require_files,
    text_files,
)
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.unit import Cut
from segue.data.units import Vocabulary, settings_of
from segue.data.vocabulary import fit_vocabulary, vocabulary_from_state
from segue.data.wording import one_line
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.tasks.generate.about import ABOUT
from segue.tasks.generate.defaults import Suggestion, suggest
from segue.tasks.generate.model import GenerateModel, log_probs
from segue.tasks.generate.objective import surprises
from segue.tasks.generate.pages import pages
from segue.tasks.generate.prepared import Given, Parts, Prepared, divide
from segue.tasks.generate.record import GenerateRun
from segue.tasks.generate.scores import GenerateScores, method, n_grams
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings
from segue.tasks.generate.writing import line_end, text_of
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder

_CHUNK = 64  # lines that are looked at together
_LONGEST = 100_000  # units of a line that is looked at


@dataclass(frozen=True)
class LoadedGenerator(Loaded):
    """A run that was trained, with its units."""

    record: GenerateRun
    model: GenerateModel
    vocabulary: Vocabulary


class GenerateTask(Task[GenerateSettings, Given, GenerateRun, Prepared, LoadedGenerator]):
    """A language model, and the text that it writes."""

    about = ABOUT
    Record = GenerateRun

    def read(
        self, source: Source, settings: GenerateSettings, record: GenerateRun | None = None
    ) -> Given:
        """Learn the units in one pass, and write the text as ids in another."""
        place = one_line(str(source))
        require_files(source.paths)
        if next(iter(_lines(source, settings)), None) is None:
            raise DataError(f"{place}: there is no text; give a file with some")
        vocabulary = _learned(_lines(source, settings), settings)
        if not vocabulary.size > len(vocabulary.settings.special) + 1:
            raise DataError(f"{place}: has one {settings.unit} alone; give a text")
        text = _encoded(_lines(source, settings), vocabulary)
        more = [
            _encoded(_lines(Source.of(*files), settings), vocabulary) if files else None
            for files in (settings.dev, settings.test)
        ]
        return Given(vocabulary, text, *more)

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
            raise DataError(f"{one_line(source)}: two {settings.unit}s at least are needed")
        choice = suggest(settings, data.vocabulary.size, len(parts.train))
        if record is not None:
            choice = Suggestion(record.model, record.training)
        model = GenerateModel(choice.model)
        return Prepared(source, settings, data, parts, model, choice.train)

    def score(self, prepared: Prepared, part: Part) -> GenerateScores:
        """Score the model and n-grams on one part."""
        parts, size = prepared.parts, prepared.data.vocabulary.size
        asked = {Part.TRAIN: parts.train, Part.VALIDATION: parts.validation}.get(part, parts.test)
        prepared.model.eval()
        surprise = surprises(prepared.model, asked)
        ours = method(f"{prepared.model.config.cell} (segue)", surprise, asked)
        return GenerateScores(ours, n_grams(parts.train, asked, size), asked, surprise)

    def load(
        self, run: RunFolder, record: GenerateRun, artifact: dict[str, Any]
    ) -> LoadedGenerator:
        """The model and its units."""
        vocabulary = vocabulary_from_state(artifact.get("vocabulary"))
        if vocabulary.size != record.model.vocabulary:
            raise RunError(f"{run.path}: its units do not fit its model; train again")
        return LoadedGenerator(run, record, GenerateModel(record.model), vocabulary)

    def evaluation(self, loaded: LoadedGenerator, source: Source, note: Note) -> Prepared:
        """The whole text of the files; n-grams are counted in the training's again."""
        record, settings = loaded.record, loaded.record.settings
        asked = _encoded(_lines(source, settings), loaded.vocabulary)
        flattered = "n-grams are counted in the text that is scored, which flatters them"
        given = self.trained_on(loaded, note, flattered)
        whole = asked.whole
        train = whole if given is None else divide(given).train
        data = Given(loaded.vocabulary, asked, None, None)
        parts = Parts(train, whole, whole)
        return Prepared(str(source), settings, data, parts, loaded.model, record.training)

    def predict(
        self, loaded: LoadedGenerator, source: Source | None, asked: Any, note: Note
    ) -> Iterator[dict[str, Any]]:
        """How likely each line is, in the order of the file."""
        if source is None:
            raise OptionError("name the file whose lines are to be looked at, or - for lines")
        lines, number = iter(_lines(source, loaded.record.settings)), 0
        while some := list(islice(lines, _CHUNK)):
            yield from _likely(loaded, some, number)
            number += len(some)

    def write(self, result: dict[str, Any], asked: Any, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def stream(self, loaded: LoadedGenerator, asked: Any) -> Callable[[str], str]:
        """From a line to how likely it is."""
        number = 0

        def answer(line: str) -> str:
            nonlocal number
            (found,) = _likely(loaded, [line], number)
            number += 1
            return self.write(found, asked, first=number == 1).rstrip("\n")

        return answer

    def perform(self, loaded: LoadedGenerator, asked: GenerateAsked) -> Iterator[str]:
        """Write a text."""
        yield from text_of(loaded.run, loaded.model, loaded.vocabulary, asked)

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """What the model writes, and where it is surprised."""
        return pages(trained.prepared, trained.scores)


def _lines(source: Source, settings: GenerateSettings) -> Iterable[str]:
    """Lines of files or of a frame, which may be a text or a list of texts."""
    frame = source.frame
    if frame is None:
        return lines_of(text_files(source.paths), settings.encoding)
    texts = [frame] if isinstance(frame, str) else list(frame)
    if not all(isinstance(text, str) for text in texts):
        raise DataError("frame: give a text, or a list of texts")
    return (line for text in texts for line in text.split("\n"))


def _learned(lines: Iterable[str], settings: GenerateSettings) -> Vocabulary:
    unit = settings.unit
    words = unit in (Cut.word, Cut.token)
    asked = settings_of(unit, lower=settings.lower, size=settings.vocabulary, ends=words)
    return fit_vocabulary(lines if words else (line + "\n" for line in lines), asked)


def _encoded(lines: Iterable[str], vocabulary: Vocabulary) -> Corpus:
    return encode_lines(lines, line_encoder(vocabulary), vocabulary.size)


def _likely(loaded: LoadedGenerator, lines: list[str], before: int) -> list[dict[str, Any]]:
    """Of each line: how likely it is from its beginning to its end."""
    begin = np.array([line_end(loaded.vocabulary)])
    ids = [np.concatenate([begin, each]) for each in line_encoder(loaded.vocabulary)(lines)]
    for number, each in enumerate(ids, start=before + 1):
        if len(each) > _LONGEST:
            raise DataError(f"line {number}: has more than {_LONGEST:,} units; break it up")
    lengths = torch.tensor([len(each) for each in ids])
    tokens = torch.zeros(int(lengths.max()), len(ids), dtype=torch.long)
    for row, each in enumerate(ids):
        tokens[: len(each), row] = torch.from_numpy(each.astype(np.int64))
    sums = log_probs(loaded.model, tokens, lengths).double().sum(0).tolist()
    return [
        {
            "id": str(before + row + 1),
            "log_probability": round(total, 4),
            "units": int(lengths[row]) - 1,
            "bits_per_character": round(-total / np.log(2) / (len(line) + 1), 4),
        }
        for row, (line, total) in enumerate(zip(lines, sums, strict=True))
    ]
