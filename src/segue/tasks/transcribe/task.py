"""The transcribe task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from segue.data.audio.lists import READ, read_utterances, utterances_of_frame
from segue.data.audio.store import Heard
from segue.data.audio.utterances import Utterance, Utterances
from segue.data.notation import Notation
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.units import UNKNOWN, Vocabulary
from segue.data.vocabulary import vocabulary_from_state
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.nn.ctc import best_path
from segue.tasks.examples import scores as examples
from segue.tasks.examples.pages import pages as name_pages
from segue.tasks.speech.answers import Answer, Speller, Word, name_shares, without_unknown
from segue.tasks.speech.baselines import Means, usual_text
from segue.tasks.speech.pages import pages
from segue.tasks.speech.reading import Given, columns_of, hear_all, read, writing_of
from segue.tasks.speech.scores import CommandScores, TranscribeScores, compare
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.tasks.transcribe.about import ABOUT
from segue.tasks.transcribe.defaults import Suggestion, suggest
from segue.tasks.transcribe.emitted import log_probs
from segue.tasks.transcribe.model import TranscribeModel
from segue.tasks.transcribe.prepared import Prepared
from segue.tasks.transcribe.record import TranscribeRun
from segue.tasks.transcribe.settings import TranscribeSettings
from segue.training import RunFolder


@dataclass(frozen=True)
class LoadedRecogniser(Loaded):
    """A run that was trained, with its units and what the baselines say."""

    record: TranscribeRun
    model: TranscribeModel
    vocabulary: Vocabulary
    usual: str
    means: Means | None

    @property
    def speller(self) -> Speller:
        """Units as text."""
        return Speller.of(self.vocabulary, self.record.model.stride)


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
        model.take_spread(_spread(data))
        means = Means.of(data.train) if data.commands else None
        return Prepared(source, settings, data, model, choice.train, usual_text(data.train), means)

    def score(self, prepared: Prepared, part: Part) -> TranscribeScores | CommandScores:
        """Score the model and the baselines on the recordings of one part."""
        data = prepared.data
        heard = {Part.TRAIN: data.train, Part.VALIDATION: data.dev}.get(part, data.test)
        emitted = log_probs(prepared.model, prepared.heard(heard))
        name = f"{prepared.model.config.cell} (segue)"
        if prepared.means is not None:
            return _name_scores(name, prepared, prepared.means, heard, emitted)
        speller = prepared.speller
        answers = [_answer(speller, each) for each in emitted]
        writing = writing_of(prepared.settings)
        return compare(name, heard.utterances, answers, prepared.usual, writing, data.speakers)

    def load(
        self, run: RunFolder, record: TranscribeRun, artifact: dict[str, Any]
    ) -> LoadedRecogniser:
        """The model and its units."""
        vocabulary = vocabulary_from_state(artifact.get("vocabulary"), record.model.units)
        usual, means = artifact.get("usual"), None
        if not isinstance(usual, str):
            raise RunError("usual: is no text; train again")
        if record.commands:
            names = [vocabulary.token(number) for number in range(2, vocabulary.size)]
            means = Means.from_state(artifact.get("means"), names, record.hearing.size)
        model = TranscribeModel(record.model)
        return LoadedRecogniser(run, record, model, vocabulary, usual, means)

    def evaluation(self, loaded: LoadedRecogniser, source: Source, note: Note) -> Prepared:
        """All recordings of the list."""
        record = loaded.record
        heard = hear_all(source, record.settings, record.hearing)
        for line in heard.left_out:
            note(line)
        none = Heard(heard.utterances.take([]), heard.frames.take(np.arange(0)), (), "")
        data = Given(
            none, (), none, heard, record.hearing, loaded.vocabulary, record.commands,
            "the speakers of the training are not looked up", heard.left_out,
        )  # fmt: skip
        return Prepared(
            str(source), record.settings, data, loaded.model, record.training, loaded.usual,
            loaded.means,
        )  # fmt: skip

    def predict(
        self, loaded: LoadedRecogniser, source: Source | None, asked: Any, note: Note
    ) -> Iterator[dict[str, Any]]:
        """What is heard in each recording, in the order of the input."""
        if source is None:
            raise OptionError("name recordings, a list or a folder of them")
        for utterances in _unlabelled(source, loaded.record.settings):
            for item in utterances:
                yield {"id": item.id, **_heard(loaded, utterances, item)}

    def write(self, result: dict[str, Any], asked: Any, *, first: bool) -> str:
        """A line of JSON."""
        return json.dumps(result, ensure_ascii=False, allow_nan=False) + "\n"

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Spectrograms with words, confusions, errors by speaker and length."""
        scores, prepared = trained.scores, trained.prepared
        if isinstance(scores, CommandScores):
            ids = [item.id for item in prepared.data.test.utterances]
            return name_pages(ids, scores)
        return pages(prepared.data, scores)


