"""Sequences end to end: nothing is lost, padding is zero, rows stand alone."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from segue.data import ragged as module
from segue.data.ragged import Ragged, pad

sequences = st.lists(st.lists(st.integers(1, 9), max_size=6), min_size=1, max_size=8)


def of(lists):
    return Ragged.of([np.array(one, np.int32) for one in lists])


@given(sequences)
def test_sequences_come_back(lists):
    ragged = of(lists)
    assert [ragged[i].tolist() for i in range(len(ragged))] == lists
    assert ragged.lengths.tolist() == list(map(len, lists))


def test_blocks_do_not_show(monkeypatch):
    lists = [[1, 2, 3], [], [4], [5, 6]]
    monkeypatch.setattr(module, "BLOCK", 2)
    assert [row.tolist() for row in map(of(lists).__getitem__, range(4))] == lists


@given(sequences, st.data())
def test_take_is_indexing(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=9))
    taken = of(lists).take(np.array(rows, np.int64))
    assert [taken[i].tolist() for i in range(len(taken))] == [lists[i] for i in rows]


@given(sequences, st.data())
def test_a_batch_holds_its_rows_and_zeros(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=9))
    batch = pad(of(lists), torch.tensor(rows, dtype=torch.long))
    longest = max([1, *(len(lists[i]) for i in rows)])
    assert batch.steps.shape == (longest, len(rows))
    assert batch.steps.dtype == torch.int64
    assert batch.lengths.tolist() == [len(lists[i]) for i in rows]
    for column, i in enumerate(rows):
        assert batch.steps[:, column].tolist() == lists[i] + [0] * (longest - len(lists[i]))


def test_channels_stay_beside_each_other():
    ragged = Ragged.of([np.ones((2, 3), np.float32), np.full((1, 3), 2, np.float32)])
    batch = pad(ragged, torch.tensor([1, 0]))
    assert batch.steps.shape == (2, 2, 3)
    assert batch.steps.dtype == torch.float32
    assert batch.steps[:, 0].tolist() == [[2.0] * 3, [0.0] * 3]
