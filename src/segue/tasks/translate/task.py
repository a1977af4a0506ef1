"""The translate task: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from segue.data.bilingual import Units
from segue.data.dictionary import Dictionary, learn_dictionary
from segue.data.paired import short_enough
from segue.data.pairs import Columns, Pairs, Parts, divide, of_lines, read_pairs, read_texts
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.unit import Cut
from segue.data.units import Vocabulary
from segue.errors import OptionError, RunError
from segue.insight.report import Section
from segue.nn import EncoderDecoder
from segue.nn.decoding.beam import BeamSettings
from segue.tasks.pretrained import Pretrained, Wanted, digest_of
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.tasks.translate.about import ABOUT
from segue.tasks.translate.choice import Choice, cuts_of, learn_units, suggest
from segue.tasks.translate.model import build
from segue.tasks.translate.pages import pages
from segue.tasks.translate.prepared import Given, Prepared
from segue.tasks.translate.record import TranslateRun
from segue.tasks.translate.scores import TranslateScores, compare
from segue.tasks.translate.search import Translation, translate
from segue.tasks.translate.settings import TranslatePredict, TranslateSettings
from segue.training import RunFolder

_CHUNK = 1_024  # texts that are translated at a time
_LONGEST = 20_000  # units of a text that is translated
_DIGITS = 4


class Answer(NamedTuple):
    """A text, what it is called, and its translations."""

    id: str
    text: str
    made: Translation
    table: bool
    units: Units


@dataclass(frozen=True)
class LoadedTranslator(Loaded):
    """A run that was trained, with the units of both languages and the dictionary."""

    record: TranslateRun
    model: EncoderDecoder
    units: Units
    dictionary: Dictionary

    def translate(self, texts: Pairs, asked: BeamSettings) -> list[Translation]:
        """Translations in the order of the texts.

        Raises:
            DataError: a text is too long.
        """
        for row, text in enumerate(texts.sources):
            if len(text) > _LONGEST and len(self.units.source.encode(text)) > _LONGEST:
                raise texts.error(
                    row, f"the text has more than {_LONGEST:,} units; break it into sentences"
                )
        factor = _factor(self.record.cuts)
        return translate(self.model, self.units, texts.sources, asked, factor)


class TranslateTask(Task[TranslateSettings, Given, TranslateRun, Prepared, LoadedTranslator]):
    """Sentences to translations, words to pronunciations, forms to forms."""

    about = ABOUT
    Record = TranslateRun

    def read(
        self, source: Source, settings: TranslateSettings, record: TranslateRun | None = None
    ) -> Given:
        """The pairs, and those of the files to choose by and to score on."""
        columns = _columns(settings)
        dev, test = (
            read_pairs(Source.of(*files), columns) if files else None
            for files in (settings.dev, settings.test)
        )
        vectors = (digest_of(settings.source_vectors), digest_of(settings.target_vectors))
        return Given(read_pairs(source, columns), dev, test, vectors)

    def build(
        self,
        data: Given,
        settings: TranslateSettings,
        source: str,
        record: TranslateRun | None = None,
    ) -> Prepared:
        """Divide the pairs, learn units and dictionary, and build the model."""
        parts = divide(data.pairs, data.dev, data.test, settings.seed)
        cuts = cuts_of(parts.train, settings) if record is None else record.cuts
        if settings.joint and cuts[0] is not cuts[1]:
            raise OptionError(f"--joint: {cuts[0]}s are read and {cuts[1]}s written; one set needs"
                              " one kind")  # fmt: skip
        units = learn_units(parts.train, cuts, settings)
        train, encoded = short_enough(parts.train, units, cuts, settings.longest)
        choice = suggest(cuts, units, encoded.targets.lengths - 1, settings)
        if record is not None:
            choice = Choice(cuts, record.model, record.training)
        vectors = Pretrained(
            Wanted("--source-vectors", settings.source_vectors, units.source),
            Wanted("--target-vectors", settings.target_vectors, units.target),
            features=settings.embedding,
        )
        choice = choice._replace(model=vectors.fitted(choice.model))
        model = build(choice.model)
        begun = vectors.begin([model.embed_source], [model.embed_target])
        dictionary = learn_dictionary(train.sources, train.targets or (), cuts)
        parts = replace(parts, train=train)
        return Prepared(
            source, settings, data, parts, encoded, units, dictionary, model, choice, begun
        )

    def score(self, prepared: Prepared, part: Part) -> TranslateScores:
        """Score the model and the baselines on the pairs of one part."""
        parts, settings, cuts = prepared.parts, prepared.settings, prepared.choice.cuts
        asked = {Part.TRAIN: parts.train, Part.VALIDATION: parts.validation}.get(part, parts.test)
        found = translate(
            prepared.model, prepared.units, asked.sources, _search(settings), _factor(cuts)
        )
        name = f"{prepared.choice.model.cell} with attention (segue)"
        tokenizer = settings.bleu_tokenizer.value
        return compare(name, asked, found, prepared.dictionary, cuts, tokenizer)

    def load(
        self, run: RunFolder, record: TranslateRun, artifact: dict[str, Any]
    ) -> LoadedTranslator:
        """The model, the units and the dictionary."""
        units, words = Units.from_state(artifact.get("units")), artifact.get("dictionary")
        config = record.model
        if (units.source.size, units.target.size) != (config.sources, config.targets):
            raise RunError("units: do not fit config.json; train again")
        if not isinstance(words, dict) or not all(type(word) is str for word in words.values()):
            raise RunError("dictionary: is damaged; train again")
        dictionary = Dictionary(words, *record.cuts)
        return LoadedTranslator(run, record, build(config), units, dictionary)

    def vocabularies(self, artifact: dict[str, Any]) -> Mapping[str, Vocabulary]:
        """The units of both languages."""
        units = Units.from_state(artifact.get("units"))
        return {"embed_source": units.source, "embed_target": units.target, "output": units.target}

    def kin(self, prepared: Prepared) -> Mapping[str, str]:
        """The decoder begins with a language model; with one set of units the encoder too."""
        first = "layers.layers.0"
        reads = {"embed_source": "embed", "encoder.layers.0.forward_layer": first}
        writes = {"embed_target": "embed", "lower": first, "output": "head"}
        return reads | writes if prepared.units.joint else writes

    def evaluation(self, loaded: LoadedTranslator, source: Source, note: Note) -> Prepared:
        """All pairs of the file or files."""
        record = loaded.record
        pairs = read_pairs(source, _columns(record.settings))
        none = pairs.take(np.arange(0))
        return Prepared(
            str(source),
            record.settings,
            Given(pairs, None, None),
            Parts(none, none, pairs),
            None,
            loaded.units,
            loaded.dictionary,
            loaded.model,
            Choice(record.cuts, record.model, record.training),
        )

    def predict(
        self, loaded: LoadedTranslator, source: Source | None, asked: TranslatePredict, note: Note
    ) -> Iterator[Answer]:
        """A translation for each text, in the order of the input."""
        if source is None:
            raise OptionError("name the file with what is to be translated, or - for lines")
        texts = read_texts(source, _columns(loaded.record.settings, asked))
        settings = _search(loaded.record.settings, asked)
        for start in range(0, len(texts), _CHUNK):
            some = texts.take(np.arange(start, min(start + _CHUNK, len(texts))))
            made = loaded.translate(some, settings)
            for name, text, each in zip(some.ids, some.sources, made, strict=True):
                yield Answer(name, text, each, texts.table, loaded.units)

    def write(self, result: Answer, asked: TranslatePredict, *, first: bool) -> str:
        """The translation alone, or a line of JSON."""
        if not (result.table or asked.attention or asked.n_best > 1):
            return " ".join(result.made.texts[0].splitlines()) + "\n"
        return json.dumps(_row(result, asked), ensure_ascii=False, allow_nan=False) + "\n"

    def stream(self, loaded: LoadedTranslator, asked: TranslatePredict) -> Callable[[str], str]:
        """From a text to its translation."""
        settings = _search(loaded.record.settings, asked)
        number = 0

        def answer(line: str) -> str:
            nonlocal number
            number += 1
            texts = of_lines("standard input", [line.strip()], number)
            (made,) = loaded.translate(texts, settings)
            result = Answer(str(number), line.strip(), made, False, loaded.units)
            return self.write(result, asked, first=number == 1).rstrip("\n")

        return answer

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Samples beside references and baselines, and where the attention was."""
        return pages(trained.prepared, trained.scores)


