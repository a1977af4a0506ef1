"""Sampling is a pure function of (seed, epoch, index), and nothing is lost or seen twice."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from segue.data.sampling import Rows, Streams
from segue.errors import DataError
from segue.training import Shardable, Source


def rows(count, batch_size, seed=0, shuffle=True):
    return Rows(lambda index: index, count, batch_size, seed, shuffle=shuffle)


def streams(sizes, count, length, seed=0, shuffle=True):
    return Streams(lambda chunk: chunk, sizes, count, length, seed, shuffle=shuffle)


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 5), st.booleans())
def test_every_row_comes_once(count, batch_size, epoch, shuffle):
    source = rows(count, batch_size, shuffle=shuffle)
    batches = [source.batch(epoch, k) for k in range(len(source))]
    assert sorted(torch.cat(batches).tolist()) == list(range(count))
    assert all(len(b) == batch_size for b in batches[:-1])
    assert len(batches[-1]) > 0


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 5), st.integers(0, 3))
def test_shards_together_are_the_batch(count, batch_size, world, epoch):
    source = rows(count, batch_size)
    shards = [source.shard(rank, world) for rank in range(world)]
    for k in range(len(source)):
        parts = [shard.batch(epoch, k) for shard in shards]
        assert torch.equal(torch.cat(parts), source.batch(epoch, k))
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert {len(shard) for shard in shards} == {len(source)}


@given(st.integers(1, 20), st.integers(1, 25), st.integers(1, 9), st.integers(1, 4))
def test_epochs_of_so_many_batches_go_on_where_the_last_one_ended(count, size, batches, world):
    source = Rows(lambda index: index, count, size, 3, batches=batches)
    assert len(source) == batches
    drawn = [source.batch(epoch, k) for epoch in range(4) for k in range(batches)]
    assert {len(batch) for batch in drawn} == {size}
    rows_drawn = torch.cat(drawn).tolist()
    turns = [rows_drawn[k : k + count] for k in range(0, len(rows_drawn), count)]
    for turn in turns[:-1]:
        assert sorted(turn) == list(range(count))
    assert len(set(turns[-1])) == len(turns[-1])
    parts = [source.shard(rank, world).batch(2, 0) for rank in range(world)]
    assert torch.equal(torch.cat(parts), source.batch(2, 0))


def test_an_epoch_of_no_batches_is_refused():
    with pytest.raises(DataError, match="0 batches in an epoch: at least 1 is needed"):
        Rows(lambda index: index, 3, 2, 0, batches=0)


def test_batches_do_not_depend_on_what_was_asked_before():
    source = rows(50, 7, seed=3)
    later = source.batch(4, 2)
    source.batch(0, 0)
    assert torch.equal(source.batch(4, 2), later)
    assert torch.equal(rows(50, 7, seed=3).batch(4, 2), later)


def test_epochs_and_seeds_differ():
    orders = {
        tuple(rows(50, 50, seed).batch(epoch, 0).tolist()) for seed in (0, 1) for epoch in (0, 1)
    }
    assert len(orders) == 4


sizes = st.lists(st.integers(0, 12), min_size=1, max_size=6).filter(any)


@given(sizes, st.integers(1, 5), st.integers(1, 7), st.integers(0, 3), st.booleans())
def test_streams_see_every_step_once_and_in_order(sizes, count, length, epoch, shuffle):
    count = min(count, sum(sizes))
    source = streams(sizes, count, length, shuffle=shuffle)
    chunks = [source.batch(epoch, k) for k in range(len(source))]
    starts = [sum(sizes[:i]) for i in range(len(sizes)) if sizes[i]]
    seen = []
    for row in range(count):
        previous = None
        for chunk in chunks:
            real = int(chunk.lengths[row])
            assert not chunk.index[real:, row].any()
            assert not chunk.reset[real:, row].any()
            places = zip(
                chunk.index[:real, row].tolist(), chunk.reset[:real, row].tolist(), strict=True
            )
            for place, reset in places:
                assert reset == (place in starts or previous is None)
                assert reset or place == previous + 1
                previous = place
                seen.append(place)
    assert sorted(seen) == list(range(sum(sizes)))
    assert chunks[0].index.shape == (length, count)


@given(sizes, st.integers(1, 5), st.integers(1, 4))
def test_shards_of_streams_together_are_the_streams(sizes, count, world):
    source = streams(sizes, min(count, sum(sizes)), 3)
    shards = [source.shard(rank, world) for rank in range(world)]
    for k in range(len(source)):
        parts = [shard.batch(1, k) for shard in shards]
        whole = source.batch(1, k)
        assert torch.equal(torch.cat([p.index for p in parts], 1), whole.index)
        assert torch.equal(torch.cat([p.reset for p in parts], 1), whole.reset)
        assert torch.equal(torch.cat([p.lengths for p in parts]), whole.lengths)


def test_streams_are_balanced_to_one_step():
    source = streams((7,), 3, 10)
    assert source.batch(0, 0).lengths.tolist() == [2, 2, 3]


def test_they_are_sources_that_can_be_divided():
    for source in (rows(3, 1), streams((3,), 1, 1)):
        checked: Source = source
        assert isinstance(checked, Shardable)


@pytest.mark.parametrize(
    "make",
    [
        lambda: rows(0, 1),
        lambda: rows(3, 0),
        lambda: streams((), 1, 1),
        lambda: streams((0, 0), 1, 1),
        lambda: streams((3, -1), 1, 1),
        lambda: streams((3,), 0, 1),
        lambda: streams((3,), 4, 1),
        lambda: streams((3,), 1, 0),
    ],
)
def test_what_cannot_be_is_refused(make):
    with pytest.raises(DataError):
        make()
