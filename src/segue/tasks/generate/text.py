"""Text as what a language model is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.data.corpus import (
    SUFFIXES,
    TEXT,
    Corpus,
    encode_lines,
    files_in,
    lay,
    line_encoder,
    lines_of,
    require_files,
)
from segue.data.pairs import Columns, Pairs, read_pairs
from segue.data.source import Source
from segue.data.speaker import Speaker
from segue.data.unit import Cut
from segue.data.units import Vocabulary, settings_of
from segue.data.vocabulary import fit_vocabulary
from segue.data.wording import one_line, shorten
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.nn.decoding.sampling import SamplingSettings
from segue.tasks.generate.material import sampling
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings
from segue.tasks.language.model import LanguageModel, log_likelihoods
from segue.tasks.language.pages import text_sections
from segue.tasks.language.scores import LanguageScores
from segue.tasks.language.writer import Writer, keep, take_up
from segue.training import RunFolder

_CHUNK = 64  # lines that are looked at together
_LONGEST = 100_000  # units of a line that is looked at
_LENGTH = 500  # units that are written where nothing else is asked
_SAMPLE = 400  # those of a sample in the report
_TEMPERATURES = (0.5, 0.8, 1.0)
_SHOWN = 8  # labels


@dataclass(frozen=True)
class Text:
    """Lines of text, or texts of a table with labels.

    Attributes:
        unit: what it is cut into.
        vocabulary: the units.
        encoding: of files.
        labels: what a text can be; none for lines.
        columns: of the table, where there are labels.
    """

    unit: str
    vocabulary: Vocabulary
    encoding: str | None
    labels: tuple[str, ...] = ()
    columns: Columns | None = None

    @classmethod
    def learned(cls, source: Source, settings: GenerateSettings) -> Text:
        """Learn the units of a text, in one pass.

        Raises:
            DataError: there is no text, or one unit alone.
        """
        place, cut = one_line(str(source)), Cut(settings.unit.value)
        require_files(source.paths)
        labels: tuple[str, ...] = ()
        columns = _columns(settings)
        ends = cut in (Cut.word, Cut.token) or columns is not None
        asked = settings_of(cut, lower=settings.lower, size=settings.vocabulary, ends=ends)
        if columns is None:
            if next(iter(_lines(source, settings.encoding)), None) is None:
                raise DataError(f"{place}: there is no text; give a file with some")
            lines = _lines(source, settings.encoding)
            vocabulary = fit_vocabulary(lines if ends else (f"{x}\n" for x in lines), asked)
        else:
            pairs = _labelled(source, columns)
            labels = tuple(sorted(set(pairs.targets or ())))
            vocabulary = fit_vocabulary(pairs.sources, asked)
        if not vocabulary.size > len(vocabulary.settings.special) + 1:
            raise DataError(f"{place}: has one {settings.unit} alone; give a text")
        return cls.of(settings, vocabulary, labels)

    @classmethod
    def of(cls, settings: GenerateSettings, vocabulary: Vocabulary, labels: Any) -> Text:
        """What a run kept of it; nothing in it is trusted.

        Raises:
            RunError: labels are damaged.
        """
        if not isinstance(labels, (list, tuple)) or not all(type(each) is str for each in labels):
            raise RunError("labels: are damaged; train again")
        columns = _columns(settings)
        if len(set(labels)) != len(labels) or bool(labels) != (columns is not None):
            raise RunError("labels: do not fit config.json; train again")
        if columns is not None and vocabulary.eos is None:
            raise RunError("vocabulary: has no unit for the end of a text; train again")
        return cls(str(settings.unit), vocabulary, settings.encoding, tuple(labels), columns)

    @property
    def size(self) -> int:
        """How many units there are, with the labels behind them."""
        return self.vocabulary.size + len(self.labels)

    @property
    def end(self) -> int:
        """The unit that ends a line."""
        eos = self.vocabulary.eos
        return int(self.vocabulary.encode("\n")[-1]) if eos is None else eos

    @property
    def fresh(self) -> int | None:
        """None: what a line begins with may be in the lines before it. Rows stand alone."""
        return self.end if self.labels else None

    def state(self) -> dict[str, Any]:
        """The units."""
        labels = {"labels": list(self.labels)} if self.labels else {}
        return {"vocabulary": self.vocabulary.state(), **labels}

    def corpus(self, source: Source) -> Corpus:
        """Lines as ids, their ends too; rows of a table, in a drawn order, behind their labels."""
        if self.columns is None:
            lines = _lines(source, self.encoding)
            return encode_lines(lines, line_encoder(self.vocabulary), self.size)
        pairs = _labelled(source, self.columns)
        order = np.random.default_rng(0).permutation(len(pairs))
        pairs = pairs.take(order)
        lengths = [(len(text) + 1, len(text.encode()) + 1) for text in pairs.sources]
        return lay([(self._rows(pairs), lengths)], self.size, TEXT)

    def _rows(self, pairs: Pairs) -> list[NDArray[np.integer]]:
        """Of each row its label, its text and its end."""
        known = {name: self.vocabulary.size + n for n, name in enumerate(self.labels)}
        found = []
        texts = line_encoder(self.vocabulary)(list(pairs.sources))
        for row, (label, ids) in enumerate(zip(pairs.targets or (), texts, strict=True)):
            if label not in known:
                what = f"{shorten(label)} is none of the labels of the training"
                raise pairs.error(row, f"{what}; remove the row, or train on it")
            found.append(np.concatenate([[known[label]], ids]))
        return found

    def likely(self, model: LanguageModel, source: Source) -> Iterator[dict[str, Any]]:
        """How likely each line is, or each row behind its label, in order."""
        if self.columns is not None:
            pairs = _labelled(source, self.columns)
            for start in range(0, len(pairs), _CHUNK):
                part = pairs.take(np.arange(start, min(start + _CHUNK, len(pairs))))
                yield from self._likely(model, self._rows(part), part.sources, start)
            return
        lines, number = iter(_lines(source, self.encoding)), 0
        while some := list(islice(lines, _CHUNK)):
            ids = line_encoder(self.vocabulary)(some)
            yield from self._likely(model, ids, some, number)
            number += len(some)

    def live(self, model: LanguageModel) -> Callable[[str], dict[str, Any]]:
        """From a line to how likely it is.

        Raises:
            OptionError: texts have labels.
        """
        if self.labels:
            raise OptionError("texts with labels are read from a table: name it")
        number = 0

        def answer(line: str) -> dict[str, Any]:
            nonlocal number
            ids = line_encoder(self.vocabulary)([line])
            (found,) = self._likely(model, ids, [line], number)
            number += 1
            return found

        return answer

    def _likely(
        self,
        model: LanguageModel,
        texts: Iterable[NDArray[np.integer]],
        lines: Sequence[str],
        before: int,
    ) -> list[dict[str, Any]]:
        """Of each line: how likely it is from its beginning to its end."""
        ids = [np.concatenate([[self.end], each]) for each in texts]
        for number, each in enumerate(ids, start=before + 1):
            if len(each) > _LONGEST:
                raise DataError(f"line {number}: has more than {_LONGEST:,} units; break it up")
        given = 1 + bool(self.labels)
        totals = log_likelihoods(model, ids, given)
        return [
            {
                "id": str(before + row + 1),
                "log_probability": round(total, 4),
                "units": len(ids[row]) - given,
                "bits_per_character": round(-total / np.log(2) / (len(line) + 1), 4),
            }
            for row, (line, total) in enumerate(zip(lines, totals, strict=True))
        ]

    def writer(self, model: LanguageModel, settings: SamplingSettings, seed: int = 0) -> Writer:
        """What writes lines."""
        special = len(self.vocabulary.settings.special)
        never = [n for n in range(special) if n != self.vocabulary.eos]
        never += range(self.vocabulary.size, self.size)
        return Writer(model, self.end, never, settings, seed)

    def write(
        self, run: RunFolder, model: LanguageModel, asked: GenerateAsked
    ) -> Iterator[str | bytes]:
        """The prompt and what the model writes behind it, as it is made.

        Raises:
            OptionError: the prompt has nothing that the model knows; the label is none.
            RunError: the file of the state is damaged, or of another run.
        """
        if (asked.label is None) == bool(self.labels) or asked.label not in (None, *self.labels):
            some = ", ".join(shorten(label) for label in self.labels[:20])
            names = f"it was trained with: {some}" if self.labels else "it was trained without"
            raise OptionError(f"label: must be what the run knows; {names}")
        writer = self.writer(model, sampling(asked), asked.seed)
        path = None if asked.state is None else Path(asked.state)
        if path is not None:
            take_up(writer, path, run)
        prompt = self.vocabulary.encode(asked.prompt)
        if asked.prompt.strip() and not len(prompt):
            raise OptionError("prompt: it has no unit that the model reads")
        begin = self._begun(asked.label)
        if writer.last == self.end:
            writer.read(begin)
        writer.read(prompt)
        yield asked.prompt
        length = asked.length or _LENGTH
        yield from self._said(writer, begin, length, asked.lines, begun=bool(asked.prompt))
        if path is not None:
            keep(writer, path, run)

    def _begun(self, label: str | None) -> list[int]:
        """What every text of a label begins with."""
        return [] if label is None else [self.vocabulary.size + self.labels.index(label)]

    def _said(
        self, writer: Writer, begin: list[int], length: int, lines: int | None, *, begun: bool
    ) -> Iterator[str]:
        """So many units, or lines, as they are written."""
        spoken, ended = Speaker(self.vocabulary, begun=begun), 0
        for count in range(length):
            if count and writer.last == self.end:
                writer.read(begin)
            token = writer.write()
            ended += token == self.end
            yield spoken.say(token)
            if lines is not None and ended == lines:
                break
        yield spoken.rest()

    def sections(self, model: LanguageModel, scores: LanguageScores) -> Sequence[Section]:
        """What the model writes, and where it is surprised."""

        def written() -> Iterator[tuple[str, str]]:
            plain: list[tuple[float, str | None]] = [(each, None) for each in _TEMPERATURES]
            for temperature, label in [(0.8, label) for label in self.labels[:_SHOWN]] or plain:
                writer = self.writer(model, SamplingSettings(temperature=temperature))
                begin = self._begun(label)
                writer.read(begin)
                lines = 5 if self.labels else None
                said = self._said(writer, begin, _SAMPLE, lines, begun=False)
                yield label or f"Temperature {temperature:g}", "".join(said)

        return text_sections(self.vocabulary, written, scores)


def _columns(settings: GenerateSettings) -> Columns | None:
    if settings.label is None:
        return None
    return Columns(settings.text, settings.label, encoding=settings.encoding)


def _labelled(source: Source, columns: Columns) -> Pairs:
    if len(source.paths) > 1:
        raise OptionError("--label: is of one table; name one file")
    return read_pairs(source, columns)


def _lines(source: Source, encoding: str | None) -> Iterable[str]:
    """Lines of files or of a frame, which may be a text or a list of texts."""
    frame = source.frame
    if frame is None:
        return lines_of(files_in(source.paths, SUFFIXES, "text"), encoding)
    texts = [frame] if isinstance(frame, str) else list(frame)
    if not all(isinstance(text, str) for text in texts):
        raise DataError("frame: give a text, or a list of texts")
    return (line for text in texts for line in text.split("\n"))
