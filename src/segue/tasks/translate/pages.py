"""The sections of the report that only a translation has."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.heatmap import heatmap
from segue.insight.markup import Html, element
from segue.insight.matrix import word_table
from segue.insight.page import left_out, nothing, section
from segue.insight.report import Section
from segue.tasks.translate.prepared import Prepared
from segue.tasks.translate.scores import TranslateScores

_SAMPLES, _PICTURES = 14, 4
_WIDEST = 32  # units of a picture's side


def pages(prepared: Prepared, scores: TranslateScores) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    note = (
        f"{scores.scored:,} held-back texts, none of which the training saw. BLEU and chrF by"
        f" sacreBLEU ({scores.signature}). Edits per unit: insertions, deletions and"
        " substitutions that lead to the nearest reference, for each of its"
        f" {'letters or tokens' if scores.whole else 'words'}."
    )
    return (
        lambda detail: _samples(scores),
        lambda detail: _attention(prepared, scores),
    ), note


def _samples(scores: TranslateScores) -> Html:
    """Texts from the shortest to the longest, at even steps."""
    pairs, references = scores.pairs, scores.pairs.references()
    order = np.argsort([len(text) for text in pairs.sources], kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, _SAMPLES).round().astype(int))]
    rows = [
        [
            pairs.sources[row],
            " | ".join(references[row][:3]),
            scores.found[row].texts[0],
            scores.by_dictionary[row],
        ]
        for row in chosen.tolist()
    ]
    words = [
        "From the shortest to the longest. The dictionary knows each word alone (IBM model 1).",
        left_out(len(pairs), len(rows), "texts"),
    ]
    heads = ["text", "reference", "model", "dictionary"]
    return section("samples", "Translations", words, word_table("Translations", heads, rows))


def _attention(prepared: Prepared, scores: TranslateScores) -> Html:
    """Where the model looked while it wrote each unit."""
    units = prepared.units
    pictures: list[Html] = []
    lengths = [len(each.found[0].tokens) if each.found else 0 for each in scores.found]
    for row in np.argsort([-length for length in lengths], kind="stable").tolist():
        read = [*units.source.tokens(scores.pairs.sources[row]), "end"]
        found = scores.found[row].found
        if not found or found[0].attention is None or len(pictures) >= 2 * _PICTURES:
            continue
        wrote = [*units.copied(found[0], scores.pairs.sources[row]), "end"]
        if max(len(read), len(wrote)) > _WIDEST:
            continue
        looked: NDArray[np.float32] = found[0].attention[:, : len(read)]
        caption = f"{scores.pairs.sources[row]} → {scores.found[row].texts[0]}"
        pictures.append(element("p", {}, caption))
        pictures.append(heatmap("Attention", read, wrote, looked))
    words = [
        "Each row is a unit that was written, each column one that was read; the darker, the more"
        " the model looked there.",
    ]
    shown = pictures or [nothing("Every text is too long for a picture.")]
    return section("attention", "Attention", words, *shown)
