"""Checkpoints notice every damage, and the folder keeps what is needed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.errors import RunError
from segue.training.checkpoint import CheckpointFolder, DamagedError, from_bytes, to_bytes

TREE = {"a": torch.arange(5.0), "position": {"step": 3}, "none": None}
DATA = to_bytes(TREE)


@given(st.integers(0, 8 * len(DATA) - 1))
@settings(max_examples=300)
def test_every_flipped_bit_is_noticed(bit):
    damaged = bytearray(DATA)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError):
        from_bytes(bytes(damaged))


@given(st.integers(0, len(DATA) - 1))
def test_every_truncation_is_noticed(length):
    with pytest.raises(DamagedError):
        from_bytes(DATA[:length])


def test_extra_bytes_are_noticed():
    with pytest.raises(DamagedError):
        from_bytes(DATA + b"\0")


def test_a_user_text_that_looks_like_a_digest_does_no_harm():
    tree = {'"sha256":"' + "0" * 64 + '"': '"sha256":"' + "a" * 64 + '"'}
    assert from_bytes(to_bytes(tree)) == tree


def test_it_is_a_safetensors_file_without_pickle(tmp_path):
    from safetensors import safe_open

    (tmp_path / "c").write_bytes(DATA)
    with safe_open(tmp_path / "c", "pt") as file:
        assert torch.equal(file.get_tensor("a"), TREE["a"])


def folder_of(path, steps, keep=3, needs=frozenset()):
    folder = CheckpointFolder(path / "checkpoints", keep)
    for step in steps:
        folder.save(step, to_bytes({"position": {"step": step}}, needs))
    return folder


def test_the_newest_are_kept_and_what_they_need(tmp_path):
    folder = folder_of(tmp_path, range(0, 60, 10), keep=2, needs={20})
    assert folder.steps() == [20, 40, 50]


def test_a_needed_one_goes_when_nothing_needs_it_any_more(tmp_path):
    folder = folder_of(tmp_path, [0, 1, 2], keep=1, needs={0})
    folder.save(3, to_bytes({}, {3}))
    assert folder.steps() == [3]


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "directory"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_it_used(tmp_path, capsys, damage):
    folder = folder_of(tmp_path, [1, 2])
    path = folder.file(2)
    data = path.read_bytes()
    if damage == "truncate":
        path.write_bytes(data[:-3])
    elif damage == "flip":
        path.write_bytes(data[:-3] + bytes([data[-3] ^ 4]) + data[-2:])
    elif damage == "empty":
        path.write_bytes(b"")
    else:
        path.unlink()
        path.mkdir()
    assert from_bytes(folder.newest())["position"]["step"] == 1
    warning = capsys.readouterr().err
    assert warning.count("\n") == 1
    assert "step-00000002.safetensors" in warning
    assert "one before it" in warning


def test_all_damaged_is_an_error(tmp_path):
    folder = folder_of(tmp_path, [1, 2])
    for step in (1, 2):
        folder.file(step).write_bytes(b"")
    with pytest.raises(RunError, match="every checkpoint is damaged"):
        folder.newest()


def test_no_checkpoint_at_all_is_none(tmp_path):
    assert CheckpointFolder(tmp_path / "checkpoints", 3).newest() is None


def test_a_save_removes_damaged_ones_of_later_steps_and_torn_files(tmp_path):
    folder = folder_of(tmp_path, [1, 9])
    folder.file(9).write_bytes(b"torn")
    (folder.path / ".step-00000004.safetensors.tmp").write_bytes(b"torn")
    folder.save(2, to_bytes({}))
    assert sorted(p.name for p in folder.path.iterdir()) == [
        "step-00000001.safetensors",
        "step-00000002.safetensors",
    ]


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, [1])

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match=r"step-00000001.*No space left on device"):
        folder.save(1, to_bytes({"other": 1}))
    assert from_bytes(folder.load(1)) == {"position": {"step": 1}}
    assert [p.name for p in folder.path.iterdir()] == ["step-00000001.safetensors"]