def _spread(data: Given) -> np.ndarray:
    """Standard deviation of the frames, as the network reads them, over some recordings."""
    frames = data.train.frames
    chosen = np.unique(np.linspace(0, len(frames) - 1, 200).astype(int))
    found = np.concatenate([data.hearing.centred(np.asarray(frames[row])) for row in chosen])
    spread: np.ndarray = found.std(0)
    return spread


def _answer(speller: Speller, emitted: np.ndarray) -> Answer:
    """The likeliest path."""
    return speller.answer(emitted, best_path(without_unknown(emitted)))


def _name_scores(
    name: str, prepared: Prepared, means: Means, heard: Heard, emitted: list[Any]
) -> CommandScores:
    """Names beside the nearest means, and beside the most frequent name."""
    names = prepared.names
    index = {one: number for number, one in enumerate(names)}
    truth = np.array([_known(index, heard.utterances, item) for item in heard.utterances])
    said = name_shares(emitted)[:, UNKNOWN + 1 :]
    nearest = np.eye(len(names))[[index[one] for one in means.nearest(heard)]]
    usual = np.eye(len(names))[np.full(len(truth), index[prepared.usual])]
    baselines = [
        examples.method(label, truth, shares)
        for label, shares in (("nearest mean sound", nearest), ("most frequent name", usual))
    ]
    return CommandScores(examples.method(name, truth, said), tuple(baselines), names, truth, said)


def _known(index: dict[str, int], utterances: Utterances, item: Utterance) -> int:
    if item.text not in index:
        raise utterances.error(
            item, f"says {item.text!r}, which the training has not; it has {', '.join(index)}"
        )
    return index[item.text]


def _unlabelled(source: Source, settings: TranscribeSettings) -> Iterator[Utterances]:
    """Recordings without their texts, of each file or folder."""
    columns = columns_of(settings)
    if source.frame is not None:
        yield utterances_of_frame(source.frame, columns, labelled=False)
        return
    for path in source.paths:
        if path.suffix.lower() in READ and not path.exists():
            raise DataError(f"{path}: there is no such file; check the path")
        notation = Notation(encoding=settings.encoding)
        yield read_utterances(path, columns, labelled=False, notation=notation)


@torch.no_grad()
def _heard(loaded: LoadedRecogniser, utterances: Utterances, item: Utterance) -> dict[str, Any]:
    """What is heard in one recording."""
    try:
        frames = loaded.record.hearing.of(item.path, item.span)
    except DataError as error:
        if not item.where:
            raise
        raise utterances.error(item, str(error)) from None
    model = loaded.model
    emitted = model(torch.from_numpy(frames)[:, None], torch.tensor([len(frames)]))
    shares = (emitted.logits / model.temperature).log_softmax(-1)[:, 0].numpy()
    if not loaded.record.commands:
        return _answer(loaded.speller, shares).row()
    told = name_shares([shares])[0]
    best = int(told.argmax())
    answer = loaded.speller.answer(shares, [best])
    word: Word = answer.words[0]
    return {
        "text": answer.text,
        "probability": round(float(told[best]), 4),
        "start": round(word.start, 3),
        "end": round(word.end, 3),
    }
