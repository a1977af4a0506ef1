"""How good a tagger is, beside the baselines."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from segue.data.scheme import Scheme
from segue.insight import spans as measures
from segue.tasks.scores import Measure, Method, Scores
from segue.tasks.sentences.baselines import Said
from segue.tasks.sentences.corpus import Corpus

_REPORTED = ("f1", "precision", "recall", "accuracy", "unknown_accuracy", "label_accuracy",
             "sentence_accuracy")  # fmt: skip


@dataclass(frozen=True, eq=False)
class TagScores(Scores):
    """A tagger beside the baselines.

    Attributes:
        test: the sentences.
        said: what the model says of them.
        unknown: how many tokens are words that the training did not have.
    """

    test: Corpus
    said: Said
    unknown: int
    scheme: Scheme

    MEASURES = (
        Measure("f1", "span F1", higher=True, perfect=1.0, percent=True),
        Measure("precision", "precision", higher=True, perfect=1.0, percent=True),
        Measure("recall", "recall", higher=True, perfect=1.0, percent=True),
        Measure("accuracy", "accuracy", higher=True, perfect=1.0, percent=True),
        Measure("unknown_accuracy", "unknown words", higher=True, perfect=1.0, percent=True),
        Measure("label_accuracy", "sentence label", higher=True, perfect=1.0, percent=True),
        Measure("sentence_accuracy", "whole sentences", higher=True, perfect=1.0, percent=True),
    )
    UNIT = "held-back token"
    REMEDY = "give the model more sentences, or vectors of words"

    @property
    def scored(self) -> int:
        """How many tokens were scored."""
        return self.test.size

    @property
    def measure(self) -> str:
        """F1 of spans where tags write spans, else the accuracy."""
        return "f1" if "f1" in self.model.metrics else "accuracy"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How many words were unknown."""
        share = self.unknown / self.scored
        return (f"{self.unknown:,} tokens ({share:.1%}) are words that the training did not have.",)

    @property
    def counts(self) -> dict[str, measures.Counts]:
        """Of each type of span, or of each tag."""
        count = measures.tag_counts if self.scheme is Scheme.PLAIN else measures.span_counts
        return count(self.test.tags, self.said.tags)

    def extent(self) -> dict[str, Any]:
        """The figures of the model that are asked for most, for JSON."""
        of = self.model.metrics
        figures = {key: of[key] for key in _REPORTED if key in of}
        return {"sentences": len(self.test), "tokens": self.scored, **figures}

    def details(self) -> dict[str, Any]:
        """The measures of each type, for JSON."""
        return {
            "unknown_tokens": self.unknown,
            "per_type": {
                name: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.true}
                for name, c in self.counts.items()
            },
        }


def method(said: Said, truth: Corpus, known: Collection[str], scheme: Scheme) -> Method:
    """The measures of what one method says; `known` are the words of the training."""
    found = figures(truth, said.tags, scheme)
    new = [
        (tag, other)
        for tokens, one, its in zip(truth.tokens, truth.tags, said.tags, strict=True)
        for word, tag, other in zip(tokens, one, its, strict=True)
        if word not in known
    ]
    if new:
        found["unknown_accuracy"] = sum(a == b for a, b in new) / len(new)
    whole = [list(a) == list(b) for a, b in zip(truth.tags, said.tags, strict=True)]
    if truth.labels is not None and said.labels is not None:
        right = [a == b for a, b in zip(truth.labels, said.labels, strict=True)]
        found["label_accuracy"] = sum(right) / len(right)
        whole = [a and b for a, b in zip(whole, right, strict=True)]
    found["sentence_accuracy"] = sum(whole) / len(whole)
    return Method(said.name, found)


def figures(truth: Corpus, said: Sequence[Sequence[str]], scheme: Scheme) -> dict[str, float]:
    """The measures of tags alone."""
    found = {}
    if scheme is not Scheme.PLAIN:
        all_of = measures.total(measures.span_counts(truth.tags, said))
        found = {"f1": all_of.f1, "precision": all_of.precision, "recall": all_of.recall}
    return {**found, "accuracy": measures.token_accuracy(truth.tags, said)}


def unknown_tokens(test: Corpus, known: Collection[str]) -> int:
    """How many tokens are words that the training did not have."""
    return sum(word not in known for one in test.tokens for word in one)
