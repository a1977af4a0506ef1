"""The transcribe task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from segue.data.audio.utterances import Utterance, Utterances
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.units import UNKNOWN, Vocabulary
from segue.data.vocabulary import vocabulary_from_state
from segue.data.word_ngrams import WordNGrams, ngrams_from_state
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.tasks.examples.pages import pages as name_pages
from segue.tasks.speech.answers import Emission, Speller, name_row, name_shares
from segue.tasks.speech.baselines import Means, usual_text
from segue.tasks.speech.pages import pages
from segue.tasks.speech.reading import (
    Given,
    hear_all,
    language,
    read,
    spread,
    unlabelled,
    writing_of,
)
from segue.tasks.speech.scores import CommandScores, TranscribeScores, compare, compare_names
from segue.tasks.speech.search import GREEDY, Chosen, How, Search, how_from_state
from segue.tasks.speech.segments import PAUSE, Segments, joined
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.tasks.transcribe.about import ABOUT
from segue.tasks.transcribe.defaults import Suggestion, suggest
from segue.tasks.transcribe.emitted import each_of, emissions
from segue.tasks.transcribe.listening import live, whole
from segue.tasks.transcribe.model import TranscribeModel
from segue.tasks.transcribe.prepared import Prepared
from segue.tasks.transcribe.record import TranscribeRun
from segue.tasks.transcribe.settings import TranscribeLive, TranscribePredict, TranscribeSettings
from segue.training import RunFolder


@dataclass(frozen=True)
class LoadedRecogniser(Loaded):
    """A run that was trained, with its units and what the baselines say."""

    record: TranscribeRun
    model: TranscribeModel
    vocabulary: Vocabulary
    usual: str
    means: Means | None
    how: How
    ngrams: WordNGrams | None

    def search(self, asked: TranscribePredict) -> Search:
        """From what the network says to texts, as it is asked.

        Raises:
            DataError: the file of n-grams cannot be read.
        """
        speller = Speller.of(self.vocabulary, self.record.model.stride)
        if asked.greedy or self.record.commands:
            return Search.of(speller, GREEDY, None, self.model.transducer)
        writing = writing_of(self.record.settings)
        ngrams = language(asked.language, asked.order, writing) or self.ngrams
        given = {
            "beam": asked.beam,
            "weight": asked.language_weight,
            "bonus": asked.word_bonus,
            "closed": False if asked.any_word else None,
        }
        how = self.how
        if asked.language and not how.beam:
            greedy = Search.of(speller, GREEDY, None, self.model.transducer)
            how = How(beam=greedy.beam(self.record.settings.beam), weight=1.0)
        changed = {name: value for name, value in given.items() if value is not None}
        how = how.model_copy(update=changed)
        return Search.of(speller, how, ngrams, self.model.transducer)


class TranscribeTask(Task[TranscribeSettings, Given, TranscribeRun, Prepared, LoadedRecogniser]):
    """Speech to text, or which of a few words was said."""

    about = ABOUT
    Record = TranscribeRun

    def read(
        self, source: Source, settings: TranscribeSettings, record: TranscribeRun | None = None
    ) -> Given:
        """The recordings of all parts, heard once."""
        return read(source, settings, settings.seed)

    def build(
        self,
        data: Given,
        settings: TranscribeSettings,
        source: str,
        record: TranscribeRun | None = None,
    ) -> Prepared:
        """Build the model."""
        train = (data.train, *data.copies)
        choice = suggest(
            settings,
            features=data.hearing.width,
            units=data.vocabulary.size,
            recordings=sum(len(heard.utterances) for heard in train),
            frames=sum(len(heard.frames.values) for heard in train),
            commands=data.commands,
        )
        if record is not None:
            choice = Suggestion(record.model, record.training)
        model = TranscribeModel(choice.model)
        model.take_spread(spread(data))
        means = Means.of(data.train) if data.commands else None
        return Prepared(
            source, settings, data, model, choice.train, usual_text(data.train), means, Chosen()
        )

    def score(self, prepared: Prepared, part: Part) -> TranscribeScores | CommandScores:
        """Score the model and the baselines on the recordings of one part."""
        data = prepared.data
        heard = {Part.TRAIN: data.train, Part.VALIDATION: data.dev}.get(part, data.test)
        emitted = emissions(prepared.model, prepared.heard(heard))
        name = f"{prepared.model.config.cell} (segue)"
        if prepared.means is not None:
            told = name_shares([each.shares for each in emitted])[:, UNKNOWN + 1 :]
            usual = prepared.usual
            return compare_names(name, prepared.names, heard, told, prepared.means, usual)
        search = prepared.search
        answers = [search.answer(each) for each in emitted]
        writing = writing_of(prepared.settings)
        return compare(name, heard.utterances, answers, prepared.usual, writing, data.speakers)

    def load(
        self, run: RunFolder, record: TranscribeRun, artifact: dict[str, Any]
    ) -> LoadedRecogniser:
        """The model and its units."""
        vocabulary = vocabulary_from_state(artifact.get("vocabulary"), record.model.units)
        usual, means = artifact.get("usual"), None
        how, ngrams = how_from_state(artifact.get("search")), artifact.get("ngrams")
        if not isinstance(usual, str):
            raise RunError("usual: is no text; train again")
        if record.commands:
            names = [vocabulary.token(number) for number in range(2, vocabulary.size)]
            means = Means.from_state(artifact.get("means"), names, record.hearing.size)
        model = TranscribeModel(record.model)
        return LoadedRecogniser(
            run, record, model, vocabulary, usual, means, how,
            None if ngrams is None else ngrams_from_state(ngrams),
        )  # fmt: skip

    def evaluation(self, loaded: LoadedRecogniser, source: Source, note: Note) -> Prepared:
        """All recordings of the list."""
        record = loaded.record
        heard = hear_all(source, record.settings, record.hearing)
        for line in heard.left_out:
            note(line)
        none = heard.take(np.arange(0))
        data = Given(
            none, (), none, heard, record.hearing, loaded.vocabulary, record.commands,
            loaded.ngrams, "the speakers of the training are not looked up", heard.left_out,
        )  # fmt: skip
        return Prepared(
            str(source), record.settings, data, loaded.model, record.training, loaded.usual,
            loaded.means, Chosen(loaded.how),
        )  # fmt: skip

    def predict(
        self,
        loaded: LoadedRecogniser,
        source: Source | None,
        asked: TranscribePredict,
        note: Note,
    ) -> Iterator[dict[str, Any]]:
        """What is heard in each recording, in the order of the input."""
        if source is None:
            raise OptionError("name recordings, a list or a folder of them")
        search = loaded.search(asked)
        for utterances in unlabelled(source, loaded.record.settings):
            for item in utterances:
                yield {"id": item.id, **_heard(loaded, search, utterances, item)}

    def write(self, result: dict[str, Any], asked: Any, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def perform(self, loaded: LoadedRecogniser, asked: TranscribeLive) -> Iterator[str]:
        """Listen to samples on standard input; lines of JSON, as they come."""
        if not asked.live:
            raise OptionError(
                "--live listens to standard input; for recordings there is segue predict"
            )
        hearing, search = loaded.record.hearing, loaded.search(asked)
        rate = asked.rate or hearing.rate or 0
        segments, read = Segments(search, asked.pause), sys.stdin.buffer.read
        for found in live(loaded.model, hearing, segments, read, rate):
            yield self.write(found, asked, first=False)

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Spectrograms with words, confusions, errors by speaker and length."""
        scores, prepared = trained.scores, trained.prepared
        if isinstance(scores, CommandScores):
            ids = [item.id for item in prepared.data.test.utterances]
            return name_pages(ids, scores)
        return pages(prepared.data, scores)


def _heard(
    loaded: LoadedRecogniser, search: Search, utterances: Utterances, item: Utterance
) -> dict[str, Any]:
    """What is heard in one recording."""
    try:
        frames = loaded.record.hearing.of(item.path, item.span)
    except DataError as error:
        if not item.where:
            raise
        raise utterances.error(item, str(error)) from None
    emission = _emission(loaded.model, frames)
    if loaded.record.commands:
        return name_row(search.speller, emission.shares)
    if loaded.model.config.chunk is None:
        return search.answer(emission).row()
    segments = Segments(search, PAUSE)
    parts = [found.final for found in (*segments.accept(emission), *segments.end()) if found.final]
    return joined(parts).row()


@torch.no_grad()
def _emission(model: TranscribeModel, frames: np.ndarray) -> Emission:
    """What is said of a recording; where it can be heard live, as a stream has it."""
    if model.config.chunk is not None:
        return whole(model, frames)
    emitted = model(torch.from_numpy(frames)[:, None], torch.tensor([len(frames)]))
    return each_of(emitted, model.temperature)[0]
