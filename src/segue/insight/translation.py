"""How near translations are to their references: BLEU, chrF, word accuracy, edit distance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """Measures of translations.

    Attributes:
        bleu: 0 to 100 (K. Papineni et al., ACL 2002), over the corpus, each row beside its own
            reference.
        chrf: 0 to 100 (M. Popović, WMT 2015), likewise.
        signature: sacreBLEU's, by which others can repeat the figure (M. Post, WMT 2018).
        word_accuracy: share of the different sources whose translation is one of their references.
        edit_distance: edits that lead from the translations to the nearest references, for each
            unit of these; different sources count once.
    """

    bleu: float
    chrf: float
    signature: str
    word_accuracy: float
    edit_distance: float


def quality(
    sources: Sequence[str],
    found: Sequence[str],
    references: Sequence[str],
    cut: Callable[[str], list[str]],
    tokenizer: str = "13a",
) -> Quality:
    """Measure translations.

    Args:
        sources: what was translated; where one stands in several rows, it has several references.
        found: the translations.
        references: what each should be.
        cut: cuts a text into the units that edits are counted by.
        tokenizer: how BLEU cuts words, by sacreBLEU's name.

    >>> texts = ["the cat sat on the mat", "a dog runs over the green grass"]
    >>> found = quality(["1", "2"], texts, texts, str.split)
    >>> round(found.bleu), found.word_accuracy, found.edit_distance
    (100, 1.0, 0.0)
    >>> quality(["read", "read"], ["R EH D"] * 2, ["R IY D", "R EH D"], str.split).word_accuracy
    1.0
    """
    from rapidfuzz.distance import Levenshtein
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    metric = BLEU(tokenize=tokenizer, force=True)
    bleu = metric.corpus_score(list(found), [list(references)]).score
    chrf = CHRF().corpus_score(list(found), [list(references)]).score
    known: dict[str, tuple[str, list[str]]] = {}
    for source, made, wanted in zip(sources, found, references, strict=True):
        known.setdefault(source, (made, []))[1].append(wanted)
    hits = edits = units = 0
    for made, right in known.values():
        hits += made in right
        parts = [cut(each) for each in right]
        least = min((Levenshtein.distance(cut(made), each), len(each)) for each in parts)
        edits, units = edits + least[0], units + least[1]
    return Quality(
        float(bleu),
        float(chrf),
        str(metric.get_signature()),
        hits / max(len(known), 1),
        edits / max(units, 1),
    )
