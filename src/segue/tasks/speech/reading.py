"""A user's recordings, checked, divided, and heard."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segue.data.audio.division import divide
from segue.data.audio.features import FEATURE_SUFFIXES, read_features
from segue.data.audio.files import sound_of
from segue.data.audio.hearing import Alter, Hearing
from segue.data.audio.lists import READ, Columns, read_utterances, utterances_of_frame
from segue.data.audio.noise import Noises, faster
from segue.data.audio.store import Heard, hear, mean_of
from segue.data.audio.texts import Scripts, Writing
from segue.data.audio.utterances import Utterance, Utterances
from segue.data.notation import Notation
from segue.data.source import Source
from segue.data.unit import Unit
from segue.data.units import Split, Vocabulary, VocabularySettings
from segue.data.vocabulary import fit_vocabulary
from segue.data.word_ngrams import WordNGrams, count_words, read_ngrams
from segue.data.wording import one_line, shorten
from segue.errors import DataError, OptionError, SegueError
from segue.nn.ctc import frames_needed
from segue.tasks.speech.listing import Listing, SpeechUnit

_SPEEDS = (0.9, 1.1)
_MANY = 20 * 360_000  # frames: with twenty hours, other speeds add little
_LOOKED_AT = 200  # recordings whose rates are looked at
_HIGHEST = 16_000  # Hz: speech has little above half of it
_PIECES, _WORDS = 500, 20_000
_LEAST = 2  # names of commands


@dataclass(frozen=True)
class Given:
    """Recordings of three parts, with what the network hears of them.

    Attributes:
        train: to train on.
        copies: the same at other speeds, and with noise.
        dev: to choose by.
        test: to score on.
        hearing: what is computed of a recording.
        vocabulary: the units of texts; ids 0 and 1 are the blank and what is unknown.
        commands: whether each text is one name.
        ngrams: of words, for the search; None where there is none.
        speakers: what is to be said of the speakers.
        left_out: what is wrong with each recording that is not used.
    """

    train: Heard
    copies: tuple[Heard, ...]
    dev: Heard
    test: Heard
    hearing: Hearing
    vocabulary: Vocabulary
    commands: bool
    ngrams: WordNGrams | None
    speakers: str
    left_out: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 of lists and frames."""
        parts = (self.train, self.dev, self.test)
        found = [heard.utterances.digest() + heard.sha256 for heard in parts]
        return hashlib.sha256("".join(found).encode()).hexdigest()


def read(source: Source, settings: Listing, seed: int) -> Given:
    """Read the lists, divide them, and hear every recording once.

    Raises:
        DataError: a defect of a list or a recording, in one line.
        OptionError: what is asked does not fit the recordings.
    """
    whole = labelled(source, settings)
    commands = settings.commands or whole.words
    scripts = None if commands else Scripts(item.text or "" for item in whole)
    whole, left_out = _texts(whole, scripts, settings)
    more: list[Utterances | None] = []
    for path in (settings.dev, settings.test):
        found = _texts(labelled(Source.of(path), settings), scripts, settings) if path else None
        more.append(found[0] if found else None)
        left_out += found[1] if found else []
    parts = divide(replace(whole, words=commands), more[0], more[1], seed)
    vocabulary = _vocabulary(parts.train, settings, commands)
    hearing = _hearing(parts.train, settings)
    usable = _usable(vocabulary, settings.stride)
    train, own_dev, own_test = (
        hear(each, hearing, skip_bad=settings.skip_bad, usable=usable)
        for each in (parts.train, parts.dev, parts.test)
    )
    if hearing.running:
        start = tuple(float(value) for value in mean_of(train.frames))
        hearing = hearing.model_copy(update={"start": start})
    copies = tuple(
        hear(train.utterances, hearing, alter=alter, skip_bad=True, usable=usable)
        for alter in _copies(train, hearing, settings, seed)
    )
    left_out += [line for heard in (train, own_dev, own_test) for line in heard.left_out]
    return Given(
        train, copies, own_dev, own_test, hearing, vocabulary, commands,
        None if commands or settings.greedy else _ngrams(train, settings), parts.speakers,
        tuple(left_out),
    )  # fmt: skip


def hear_all(source: Source, settings: Listing, hearing: Hearing) -> Heard:
    """Hear every recording of a list that was not trained on, with its text.

    Raises:
        DataError: a defect of the list or of a recording.
    """
    utterances, left_out = _texts(labelled(source, settings), None, settings)
    heard = hear(utterances, hearing, skip_bad=settings.skip_bad)
    return replace(heard, left_out=(*left_out, *heard.left_out))


def labelled(source: Source, settings: Listing) -> Utterances:
    """The recordings of a list or a folder, with their texts."""
    columns = columns_of(settings)
    if source.frame is not None:
        return utterances_of_frame(source.frame, columns)
    return read_utterances(source.path, columns, notation=Notation(encoding=settings.encoding))


def columns_of(settings: Listing) -> Columns:
    """The columns that were asked for."""
    return Columns(
        settings.audio, settings.text, settings.speaker, settings.id,
        settings.division, settings.start, settings.end,
    )  # fmt: skip


def writing_of(settings: Listing) -> Writing:
    """How texts are brought to one form."""
    return Writing(settings.keep_case, settings.keep_punctuation)


