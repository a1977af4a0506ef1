"""Every file of a run names it; those of another run and an edited config.json are refused."""

import json
import shutil

import numpy as np
import pytest
import torch
from line_task import CrashError, Crashing, train
from safetensors import safe_open

from segue.errors import RunError
from segue.training import RunFolder
from segue.training.checkpoint import CheckpointFolder, from_bytes, to_bytes
from segue.training.weights import read_weights, weights_bytes


def crashed(path):
    with pytest.raises(CrashError):
        train(path, objective=Crashing(7), epochs=3)
    return RunFolder(path)


def test_every_file_names_the_run_and_its_config(tmp_path):
    _, _, run = train(tmp_path)
    identity = run.identity
    assert (len(identity.run), len(identity.config)) == (32, 64)
    first = run.metrics()[0]
    assert (first["kind"], first["run"], first["config"]) == ("run", identity.run, identity.config)
    assert {"threads", "torch", "segue", "processor"} <= set(first)
    for path in (run.weights_path, *run.checkpoints_path.iterdir()):
        with safe_open(path, "pt") as file:
            assert file.metadata()["run"] == f"{identity.run} {identity.config}"
    other = train(tmp_path / "other")[2]
    assert other.identity.run != identity.run


@pytest.mark.parametrize("what", ["checkpoints", "metrics.jsonl"])
def test_what_is_another_runs_is_refused_though_its_shapes_fit(tmp_path, what):
    mine, other = crashed(tmp_path / "mine"), crashed(tmp_path / "other")
    place = mine.path / what
    if place.is_dir():
        shutil.rmtree(place)
        shutil.copytree(other.path / what, place)
    else:
        shutil.copy(other.path / what, place)
    before = contents(mine.path)
    with pytest.raises(RunError, match="is another run's") as error:
        train(mine.path, epochs=3)
    assert "\n" not in str(error.value)
    assert contents(mine.path) == before


def contents(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_an_edited_config_is_refused(tmp_path):
    run = crashed(tmp_path)
    before = run.config_path.read_bytes()
    run.config_path.write_text('{"seed": 1}')
    for use in (run.read_config, lambda: run.identity, lambda: train(tmp_path, epochs=3)):
        with pytest.raises(RunError, match=r"config\.json: is not what the training wrote"):
            use()
    run.config_path.write_bytes(before)
    train(tmp_path, epochs=3)


def test_a_config_and_its_digest_that_were_edited_do_not_fit_the_checkpoints(tmp_path):
    run, other = crashed(tmp_path / "a"), RunFolder.create(tmp_path / "b")
    other.write_config({"seed": 1})
    edited = json.loads((other.path / "run.json").read_text()) | {"run": run.identity.run}
    shutil.copy(other.config_path, run.config_path)
    (run.path / "run.json").write_text(json.dumps(edited))
    with pytest.raises(RunError, match=r"written under another config\.json"):
        train(run.path, epochs=3)


def test_a_run_that_lost_its_identity_is_refused(tmp_path):
    run = crashed(tmp_path)
    (tmp_path / "run.json").unlink()
    with pytest.raises(RunError, match=r"run\.json is gone"):
        train(run.path, epochs=3)


def without_identity(run):
    """As version 0.1 wrote it."""
    (run.path / "run.json").unlink()
    folder = CheckpointFolder(run.checkpoints_path, 1)
    for step in folder.steps():
        path = folder.file(step)
        tree = from_bytes(path.read_bytes())
        length = int.from_bytes(path.read_bytes()[:8], "little")
        header = json.loads(path.read_bytes()[8 : 8 + length])["__metadata__"]
        lost = len(run.metrics_path.read_bytes().split(b"\n")[0]) + 1
        tree["position"]["metrics_bytes"] = max(tree["position"]["metrics_bytes"] - lost, 0)
        del tree["environment"]
        path.write_bytes(to_bytes(tree, json.loads(header["needs"])))
    lines = run.metrics_path.read_bytes().split(b"\n")
    run.metrics_path.write_bytes(b"\n".join(lines[1:]))


def test_a_run_of_the_version_before_resumes(tmp_path, capsys):
    model, _, _ = train(tmp_path / "whole", epochs=3)
    run = crashed(tmp_path / "old")
    without_identity(run)
    again, _, _ = train(run.path, epochs=3)
    assert torch.equal(model[0].weight, again[0].weight)
    assert run.identity is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_other_threads_are_said_in_one_line(tmp_path, capsys, threads):
    crashed(tmp_path)
    try:
        torch.set_num_threads(threads)
        train(tmp_path, epochs=3)
    finally:
        torch.set_num_threads(1)
    said = capsys.readouterr().err
    assert said.count("\n") == said.count("threads 2 (was 1)") == threads - 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_named(value):
    data = weights_bytes({"out.bias": torch.tensor([[0.0, value]])})
    with pytest.raises(RunError, match=rf"w: out\.bias\[0, 1\] is {value}: train again"):
        read_weights(data, None, "w")


def test_weights_of_another_run_are_refused(tmp_path):
    runs = [train(tmp_path / name)[2] for name in "ab"]
    data = [run.weights_path.read_bytes() for run in runs]
    assert "0.weight" in read_weights(data[0], runs[0].identity, "w")
    with pytest.raises(RunError, match="w: is another run's"):
        read_weights(data[1], runs[0].identity, "w")
    with pytest.raises(RunError, match="w: is damaged"):
        read_weights(data[0][:100], runs[0].identity, "w")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "[" * 100_000, '{"format": 2}', '{"format": 1, "run": "x"}',
     '{"run": "' + "0" * 32 + '", "files": {"../x": {"sha256": "", "staged": "/etc/passwd"}}}'],
)  # fmt: skip
def test_a_crafted_run_json_is_one_line(tmp_path, text):
    run = RunFolder.create(tmp_path)
    run.write_config({})
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json: is") as error:
        run.read_config()
    assert len(str(error.value).splitlines()) == 1
    assert len(str(error.value)) < 300
