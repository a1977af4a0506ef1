"""A run folder that came from somewhere else: nothing outside of it is written, nothing waits."""

import math
import os
import shutil

import pytest
import torch
from line_task import train
from test_identity import contents, crashed

from segue.errors import RunError, SegueError
from segue.training import RunFolder
from segue.training.checkpoint import CheckpointFolder, DamagedError, from_bytes, to_bytes
from segue.training.files import own_folder, read_file, remove_temporary, write_whole
from segue.training.position import Position
from segue.training.tree import TreeError, pack, unpack


def test_no_link_at_a_temporary_name_is_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    run = RunFolder.create(tmp_path / "run")
    for name in ("weights.safetensors", "config.json", "run.json", "report.html"):
        (run.path / f".{name}.tmp").symlink_to(victim)
    run = RunFolder(run.path)
    run.write_config({})
    write_whole(run.weights_path, b"weights")
    with run.ending() as end:
        end.write("report.html", b"report")
    assert victim.read_text() == "mine"
    assert not list(run.path.glob(".*"))


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
@pytest.mark.parametrize("name", ["metrics.jsonl", "weights.safetensors", "run.json"])
def test_no_link_at_a_file_of_the_run_is_followed(tmp_path, name, link):
    run = crashed(tmp_path / "run")
    victim = tmp_path / "victim"
    (run.path / name).rename(victim) if (run.path / name).exists() else victim.write_text("mine")
    getattr(run.path / name, link)(victim)
    before = victim.read_bytes()
    train(run.path, epochs=3)
    with run.ending() as end:
        end.write("weights.safetensors", b"weights")
    assert victim.read_bytes() == before


@pytest.mark.parametrize("name", ["checkpoints", "tensorboard"])
def test_a_folder_of_the_run_that_is_a_link_is_refused(tmp_path, name):
    run = crashed(tmp_path / "run")
    elsewhere = tmp_path / "elsewhere"
    (run.path / name).rename(elsewhere) if (run.path / name).exists() else elsewhere.mkdir()
    (run.path / name).symlink_to(elsewhere)
    before = contents(elsewhere)
    with pytest.raises(RunError, match=f"{name}: is a link"):
        train(run.path, epochs=3, tensorboard=True)
    assert contents(elsewhere) == before


@pytest.mark.parametrize("name", ["config.json", "run.json", "metrics.jsonl"])
def test_a_pipe_in_the_place_of_a_file_is_no_wait(tmp_path, name):
    run = crashed(tmp_path)
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(SegueError):
        [run.read_config(), train(tmp_path, epochs=3)]
    with pytest.raises(OSError, match="is no regular file"):
        read_file(tmp_path / name)


