"""The tag task: how it answers the questions of `segue.tasks.task`."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, repeat
from pathlib import Path
from typing import Any

from segue.data.lexicon import Lexicon
from segue.data.scheme import Scheme
from segue.data.sentences import PREDICTED, JsonText, Sentence
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.units import Vocabulary
from segue.data.vectors import read_vectors
from segue.errors import DataError, OptionError, RunError
from segue.insight.report import Section
from segue.tasks.sentences import corpus as corpora
from segue.tasks.sentences.baselines import Said, Usual, linear_crf
from segue.tasks.sentences.corpus import Corpus, Given, Parts
from segue.tasks.sentences.pages import pages
from segue.tasks.sentences.scores import TagScores, method, unknown_tokens
from segue.tasks.tag.about import ABOUT
from segue.tasks.tag.batches import answer, number
from segue.tasks.tag.defaults import suggest
from segue.tasks.tag.model import TagModel
from segue.tasks.tag.prepared import Prepared, inner, outer
from segue.tasks.tag.record import TagRun
from segue.tasks.tag.settings import TagPredict, TagSettings
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder

_CHUNK = 512  # sentences that are tagged at a time
_FIRST = 100_000  # words of a file of vectors that are kept beside those of the training
_FEW = 2_000  # tokens of a training, up to which all words are known


@dataclass(frozen=True)
class LoadedTagger(Loaded):
    """A run that was trained, with what it knows of words."""

    record: TagRun
    model: TagModel
    lexicon: Lexicon
    usual: Usual


@dataclass(frozen=True)
class Tagged:
    """A sentence with what the model says of it.

    Attributes:
        sentence: as it was read.
        tags: one for each token.
        sure: their probabilities, where these were asked for.
        label: its label and the label's name, where the model gives one.
    """

    sentence: Sentence
    tags: list[str]
    sure: list[float] | None
    label: tuple[str, str] | None


class TagTask(Task[TagSettings, Given, TagRun, Prepared, LoadedTagger]):
    """A tag for each word of a sentence."""

    about = ABOUT
    Record = TagRun

    def read(self, source: Source, settings: TagSettings, record: TagRun | None = None) -> Given:
        """The sentences of the file, and of those to choose by and to score on."""
        given = corpora.read(source, settings)
        if settings.vectors is None:
            return given
        words = {word for one in given.train.tokens for word in one}
        words |= {word.lower() for word in words}
        vectors = read_vectors(Path(settings.vectors), words, first=_FIRST)
        return replace(given, vectors=vectors)

    def build(
        self, data: Given, settings: TagSettings, source: str, record: TagRun | None = None
    ) -> Prepared:
        """Divide the sentences, learn the words, and build the model."""
        parts = corpora.divide(data, settings.seed)
        train = parts.train
        lexicon = Lexicon.fit(
            (word for one in train.tokens for word in one),
            lower=not settings.keep_case,
            size=settings.vocabulary,
            min_count=1 if train.size <= _FEW else 2,
            pretrained=() if data.vectors is None else data.vectors.words,
        )
        if record is None:
            choice = suggest(_found(data, train, lexicon), *_asked(settings), sentences=len(train))
            config, training = choice.model, choice.train
        else:
            config, training = record.model, record.training
        usual, model = Usual.of(train), TagModel(config)
        if data.vectors is not None:
            model.take_vectors(data.vectors.values)
        return Prepared(source, settings, data, parts, lexicon, usual, model, training)

    def score(self, prepared: Prepared, part: Part) -> TagScores:
        """Score the model and the baselines on the sentences of one part."""
        parts, config, scheme = prepared.parts, prepared.model.config, prepared.data.scheme
        asked = {Part.TRAIN: parts.train, Part.VALIDATION: parts.dev}.get(part, parts.test)
        found = answer(prepared.model, prepared.numbered(asked))
        labels = None if found.labels is None else [config.labels[k] for k, _ in found.labels]
        said = Said(f"{config.cell} (segue)", prepared.names(found.tags), labels)
        free = [prepared.usual.said(asked)]
        if len(parts.train):
            free.append(linear_crf(parts.train, asked))
        known = prepared.usual.tags
        methods = [method(one, asked, known, scheme) for one in (said, *free)]
        new = unknown_tokens(asked, known)
        return TagScores(methods[0], tuple(methods[1:]), asked, said, new, scheme)

    def load(self, run: RunFolder, record: TagRun, artifact: dict[str, Any]) -> LoadedTagger:
        """The model, and what it knows of words."""
        lexicon = Lexicon.from_state(artifact.get("lexicon"))
        usual, model = Usual.from_state(artifact.get("usual")), record.model
        known = (lexicon.words.size, lexicon.characters.size, len(lexicon.pretrained))
        labelled = usual.label is not None
        sizes = (model.vocabulary, model.characters, model.vectors)
        if known != sizes or labelled != bool(model.labels):
            raise RunError("lexicon: does not fit config.json; train again")
        return LoadedTagger(run, record, TagModel(record.model), lexicon, usual)

    def vocabularies(self, artifact: dict[str, Any]) -> Mapping[str, Vocabulary]:
        """The words."""
        lexicon = artifact.get("lexicon")
        return super().vocabularies({"vocabulary": (lexicon or {}).get("words")})

    def evaluation(self, loaded: LoadedTagger, source: Source, note: Note) -> Prepared:
        """All sentences of the file; the baselines are fitted to the training's file again."""
        record = loaded.record
        test = corpora.read_part(source, record.settings, record.scheme)
        given = self.trained_on(loaded, note, "the baseline is the most frequent tag alone")
        none = test.take([])
        train = none if given is None else corpora.divide(given, record.settings.seed).train
        return Prepared(
            str(source),
            record.settings,
            Given(record.scheme, none, None, test),
            Parts(train, none, test),
            loaded.lexicon,
            loaded.usual,
            loaded.model,
            record.training,
        )

    def predict(
        self, loaded: LoadedTagger, source: Source | None, asked: TagPredict, note: Note
    ) -> Iterator[Tagged]:
        """Every sentence with its tags, in the order of the input."""
        if source is None:
            raise OptionError("name the file with what is to be tagged, or - for lines")
        found = corpora.sentences(source, loaded.record.settings, tagged=False)
        while some := list(islice(found, _CHUNK)):
            yield from _tagged(loaded, some, asked)

    def write(self, result: Tagged, asked: TagPredict, *, first: bool) -> str:
        """The sentence as its file has it, with its tags."""
        said = [] if result.label is None else [(f"{PREDICTED}_{result.label[1]}", result.label[0])]
        return result.sentence.written.with_tags(result.tags, said, result.sure)

    def stream(self, loaded: LoadedTagger, asked: TagPredict) -> Callable[[str], str]:
        """From the tokens of a sentence, with blanks between, to a line of JSON."""
        number = 0

        def tag(line: str) -> str:
            nonlocal number
            number += 1
            tokens = tuple(line.split())
            if not tokens:
                raise DataError(
                    f"standard input: line {number}: is empty; write the tokens of a sentence"
                )
            text = JsonText(json.dumps({"tokens": tokens}, ensure_ascii=False))
            one = Sentence(tokens, (number,) * len(tokens), None, None, text)
            (result,) = _tagged(loaded, [one], asked)
            return self.write(result, asked, first=number == 1).rstrip("\n")

        return tag

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """Types, confusions, mistakes in their sentences, and the curves of the measures."""
        return pages(trained.scores, trained.run.metrics())


