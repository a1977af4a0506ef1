"""Batches by length: a pure function of seed, epoch and index, within the budget, complete."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segue.data.bucketing import Buckets
from segue.errors import DataError
from segue.training import Shardable, Source

some_lengths = st.lists(st.integers(0, 300), min_size=1, max_size=60)


def buckets(lengths, rows=8, steps=None, seed=0, shuffle=True):
    return Buckets(
        lambda index: index, np.array(lengths), seed=seed, rows=rows, steps=steps, shuffle=shuffle
    )


def epoch_of(source, epoch):
    return [source.batch(epoch, k).tolist() for k in range(len(source))]


@given(
    some_lengths,
    st.integers(1, 9),
    st.none() | st.integers(1, 2000),
    st.integers(0, 3),
    st.booleans(),
)
def test_every_sequence_comes_once_and_batches_keep_the_budget(
    lengths, rows, steps, epoch, shuffle
):
    batches = epoch_of(buckets(lengths, rows, steps, shuffle=shuffle), epoch)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert 1 <= len(batch) <= rows
        padded = len(batch) * max(lengths[i] for i in batch)
        assert steps is None or padded <= steps or len(batch) == 1


@given(some_lengths, st.integers(1, 9), st.integers(0, 3), st.integers(1, 4))
def test_shards_together_are_the_batch(lengths, rows, epoch, world):
    source = buckets(lengths, rows)
    shards = [source.shard(rank, world) for rank in range(world)]
    assert {len(shard) for shard in shards} == {len(source)}
    for k in range(len(source)):
        parts = [shard.batch(epoch, k) for shard in shards]
        assert torch.equal(torch.cat(parts), source.batch(epoch, k))


def test_a_batch_does_not_depend_on_what_was_asked_before():
    lengths = np.random.default_rng(0).integers(1, 200, 300)
    source = buckets(lengths, 16, seed=3)
    later = source.batch(4, 2)
    source.batch(0, 0)
    assert torch.equal(source.batch(4, 2), later)
    assert torch.equal(buckets(lengths, 16, seed=3).batch(4, 2), later)


def test_epochs_and_seeds_differ_in_what_shares_a_batch_and_in_the_order():
    lengths = np.random.default_rng(0).integers(1, 200, 300)
    made = {
        frozenset(frozenset(batch) for batch in epoch_of(buckets(lengths, 16, seed=seed), epoch))
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(made) == 4
    firsts = {max(lengths[buckets(lengths, 16).batch(epoch, 0)]) for epoch in range(8)}
    assert len(firsts) > 4, "batches do not come by length"


def test_little_is_padding():
    lengths = np.random.default_rng(0).lognormal(5, 0.7, 25_000).astype(int) + 1
    source = buckets(lengths, 64)
    padded = sum(len(b) * max(lengths[b]) for b in map(np.array, epoch_of(source, 0)))
    assert padded < 1.08 * lengths.sum()


def test_unshuffled_sequences_come_by_length():
    lengths = [5, 1, 4, 1]
    assert epoch_of(buckets(lengths, 2, shuffle=False), 0) == [[1, 3], [2, 0]]
    assert epoch_of(buckets(lengths, 2, shuffle=False), 7) == [[1, 3], [2, 0]]


def test_it_is_a_source_that_can_be_divided():
    source = buckets([1, 2])
    assert isinstance(source, Shardable)
    taken: Source = source
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("lengths", "rows", "steps", "why"),
    [
        ([], 2, None, "there are no rows to train on"),
        ([1], 0, None, "batch size 0: at least 1 is needed"),
        ([1], 2, 0, "0 steps in a batch: at least 1 is needed"),
    ],
)
def test_what_makes_no_batches_is_refused(lengths, rows, steps, why):
    with pytest.raises(DataError, match=why):
        buckets(np.array(lengths, np.int64), rows, steps)