def _row(result: Answer, asked: TranslatePredict) -> dict[str, Any]:
    """A translation as JSON holds it."""
    made = result.made
    scores = [round(each.score, _DIGITS) for each in made.found] or [0.0]
    row: dict[str, Any] = {
        "id": result.id,
        "translation": made.texts[0],
        "score": scores[0],
    }
    if asked.n_best > 1:
        row["n_best"] = [
            {"translation": text, "score": score}
            for text, score in zip(made.texts, scores, strict=True)
        ]
    if asked.attention:
        row |= {"source_units": [], "target_units": [], "attention": []}
        if made.found and made.found[0].attention is not None:
            best, words = made.found[0], result.units.source.tokens(result.text)
            row["source_units"] = [*words, "<eos>"]
            row["target_units"] = [*result.units.copied(best, result.text), "<eos>"]
            looked = best.attention[:, : len(words) + 1]  # type: ignore[index]
            row["attention"] = [[round(float(w), _DIGITS) for w in each] for each in looked]
    return row


def _columns(settings: TranslateSettings, asked: TranslatePredict | None = None) -> Columns:
    """Those of the training, or of a prediction."""
    found = Columns(
        settings.source, settings.target, settings.id, settings.no_quotes, settings.encoding
    )
    if asked is None:
        return found
    return replace(found, source=asked.source or found.source, id=asked.id or found.id)


def _search(settings: TranslateSettings, asked: TranslatePredict | None = None) -> BeamSettings:
    asked = asked or TranslatePredict()
    beams = max(asked.beam or settings.beam, asked.n_best if asked.beam is None else 1)
    if asked.n_best > beams:
        raise OptionError(f"--n-best {asked.n_best}: more than the {beams} of --beam; raise it")
    length, coverage = asked.length_penalty, asked.coverage_penalty
    return BeamSettings(
        beams,
        asked.n_best,
        settings.length_penalty if length is None else length,
        settings.coverage_penalty if coverage is None else coverage,
    )


def _factor(cuts: tuple[Cut, Cut]) -> float:
    """How many units a translation may have for each of its text, at most."""
    letters = (Cut.char, Cut.byte)
    return 12.0 if cuts[1] in letters and cuts[0] not in letters else 2.0
