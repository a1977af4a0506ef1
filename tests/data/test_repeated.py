"""Passes that count as one epoch, and folds with their share of every class."""

from itertools import chain

import numpy as np
import pytest

from segue.data.folds import stratified_folds
from segue.data.repeated import Repeated
from segue.data.sampling import Rows


def rows(count: int) -> Rows[list[int]]:
    return Rows(lambda index: index.tolist(), count=count, batch_size=4, seed=3)


def test_every_pass_has_every_row_in_an_order_of_its_own() -> None:
    source = Repeated(rows(10), 3)
    assert len(source) == 9
    epochs = [[source.batch(epoch, k) for k in range(9)] for epoch in range(2)]
    passes = [list(chain(*epoch[at : at + 3])) for epoch in epochs for at in (0, 3, 6)]
    assert all(sorted(each) == list(range(10)) for each in passes)
    assert len({tuple(each) for each in passes}) == 6


def test_shards_together_are_the_whole() -> None:
    source = Repeated(rows(10), 2)
    shards = [source.shard(rank, 3) for rank in range(3)]
    for index in range(len(source)):
        parts = [shard.batch(1, index) for shard in shards]
        assert list(chain(*parts)) == source.batch(1, index)
    assert {len(shard) for shard in shards} == {len(source)}


@pytest.mark.parametrize("count", [2, 3, 5])
def test_folds_are_even_in_all_and_in_every_class(count: int) -> None:
    labels = np.repeat([0, 1, 2, 3], [17, 1, 5, 30])
    folds = stratified_folds(labels, count, seed=1)
    sizes = np.bincount(folds, minlength=count)
    assert sizes.max() - sizes.min() <= 1
    for label in range(4):
        of_class = np.bincount(folds[labels == label], minlength=count)
        assert of_class.max() - of_class.min() <= 1
    assert (folds == stratified_folds(labels, count, seed=1)).all()
    assert (folds != stratified_folds(labels, count, seed=2)).any()