def _texts(
    given: Utterances, scripts: Scripts | None, settings: Listing
) -> tuple[Utterances, list[str]]:
    """Recordings with texts in one form, and what is wrong with those that are left out."""
    commands, writing = settings.commands or given.words, writing_of(settings)
    kept, left_out = [], []
    for item in given:
        text = (item.text or "").strip()
        try:
            if not commands:
                text = writing.of(text)
                letter = scripts.foreign(text) if scripts else None
                if letter:
                    raise given.error(
                        item, f"its text has {letter!r}, a letter of another script; write it anew"
                    )
            if not text:
                raise given.error(
                    item, "its text is empty; write what is said, or remove the recording"
                )
        except DataError as error:
            if not settings.skip_bad:
                raise DataError(f"{error}; --skip-bad leaves it out") from None
            left_out.append(str(error))
            continue
        kept.append(replace(item, text=text))
    if not kept:
        raise DataError(f"{one_line(given.source)}: no text can be used; the first: {left_out[0]}")
    return replace(given, items=tuple(kept)), left_out


def _vocabulary(train: Utterances, settings: Listing, commands: bool) -> Vocabulary:
    texts = [item.text or "" for item in train]
    if commands and len(set(texts)) < _LEAST:
        raise DataError(f"{one_line(train.source)}: all recordings say {shorten(texts[0])}")
    if commands:
        asked = VocabularySettings(unit=Unit.WORD, split=Split.NONE)
    elif settings.unit is SpeechUnit.char:
        asked = VocabularySettings(unit=Unit.CHAR)
    elif settings.unit is SpeechUnit.word:
        size = settings.vocabulary or _WORDS
        asked = VocabularySettings(unit=Unit.WORD, split=Split.SPACE, size=size)
    else:
        asked = VocabularySettings(unit=Unit.PIECE, size=settings.vocabulary or _PIECES)
    return fit_vocabulary(texts, asked)


def language(file: str | None, order: int, writing: Writing) -> WordNGrams | None:
    """The n-grams of a file; None where none is named.

    Raises:
        DataError: it cannot be read.
    """
    return None if file is None else read_ngrams(file, order, writing.of)


def _ngrams(train: Heard, settings: Listing) -> WordNGrams:
    """Of the file that is asked for, else of the transcripts."""
    found = language(settings.language, settings.order, writing_of(settings))
    if found is not None:
        return found
    return count_words((item.text or "" for item in train.utterances), settings.order)


def _hearing(train: Utterances, settings: Listing) -> Hearing:
    """What is computed of recordings: filterbanks of sound, or the features that files hold."""
    first = train.items[0]
    if first.path.suffix.lower() in FEATURE_SUFFIXES:
        return _given_features(first, settings)
    rate = settings.rate or min(_usual_rate(train), _HIGHEST)
    bands = settings.bands or (40 if rate < 12_000 else 64)
    return Hearing(rate=rate, size=bands, channel=settings.channel, running=settings.live)


def _given_features(first: Utterance, settings: Listing) -> Hearing:
    for name in ("rate", "channel", "bands"):
        if getattr(settings, name) is not None:
            raise OptionError(f"--{name} is for sound; {one_line(str(first.path))} holds features")
    size = read_features(first.path).shape[1]
    deltas = first.path.suffix.lower() == ".mfc" and not settings.live  # they look ahead
    return Hearing(size=size, deltas=deltas, running=settings.live)


def _usual_rate(train: Utterances) -> int:
    """The rate that most recordings have; what is wrong with one is said when it is heard."""
    step = -(-len(train) // _LOOKED_AT)
    found: Counter[int] = Counter()
    for path in dict.fromkeys(item.path for item in train.items[::step]):
        try:
            found[sound_of(Path(path)).rate] += 1
        except SegueError:
            continue
    return found.most_common(1)[0][0] if found else _HIGHEST


def _usable(vocabulary: Vocabulary, stride: int) -> Callable[[Utterance, int], str | None]:
    """What says whether CTC can give the text of a recording in its frames."""

    def defect(item: Utterance, frames: int) -> str | None:
        needed = frames_needed(vocabulary.encode(item.text or "").astype(np.int64))
        steps = -(-frames // stride)
        if steps >= needed:
            return None
        return (
            f"its text needs {needed} steps and it has {steps}; the text is another recording's, "
            "or take a smaller --stride"
        )

    return defect


def _speeds(train: Heard, hearing: Hearing, settings: Listing) -> tuple[float, ...]:
    """The other speeds that are trained on."""
    asked = tuple(speed for speed in settings.speeds if speed != 1)
    if hearing.rate is None:
        if asked:
            raise OptionError("--speeds is for sound; these files hold features")
        return ()
    if settings.speeds:
        return asked
    return _SPEEDS if len(train.frames.values) < _MANY else ()


def _copies(
    train: Heard, hearing: Hearing, settings: Listing, seed: int
) -> list[Callable[[int], Alter]]:
    """What is done to the recordings, by number, for each copy that is trained on too."""
    found: list[Callable[[int], Alter]] = []
    for speed in _speeds(train, hearing, settings):
        alter = faster(speed)
        found.append(lambda number, alter=alter: alter)  # type: ignore[misc]
    if settings.noise is not None:
        if hearing.rate is None:
            raise OptionError("--noise is for sound; these files hold features")
        found.append(Noises.of(settings.noise, seed).under)
    return found


def unlabelled(source: Source, settings: Listing) -> Iterator[Utterances]:
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


def spread(data: Given) -> np.ndarray:
    """Standard deviation of the frames, as the network reads them, over some recordings."""
    frames = data.train.frames
    chosen = np.unique(np.linspace(0, len(frames) - 1, 200).astype(int))
    found = np.concatenate([data.hearing.centred(np.asarray(frames[row])) for row in chosen])
    deviation: np.ndarray = found.std(0)
    return deviation