def test_only_our_own_leftovers_are_removed(tmp_path):
    ours = (".config.json.0123456789abcdef.tmp", ".step-00000003.safetensors.tmp")
    theirs = (".notes.tmp", "a.tmp", ".config.json.tmp2")
    for name in (*ours, *theirs):
        (tmp_path / name).write_text("")
    (tmp_path / ".x.0123456789abcdef.tmp").mkdir()
    remove_temporary(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {*theirs, ".x.0123456789abcdef.tmp"}
    with pytest.raises(RunError, match="not empty and not a run"):
        RunFolder.create(tmp_path)


def test_a_run_json_of_another_program_is_not_overwritten(tmp_path):
    (tmp_path / "run.json").write_text('{"theirs": true}')
    with pytest.raises(RunError, match="not empty and not a run"):
        RunFolder.create(tmp_path)


def test_two_trainings_begun_at_once_are_one(tmp_path):
    for trial in range(20):
        path = tmp_path / str(trial)
        ready, go = os.pipe()
        children = [os.fork() or begin(path, number, ready, go) for number in range(3)]
        os.close(ready)
        os.close(go)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        assert sorted(statuses) == [0, 2, 2], statuses
        assert RunFolder.open(path).read_config() == {"number": statuses.index(0)}


def begin(path, number, ready, go):
    """Begin a run when all do, and hold it; the status says how it went."""
    status = 3
    try:
        os.close(go)
        os.read(ready, 1)
        run = RunFolder.create(path)
        with run.locked(), run.locked():
            run.write_config({"number": number})
            with run.ending() as end:
                end.write("report.html", b"")
        status = 0
    except RunError:
        status = 2
    finally:
        os._exit(status)


def test_a_held_folder_is_not_held_by_another_thread(tmp_path):
    from concurrent.futures import ThreadPoolExecutor

    run = RunFolder.create(tmp_path)
    with run.locked(), ThreadPoolExecutor(1) as pool:
        attempt = pool.submit(run.write_config, {})
        with pytest.raises(RunError, match="another process trains here"):
            attempt.result()


def nested(depth):
    tree = 0
    for _ in range(depth):
        tree = {"dict": [["a", tree]]}
    return tree


DOCUMENTS = {
    "no kind": {"code": "x"},
    "two kinds": {"tuple": [], "dict": []},
    "no such tensor": {"tensor": "gone"},
    "no number": {"float": "many"},
    "no pairs": {"dict": [1]},
    "three of a pair": {"dict": [[1, 2, 3]]},
    "a list as a key": {"dict": [[[1], 2]]},
    "no field name": {"named": ["State", ["a b"], [1]]},
    "a field too many": {"named": ["State", ["a", "b"], [1]]},
    "fields without end": {"named": ["State", [f"f{n}" for n in range(300)], [0] * 300]},
    "code as a name": {"named": ["State(object):\n pass", [], []]},
    "deep": nested(70),
    "deeper": nested(100_000),
    "a float as counter": {"counter": 1.0},
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_crafted_tree_is_refused(name):
    with pytest.raises(TreeError):
        unpack({}, DOCUMENTS[name])


def test_a_tree_that_could_not_be_read_back_is_not_written():
    tree = 0
    for _ in range(70):
        tree = [tree]
    with pytest.raises(TreeError, match="nested more than"):
        pack(tree)


@pytest.mark.parametrize("text", ["[" * 200_000, "nonsense", "[1]", '{"dict": [1]}'])
def test_a_crafted_checkpoint_with_a_valid_digest_is_damaged(text, monkeypatch):
    monkeypatch.setattr("segue.training.checkpoint.json.dumps", lambda *_, **__: text)
    data = to_bytes({})
    monkeypatch.undo()
    with pytest.raises(DamagedError, match="something else than a training writes"):
        from_bytes(data)


POSITION = Position(batches=5, step=7, anchor=5).as_json()


@pytest.mark.parametrize(
    "change",
    [
        {"step": -1}, {"step": 1e3}, {"step": "7"}, {"step": True}, {"anchor": 8}, {"index": 6},
        {"best": {"loss": 1.0, "epoch": 1, "step": 9, "sha256": "0" * 64}},
        {"best": {"loss": 1.0, "epoch": 1, "step": 1, "sha256": "../x"}}, {"best": 3},
        {"metrics_bytes": 2**60}, {"seconds": float("nan")}, {"more": 1}, {"epoch": None},
    ],
)  # fmt: skip
def test_a_crafted_position_is_refused(change):
    Position.from_json(POSITION)
    with pytest.raises(RunError):
        Position.from_json(POSITION | change)
    with pytest.raises(RunError):
        Position.from_json(list(change))


VALUES = [
    None, True, -1, 2**70, math.nan, 1e300, "text", [], {}, [1, [2]], {"a": 1},
    torch.ones(2), torch.ones(4, 3), torch.full((4, 3), math.nan),
]  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = train(tmp_path_factory.mktemp("trained"), make=adam, epochs=1)[2]
    folder = CheckpointFolder(run.checkpoints_path, 1, run.identity)
    return run, folder, from_bytes(folder.newest())


def adam(params):
    return torch.optim.Adam(params, 0.01)


def places(tree, path=()):
    """The ways to all values of a tree; of a list the first two."""
    if path:
        yield path
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from places(value, (*path, key))
    elif isinstance(tree, list | tuple):
        for key, value in enumerate(tree[:2]):
            yield from places(value, (*path, key))


def replaced(tree, path, value):
    if not path:
        return value
    parts = dict(tree) if isinstance(tree, dict) else dict(enumerate(tree))
    parts[path[0]] = replaced(parts[path[0]], path[1:], value)
    return parts if isinstance(tree, dict) else type(tree)(parts.values())


def test_any_value_in_a_checkpoint_is_refused_in_one_line_or_trained_on(trained):
    run, folder, tree = trained
    whole = folder.file(5).read_bytes()
    wrong = []
    for path in places(tree):
        for value in VALUES:
            said = ""
            try:
                write_whole(folder.file(5), to_bytes(replaced(tree, path, value), (), run.identity))
                train(run.path, make=adam, epochs=2)
            except SegueError as error:
                said = str(error)
            except Exception as error:
                wrong.append((path, value, error))
            if len(said.splitlines()) > 1:
                wrong.append((path, value, said))
            shutil.rmtree(folder.path)
            folder.save(5, whole)
    assert not wrong, "\n".join(map(repr, wrong))


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be made"):
        own_folder(tmp_path / "file" / "below")