def _tagged(loaded: LoadedTagger, some: list[Sentence], asked: TagPredict) -> Iterator[Tagged]:
    """Sentences with their tags; those without tokens have none."""
    config, record = loaded.model.config, loaded.record
    real = [one for one in some if one.tokens]
    found: Iterator[tuple[list[str], list[float] | None, tuple[str, str] | None]] = iter(())
    if real:
        given = number(loaded.lexicon, [one.tokens for one in real])
        said = answer(loaded.model, given, sure=asked.probabilities)
        tags = outer(said.tags, config.tags, record.scheme)
        sure = repeat(None) if said.sure is None else (share.tolist() for share in said.sure)
        intent = str(record.settings.intent)
        labels = repeat(None) if said.labels is None else (
            (config.labels[k], intent) for k, _ in said.labels
        )  # fmt: skip
        found = zip(tags, sure, labels, strict=False)
    for one in some:
        yield Tagged(one, *next(found)) if one.tokens else Tagged(one, [], None, None)


def _found(data: Given, train: Corpus, lexicon: Lexicon) -> dict[str, Any]:
    """What the data say of the model."""
    spans = data.scheme is not Scheme.PLAIN
    tags = {tag for one in inner(train, spans) for tag in one} | ({"O"} if spans else set())
    if len(tags) < 2:
        raise DataError(
            f"{train.source}: all tokens have the tag {min(tags)!r}; there is nothing to tell apart"
        )
    return {
        "tags": tuple(sorted(tags)),
        "spans": spans,
        "labels": tuple(sorted(set(train.labels or ()))),
        "vocabulary": lexicon.words.size,
        "characters": lexicon.characters.size,
        "vectors": len(lexicon.pretrained),
        "vector": 0 if data.vectors is None else data.vectors.size,
    }


def _asked(settings: TagSettings) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is asked of the model and of its training, by name."""
    model = {
        "cell": settings.cell,
        "hidden": settings.hidden,
        "layers": settings.layers,
        "embedding": settings.embedding,
        "spelling": settings.characters,
        "independent": settings.independent,
        "dropout": settings.dropout,
        "variational": False if settings.dropout_each_step else None,
        "word_dropout": settings.word_dropout,
        "character_dropout": settings.character_dropout,
    }
    training = {
        "epochs": settings.epochs,
        "weight_decay": settings.weight_decay,
        "learning_rate": settings.learning_rate,
        "batch_size": settings.batch_size,
    }
    one, other = ({k: v for k, v in part.items() if v is not None} for part in (model, training))
    return one, other
