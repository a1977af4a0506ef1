"""Text as what a language model is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segue.data.corpus import (
    SUFFIXES,
    Corpus,
    encode_lines,
    files_in,
    line_encoder,
    lines_of,
    require_files,
)
from segue.data.source import Source
from segue.data.speaker import Speaker
from segue.data.unit import Cut
from segue.data.units import Vocabulary, settings_of
from segue.data.vocabulary import fit_vocabulary
from segue.data.wording import one_line
from segue.errors import DataError, OptionError
from segue.insight.report import Section
from segue.nn.decoding.sampling import SamplingSettings
from segue.tasks.generate.material import sampling
from segue.tasks.generate.settings import GenerateAsked, GenerateSettings
from segue.tasks.language.model import LanguageModel, log_probs
from segue.tasks.language.pages import text_sections
from segue.tasks.language.scores import LanguageScores
from segue.tasks.language.writer import Writer, keep, take_up
from segue.training import RunFolder

_CHUNK = 64  # lines that are looked at together
_LONGEST = 100_000  # units of a line that is looked at
_LENGTH = 500  # units that are written where nothing else is asked


@dataclass(frozen=True)
class Text:
    """Lines of text.

    Attributes:
        unit: what it is cut into.
        vocabulary: the units.
        encoding: of files.
    """

    unit: str
    vocabulary: Vocabulary
    encoding: str | None

    @classmethod
    def learned(cls, source: Source, settings: GenerateSettings) -> Text:
        """Learn the units of a text, in one pass.

        Raises:
            DataError: there is no text, or one unit alone.
        """
        place, cut = one_line(str(source)), Cut(settings.unit.value)
        require_files(source.paths)
        if next(iter(_lines(source, settings.encoding)), None) is None:
            raise DataError(f"{place}: there is no text; give a file with some")
        words = cut in (Cut.word, Cut.token)
        asked = settings_of(cut, lower=settings.lower, size=settings.vocabulary, ends=words)
        lines = _lines(source, settings.encoding)
        vocabulary = fit_vocabulary(lines if words else (line + "\n" for line in lines), asked)
        if not vocabulary.size > len(vocabulary.settings.special) + 1:
            raise DataError(f"{place}: has one {settings.unit} alone; give a text")
        return cls(str(cut), vocabulary, settings.encoding)

    @property
    def size(self) -> int:
        """How many units there are."""
        return self.vocabulary.size

    @property
    def end(self) -> int:
        """The unit that ends a line."""
        eos = self.vocabulary.eos
        return int(self.vocabulary.encode("\n")[-1]) if eos is None else eos

    @property
    def fresh(self) -> int | None:
        """None: what a line begins with may be in the lines before it."""
        return None

    def state(self) -> dict[str, Any]:
        """The units."""
        return {"vocabulary": self.vocabulary.state()}

    def corpus(self, source: Source) -> Corpus:
        """Lines as ids, their ends too."""
        return encode_lines(_lines(source, self.encoding), line_encoder(self.vocabulary), self.size)

    def likely(self, model: LanguageModel, source: Source) -> Iterator[dict[str, Any]]:
        """How likely each line is, in order."""
        lines, number = iter(_lines(source, self.encoding)), 0
        while some := list(islice(lines, _CHUNK)):
            yield from self._likely(model, some, number)
            number += len(some)

    def live(self, model: LanguageModel) -> Callable[[str], dict[str, Any]]:
        """From a line to how likely it is."""
        number = 0

        def answer(line: str) -> dict[str, Any]:
            nonlocal number
            (found,) = self._likely(model, [line], number)
            number += 1
            return found

        return answer

    def _likely(self, model: LanguageModel, lines: list[str], before: int) -> list[dict[str, Any]]:
        """Of each line: how likely it is from its beginning to its end."""
        begin = np.array([self.end])
        ids = [np.concatenate([begin, each]) for each in line_encoder(self.vocabulary)(lines)]
        for number, each in enumerate(ids, start=before + 1):
            if len(each) > _LONGEST:
                raise DataError(f"line {number}: has more than {_LONGEST:,} units; break it up")
        lengths = torch.tensor([len(each) for each in ids])
        tokens = torch.zeros(int(lengths.max()), len(ids), dtype=torch.long)
        for row, each in enumerate(ids):
            tokens[: len(each), row] = torch.from_numpy(each.astype(np.int64))
        sums = log_probs(model, tokens, lengths).double().sum(0).tolist()
        return [
            {
                "id": str(before + row + 1),
                "log_probability": round(total, 4),
                "units": int(lengths[row]) - 1,
                "bits_per_character": round(-total / np.log(2) / (len(line) + 1), 4),
            }
            for row, (line, total) in enumerate(zip(lines, sums, strict=True))
        ]

    def writer(self, model: LanguageModel, settings: SamplingSettings, seed: int = 0) -> Writer:
        """What writes lines."""
        special = len(self.vocabulary.settings.special)
        never = [n for n in range(special) if n != self.vocabulary.eos]
        return Writer(model, self.end, never, settings, seed)

    def write(
        self, run: RunFolder, model: LanguageModel, asked: GenerateAsked
    ) -> Iterator[str | bytes]:
        """The prompt and what the model writes behind it, as it is made.

        Raises:
            OptionError: the prompt has nothing that the model knows.
            RunError: the file of the state is damaged, or of another run.
        """
        writer = self.writer(model, sampling(asked), asked.seed)
        path = None if asked.state is None else Path(asked.state)
        if path is not None:
            take_up(writer, path, run)
        prompt = self.vocabulary.encode(asked.prompt)
        if asked.prompt.strip() and not len(prompt):
            raise OptionError("prompt: it has no unit that the model reads")
        writer.read(prompt)
        yield asked.prompt
        spoken = Speaker(self.vocabulary, begun=bool(asked.prompt))
        lines = 0
        for _ in range(asked.length or _LENGTH):
            token = writer.write()
            lines += token == self.end
            yield spoken.say(token)
            if asked.lines is not None and lines == asked.lines:
                break
        yield spoken.rest()
        if path is not None:
            keep(writer, path, run)

    def sections(self, model: LanguageModel, scores: LanguageScores) -> Sequence[Section]:
        """What the model writes at a few temperatures, and where it is surprised."""

        def writer(temperature: float) -> Writer:
            return self.writer(model, SamplingSettings(temperature=temperature))

        return text_sections(self.vocabulary, writer, scores)


def _lines(source: Source, encoding: str | None) -> Iterable[str]:
    """Lines of files or of a frame, which may be a text or a list of texts."""
    frame = source.frame
    if frame is None:
        return lines_of(files_in(source.paths, SUFFIXES, "text"), encoding)
    texts = [frame] if isinstance(frame, str) else list(frame)
    if not all(isinstance(text, str) for text in texts):
        raise DataError("frame: give a text, or a list of texts")
    return (line for text in texts for line in text.split("\n"))
