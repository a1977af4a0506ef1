"""Ranks, measures and baselines, against cases that were computed by hand."""

import numpy as np
import pytest
import torch

from segue.data.ragged import Ragged
from segue.data.sampling import Streams
from segue.tasks.recommend.model import RecommendConfig, RecommendModel
from segue.tasks.recommend.objective import reading
from segue.tasks.recommend.ranking import ranked
from segue.tasks.sessions.baselines import all_of, pairs
from segue.tasks.sessions.division import Asked
from segue.tasks.sessions.neighbours import SessionNeighbours
from segue.tasks.sessions.scores import gains, intervals


def asked_of(*sessions: list[int], first: int = 1) -> Asked:
    ragged = Ragged.of([np.array(each, np.int32) for each in sessions])
    return Asked(ragged, np.full(len(sessions), first))


def small(items: int = 12) -> RecommendModel:
    torch.manual_seed(3)
    return RecommendModel(RecommendConfig(items=items, embedding=8, hidden=16)).eval()


def test_recall_mrr_and_ndcg_by_hand() -> None:
    found = gains(np.array([1, 2, 3, 4, 50]), 3)
    assert found["recall@3"].mean() == pytest.approx(3 / 5)
    assert found["mrr@3"].mean() == pytest.approx((1 + 1 / 2 + 1 / 3) / 5)
    assert found["ndcg@3"].mean() == pytest.approx((1 + 1 / np.log2(3) + 1 / 2) / 5)


def test_equal_scores_count_against_the_model() -> None:
    model = small()
    with torch.no_grad():
        model.embed.weight.zero_()
        model.head.bias.zero_()
    found = ranked(model, asked_of([2, 3, 4], [5, 6]), 3)
    assert found.ranks.tolist() == [10, 10, 10]


def test_ranks_are_those_of_each_session_alone() -> None:
    model, chance = small(40), np.random.default_rng(0)
    sessions = [chance.integers(2, 40, size).tolist() for size in (2, 9, 3, 17, 2, 5)]
    together = ranked(model, asked_of(*sessions), 5)
    alone = [ranked(model, asked_of(each), 5) for each in sessions]
    assert together.ranks.tolist() == [rank for each in alone for rank in each.ranks]
    assert (together.top == np.concatenate([each.top for each in alone])).all()


def test_an_item_that_was_seen_stands_last_where_it_is_skipped() -> None:
    model = small()
    found = ranked(model, asked_of([2, 3, 2]), 10, skip_seen=True)
    assert found.ranks[1] == 10
    assert not {2, 3} & set(found.top[1, :8].tolist())


def test_sessions_side_by_side_are_each_as_alone() -> None:
    model, chance = small(40), np.random.default_rng(1)
    parts = [chance.integers(2, 40, size).astype(np.int32) for size in (2, 9, 3, 17, 2, 5, 8, 4)]
    for kept in range(len(parts)):
        found = _read(model, parts)
        others = [part if n == kept else 41 - part for n, part in enumerate(parts)]
        beside = _read(model, others)
        alone, _ = model.read(torch.from_numpy(parts[kept][:-1].astype(np.int64))[:, None])
        assert torch.equal(found[kept], beside[kept])  # no bit depends on other sessions
        assert torch.allclose(found[kept][-2:], alone[-2:, 0], atol=1e-6) or kept in _cut(parts)


def _read(model: RecommendModel, parts: list[np.ndarray]) -> list[torch.Tensor]:
    """Features of the events of each session, from chunks of sessions side by side."""
    source = Streams(lambda chunk: chunk, [len(part) - 1 for part in parts], 2, 5, seed=0)
    events = torch.from_numpy(np.concatenate([part[:-1] for part in parts]).astype(np.int64))
    found = torch.zeros(len(events), 16)
    state = None
    for index in range(len(source)):
        chunk = source.batch(0, index)
        y, state = model.read(events[chunk.index], state, chunk.lengths, chunk.reset)
        real = torch.arange(len(y))[:, None] < chunk.lengths
        found[chunk.index[real]] = y[real].detach()
    return list(found.split([len(part) - 1 for part in parts]))


def _cut(parts: list[np.ndarray]) -> set[int]:
    """The sessions inside of which a stream begins."""
    source = Streams(lambda chunk: chunk, [len(part) - 1 for part in parts], 2, 5, seed=0)
    ends = np.cumsum([len(parts[n]) - 1 for n in source.order.of(0)])
    return {int(source.order.of(0)[np.searchsorted(ends, source.cuts[1], side="right")])}


def test_a_batch_holds_what_is_taken_and_what_comes_next() -> None:
    sessions = Ragged.of([np.array(each, np.int32) for each in ([2, 3, 4], [5, 6])])
    source = reading(sessions, rows=1, steps=3, seed=0)
    batch = source.batch(0, 0)
    after = dict(zip(batch.tokens[:, 0].tolist(), batch.targets[:, 0].tolist(), strict=True))
    assert after == {2: 3, 3: 4, 5: 6}
    begins = batch.tokens[:, 0][batch.reset[:, 0]].tolist()
    assert sorted(begins) == [2, 5]


def test_baselines_by_hand() -> None:
    train = Ragged.of([np.array(each, np.int32) for each in ([2, 3], [2, 4], [2, 4], [5, 3])])
    counts = np.array([0, 0, 3, 2, 2, 1])
    found = all_of(train, counts, asked_of([2, 4], [2, 3], [4, 5]), 2, skip_seen=False)
    # 3 and 4 were taken twice: equal, so that both are third behind 2, then all four
    assert found["popularity"].ranks.tolist() == [3, 3, 4]
    assert found["item to item (Markov)"].ranks.tolist() == [1, 2, 4]  # 4 leads nowhere
    assert found["item to item (Markov)"].top.tolist() == [[4, 3], [4, 3], [0, 0]]
    assert found["sequential rules"].ranks.tolist() == [1, 2, 4]
    # 2 with 4: 2 / sqrt(3 * 2), with 3: 1 / sqrt(3 * 2); 4 has only 2
    assert found["item-kNN"].ranks.tolist() == [1, 2, 4]
    assert found["popularity in the session"].ranks.tolist() == [4, 4, 4]
    # sessions with 2: each is as alike as the others; 2 has all three, 4 two, 3 one
    assert found["sessions alike (VSKNN)"].ranks.tolist() == [2, 3, 4]


def test_rules_weigh_by_distance() -> None:
    found = pairs(Ragged.of([np.array([2, 3, 4, 3], np.int32)]), 5, 3, lambda far: 1 / far)
    items, weights = found.after(2)
    assert dict(zip(items.tolist(), weights.tolist(), strict=True)) == pytest.approx(
        {3: 1 + 1 / 3, 4: 1 / 2}
    )


def test_the_latest_items_of_a_session_decide_its_neighbours() -> None:
    train = Ragged.of([np.array(each, np.int32) for each in ([2, 6], [3, 7])])
    items, scores = SessionNeighbours(train, 8).scores(np.array([2, 3], np.int32))
    of = dict(zip(items.tolist(), scores.tolist(), strict=True))
    assert of == pytest.approx({2: 0.25, 6: 0.25, 3: 1.0, 7: 1.0})  # 1/2 by 2, 2/2 by 1


def test_intervals_hold_the_mean() -> None:
    asked = asked_of(*[[2, 3, 4]] * 50)
    ranks = np.random.default_rng(0).integers(1, 6, len(asked))
    low, high = intervals(ranks, asked, 2, 0)["recall@2"]
    mean = float((ranks <= 2).mean())
    assert low < mean < high
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(mean * (1 - mean) / 100), rel=0.3)
