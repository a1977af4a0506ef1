"""What the report shows of a recommender alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.insight.curves import learning_section
from segue.insight.markup import Html
from segue.insight.matrix import word_table
from segue.insight.page import section
from segue.insight.report import Section
from segue.insight.tables import share
from segue.tasks.recommend.prepared import Prepared
from segue.tasks.sessions.scores import SessionScores, gains

_NEIGHBOURS, _OF, _SESSIONS, _LAST, _SAID = 6, 12, 8, 6, 5
_PLACES = (1, 2, 3, 4, 5, 10, 20)
_LENGTHS = (2, 3, 4, 5, 10, 20)


def pages(
    prepared: Prepared, scores: SessionScores, metrics: Sequence[Mapping[str, Any]]
) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    k = scores.k
    note = (
        f"{scores.scored:,} held-back events. All items are ranked, and equal scores count against"
        f" the method. Recall: the share of events whose item is among the {k} first. MRR:"
        " the mean of 1 / place. NDCG: of 1 / log2(1 + place). Coverage: the share of all items"
        " that stand in a list."
    )
    return (
        lambda detail: _sessions(prepared, scores),
        lambda detail: _groups(prepared, scores),
        lambda detail: _neighbours(prepared),
        lambda detail: learning_section(
            metrics, {f"recall@{k}": f"recall@{k}", f"mrr@{k}": f"MRR@{k}"}, detail
        ),
    ), note


def _sessions(prepared: Prepared, scores: SessionScores) -> Html:
    """What is recommended for a few sessions, beside what they did."""
    asked, ranked, items = scores.asked, scores.ranked, prepared.parts.items
    ends = np.concatenate([np.flatnonzero(np.diff(asked.owner)), [len(asked) - 1]])
    shown = ends[np.linspace(0, len(ends) - 1, min(_SESSIONS, len(ends))).astype(int)]
    rows = []
    for at in shown.tolist():
        place, start = int(asked.places[at]), int(asked.sessions.offsets[asked.owner[at]])
        before = asked.sessions.values[max(start, place - _LAST) : place].tolist()
        said = [items.token(int(each)) for each in ranked.top[at, :_SAID] if each]
        rows.append(
            [
                ("... " if place - _LAST > start else "") + ", ".join(map(items.token, before)),
                items.token(int(asked.sessions.values[place])),
                f"{ranked.ranks[at]:,}",
                ", ".join(said),
            ]
        )
    words = ["The last event of sessions from the whole of the test."]
    heads = ["taken before", "taken next", "its place", "recommended, the best first"]
    return section("sessions", "Some sessions", words, word_table("Sessions", heads, rows))


def _groups(prepared: Prepared, scores: SessionScores) -> Html:
    """Recall and MRR by place in the session, by popularity of the item, by length."""
    asked, counts = scores.asked, prepared.parts.counts
    behind = asked.places - asked.sessions.offsets[asked.owner]
    lengths = asked.sessions.lengths[asked.owner]
    taken = counts[asked.targets]
    rows = [
        *_rows("events before", behind, _PLACES, scores),
        *_rows("events in the session", lengths, _LENGTHS, scores),
        *_rows("the item was taken", taken, _quarters(taken), scores),
    ]
    best = scores.best_baseline.name
    heads = ["", "", "events", f"recall@{scores.k}", f"MRR@{scores.k}", f"recall, {best}"]
    words = [
        "Where the recommender is good: by how many events came before, by how long the session is,"
        " and by how often the item was taken in the training."
    ]
    return section("groups", "Where it is good", words, word_table("Groups", heads, rows))


def _quarters(taken: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(sorted({int(np.quantile(taken, q, method="lower")) for q in (0, 0.25, 0.5, 0.75)}))


def _rows(
    name: str, values: NDArray[np.int64], froms: Sequence[int], scores: SessionScores
) -> list[list[str]]:
    """A row for each range of values that begins at one of `froms`."""
    ours = gains(scores.ranked.ranks, scores.k)
    theirs = gains(scores.others[scores.best_baseline.name].ranks, scores.k)
    rows = []
    for number, low in enumerate(froms):
        high = froms[number + 1] if number + 1 < len(froms) else None
        mine = (values >= low) & (True if high is None else values < high)
        if not mine.any():
            continue
        span = f"{low:,} or more" if high is None else f"{low:,} to {high - 1:,}"
        span = f"{low:,}" if high == low + 1 else span
        key = f"recall@{scores.k}"
        rows.append(
            [
                name,
                span,
                f"{int(mine.sum()):,}",
                share(float(ours[key][mine].mean()), 1),
                share(float(ours[f"mrr@{scores.k}"][mine].mean()), 1),
                share(float(theirs[key][mine].mean()), 1),
            ]
        )
    return rows


def _neighbours(prepared: Prepared) -> Html:
    """Items whose vectors lie near those of some items."""
    model, items = prepared.model, prepared.parts.items
    vectors = model.embed.weight.detach()[2:]
    vectors = vectors / vectors.norm(dim=1, keepdim=True).clamp_min(1e-9)
    few = min(_OF, len(vectors))
    chosen = np.unique(np.geomspace(1, len(vectors), few).astype(int)) - 1  # the frequent first
    rows = []
    for index in chosen.tolist():
        near = (vectors @ vectors[index]).topk(min(_NEIGHBOURS + 1, len(vectors))).indices.tolist()
        names = [items.token(each + 2) for each in near if each != index][:_NEIGHBOURS]
        taken = f"{int(prepared.parts.counts[index + 2]):,}"
        rows.append([items.token(index + 2), taken, ", ".join(names)])
    words = ["Items from the most taken to the least, and those whose vectors are most alike."]
    heads = ["item", "taken", "nearest"]
    return section("neighbours", "What lies near what", words, word_table("Items", heads, rows))
