"""Trees survive packing to the bit, with their types."""

import json
import math
from collections import Counter, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_toy import assert_same

from segue.errors import SegueError
from segue.training.tree import map_tensors, pack, tensors_in, unpack

DTYPES = [
    torch.float64, torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.uint8,
    torch.uint32, torch.bool,
]  # fmt: skip


def round_trip(tree):
    tensors, document = pack(tree)
    return unpack(tensors, json.loads(json.dumps(document, allow_nan=False)))


@st.composite
def tensors(draw):
    shape = draw(st.lists(st.integers(0, 3), max_size=3))
    dtype = draw(st.sampled_from(DTYPES))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    tensor = torch.randint(0, 9, shape, generator=generator).to(dtype)
    if dtype.is_floating_point and tensor.numel() and draw(st.booleans()):
        tensor.view(-1)[0] = draw(st.sampled_from([math.inf, math.nan, -0.0]))
    return tensor.T if draw(st.booleans()) and tensor.ndim == 2 else tensor


keys = st.one_of(st.text(max_size=4), st.integers(), st.tuples(st.integers(), st.text(max_size=2)))
leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), tensors()
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.dictionaries(keys, inner, max_size=3),
        st.builds(Counter, st.dictionaries(keys, st.integers(), max_size=2)),
    ),
    max_leaves=8,
)


@given(trees)
def test_any_tree_comes_back(tree):
    assert_same(tree, round_trip(tree))


def test_nan_comes_back():
    assert math.isnan(round_trip((math.nan,))[0])


def test_named_tuples_come_back_with_their_names():
    state = namedtuple("State", ["h", "c"])(torch.ones(2), torch.zeros(2))
    back = round_trip({"carry": state})["carry"]
    assert type(back).__name__ == "State"
    assert back._fields == ("h", "c")
    assert torch.equal(back.c, state.c)


def test_numpy_arrays_and_numbers_come_back():
    back = round_trip(
        {"key": np.arange(3, dtype=np.uint32), "n": np.float32(0.1), "b": np.bool_(1)}
    )
    assert_same(back["key"], np.arange(3, dtype=np.uint32))
    assert back["n"] == np.float32(0.1)
    assert back["b"] is True


def test_tensors_that_share_memory_are_kept_apart():
    base = torch.arange(6.0)
    tensors, _ = pack([base, base, base[2:4], base.view(2, 3).T])
    assert len({t.untyped_storage().data_ptr() for t in tensors.values()}) == 4
    assert all(t.is_contiguous() for t in tensors.values())


def test_keys_that_read_the_same_do_not_collide():
    tree = {1: torch.ones(1), "1": torch.zeros(1), "a": {"b": torch.ones(2)}, "a/b": torch.zeros(2)}
    assert_same(tree, round_trip(tree))


def test_what_cannot_be_kept_is_named():
    with pytest.raises(SegueError, match="a/1/b: a function cannot be kept"):
        pack({"a": [0, {"b": lambda: 0}]})


@dataclass(frozen=True)
class Rows:
    x: torch.Tensor
    note: str


def test_mapping_reaches_tensors_in_dataclasses():
    changed = map_tensors((Rows(torch.ones(1), "n"), [None, {"a": torch.ones(1)}]), lambda t: t + 1)
    assert changed[0].x.item() == 2
    assert changed[0].note == "n"
    assert changed[1][1]["a"].item() == 2


def test_paths_name_the_tensors():
    batch = (Rows(torch.ones(1), "n"), {"a": [torch.ones(1)]})
    assert [path for path, _ in tensors_in(batch, "batch")] == ["batch[0].x", "batch[1]['a'][0]"]
