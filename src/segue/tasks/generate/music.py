"""Music as what a language model is of: events of MIDI files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segue.data.corpus import Corpus, Extents, files_in, lay, require_files
from segue.data.midi import TICKS, Score, midi_bytes, read_midi
from segue.data.music import MusicVocabulary
from segue.data.source import Source
from segue.data.units import BOS, PAD, UNKNOWN
from segue.data.wording import one_line
from segue.errors import DataError, OptionError
from segue.insight.report import Section
from segue.nn.decoding.sampling import SamplingSettings
from segue.tasks.generate.material import sampling
from segue.tasks.generate.settings import GenerateAsked
from segue.tasks.language.model import LanguageModel, log_likelihoods
from segue.tasks.language.music_pages import music_sections
from segue.tasks.language.scores import LanguageScores
from segue.tasks.language.writer import Writer, keep, take_up
from segue.training import RunFolder

SUFFIXES = (".mid", ".midi", ".kar")
PIECES = Extents("piece", ("note", "beat"))
_NEVER = (PAD, UNKNOWN, BOS)
_LENGTH = 20_000  # events of a piece that finds no end


class Music:
    """Pieces of music. Its events are the same for all, so nothing is learned of them."""

    unit = "event"
    labels = ()

    def __init__(self) -> None:
        self.events = MusicVocabulary()

    @property
    def size(self) -> int:
        """How many events there are."""
        return self.events.size

    @property
    def fresh(self) -> int | None:
        """The end of a piece: pieces have nothing to do with one another."""
        return self.events.eos

    def state(self) -> dict[str, Any]:
        """Nothing is kept."""
        return {}

    def corpus(self, source: Source) -> Corpus:
        """Pieces as events, the end of each behind it."""
        return lay(
            (([self._ids(score)], [_extent(score)]) for _, score in _pieces(source)),
            self.size,
            PIECES,
        )

    def _ids(self, score: Score) -> np.ndarray:
        return self.events.encode(score)[1:]  # the end of the piece before it is its beginning

    def likely(self, model: LanguageModel, source: Source) -> Iterator[dict[str, Any]]:
        """How likely each piece is, in order."""
        for name, score in _pieces(source):
            ids = np.append(self.events.eos, self._ids(score))
            (total,) = log_likelihoods(model, [ids])
            yield {
                "id": name,
                "log_probability": round(total, 4),
                "units": len(ids) - 1,
                "bits_per_note": round(-total / np.log(2) / len(score.notes), 4),
            }

    def live(self, model: LanguageModel) -> Callable[[str], dict[str, Any]]:
        """There are no lines.

        Raises:
            OptionError: always.
        """
        raise OptionError("music is not read line by line: name MIDI files")

    def writer(self, model: LanguageModel, settings: SamplingSettings, seed: int = 0) -> Writer:
        """What writes pieces."""
        return Writer(model, self.events.eos, _NEVER, settings, seed)

    def write(self, run: RunFolder, model: LanguageModel, asked: GenerateAsked) -> Iterator[bytes]:
        """A MIDI file: the prompt, and what the model writes behind it to the end of the piece.

        Raises:
            DataError: the prompt is no MIDI file.
            OptionError: lines are asked for.
            RunError: the file of the state is damaged, or of another run.
        """
        if asked.lines is not None:
            raise OptionError("lines: music has none: leave --lines out, or say --length")
        writer = self.writer(model, sampling(asked), asked.seed)
        path = None if asked.state is None else Path(asked.state)
        written = [] if path is None else take_up(writer, path, run)
        if asked.prompt:
            prompt = self._ids(read_midi(asked.prompt))[:-1].tolist()
            writer.read(prompt)
            written += prompt
        written += self.piece(writer, asked.length or _LENGTH)
        score = self.events.decode(written)
        if not score.notes:
            raise OptionError(
                "length: no note was written in so few events; ask for more, or for another --seed"
            )
        yield midi_bytes(score)
        if path is not None:
            keep(writer, path, run, written)

    def piece(self, writer: Writer, length: int) -> list[int]:
        """Events to the end of a piece, or as many as are asked for."""
        found: list[int] = []
        while len(found) < length:
            found.append(writer.write())
            if found[-1] == self.events.eos:
                break
        return found

    def sections(self, model: LanguageModel, scores: LanguageScores) -> Sequence[Section]:
        """What the model writes, as piano rolls, and which events surprise it."""

        def written(temperature: float, length: int) -> Score:
            writer = self.writer(model, SamplingSettings(temperature=temperature))
            return self.events.decode(self.piece(writer, length))

        return music_sections(self.events, written, scores)


def _extent(score: Score) -> tuple[int, int]:
    """Notes and beats of a piece."""
    return len(score.notes), -(-score.end // TICKS)


def _pieces(source: Source) -> Iterator[tuple[str, Score]]:
    """The pieces of files, with their names.

    Raises:
        DataError: a file is none, or there is no file.
    """
    if not source.paths:
        raise DataError("frame: music is read from MIDI files; name them, or their folder")
    require_files(source.paths)
    for path in files_in(source.paths, SUFFIXES, "music"):
        yield one_line(str(path)), read_midi(path)
