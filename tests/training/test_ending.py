"""What a run's end writes becomes visible as one, whatever happens meanwhile."""

import os

import pytest
from line_task import Losses, line_model, rows, train
from test_identity import without_identity

from segue.errors import RunError
from segue.training import RunFolder, Silent, TrainConfig, fit
from segue.training.ending import settle
from segue.training.files import write_whole

OLD = {"weights.safetensors": b"old weights", "report.html": b"old report"}
NEW = {"weights.safetensors": b"new weights", "report.html": b"new report"}


def begun(path):
    run = RunFolder.create(path)
    run.write_config({"task": "forecast"})
    return run


def end(run, files):
    with run.ending() as ending:
        for name, data in files.items():
            ending.write(name, data)


def found(run):
    return dict(zip(OLD, run.read(*OLD), strict=True))


def test_files_are_visible_together(tmp_path):
    run = begun(tmp_path)
    with run.ending() as ending:
        ending.write("weights.safetensors", b"1")
        assert not run.finished
        with pytest.raises(RunError, match="its training has not finished: segue train --resume"):
            run.read("weights.safetensors")
        assert not run.weights_path.exists()
        ending.write("report.html", b"2")
    assert run.finished
    assert run.read("weights.safetensors", "report.html") == [b"1", b"2"]
    assert [run.weights_path.read_bytes(), run.report_path.read_bytes()] == [b"1", b"2"]
    assert len(list(tmp_path.iterdir())) == 4
    assert run.identity == RunFolder(tmp_path).identity


def test_an_error_leaves_the_end_before_it(tmp_path):
    run = begun(tmp_path)
    end(run, OLD)
    before = sorted(p.name for p in tmp_path.iterdir())
    with pytest.raises(TypeError):
        end(run, NEW | {"report.html": None})
    assert found(run) == OLD
    assert sorted(p.name for p in tmp_path.iterdir()) == before


@pytest.mark.parametrize("place", range(24))
def test_a_kill_at_any_call_leaves_one_of_the_two(tmp_path, place):
    run = begun(tmp_path)
    end(run, OLD)
    pid = os.fork()
    if not pid:
        die_at(place)
        end(run, NEW)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    seen = found(run)
    assert seen in (OLD, NEW)
    assert seen == NEW or status
    settle(tmp_path)
    assert found(run) == seen
    assert {name: (tmp_path / name).read_bytes() for name in seen} == seen
    assert not list(tmp_path.glob(".*"))
    end(run, NEW)
    assert found(run) == NEW


def die_at(place):
    """Die before the call of that number of those that the end depends on."""
    left = [place]

    def counted(function):
        def wrapper(*given, **named):
            if not left[0]:
                os._exit(1)
            left[0] -= 1
            return function(*given, **named)

        return wrapper

    for name in ("open", "fsync", "replace", "unlink"):
        setattr(os, name, counted(getattr(os, name)))


@pytest.mark.parametrize("call", [1, 2, 3, 5])
def test_a_full_disk_leaves_the_end_before_it(tmp_path, monkeypatch, call):
    run = begun(tmp_path)
    end(run, OLD)
    left, real = [call], os.fsync

    def full(handle):
        left[0] -= 1
        if not left[0]:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        end(run, NEW)
    monkeypatch.undo()
    assert found(run) in (OLD, NEW)
    assert found(run) == OLD or call > 3


def test_a_file_that_was_changed_or_is_gone_is_named(tmp_path):
    run = begun(tmp_path)
    end(run, OLD)
    run.report_path.write_bytes(b"other")
    with pytest.raises(RunError, match=r"report\.html: is not what the training wrote"):
        run.read("report.html")
    run.report_path.unlink()
    with pytest.raises(RunError, match=r"report\.html: is missing"):
        run.read("report.html")
    with pytest.raises(RunError, match=r"extra\.json: was not written by this training"):
        run.read("extra.json")


def test_a_run_of_the_version_before_is_read_as_it_lies(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    run = RunFolder.open(tmp_path)
    with pytest.raises(RunError, match="has not finished"):
        run.read("weights.safetensors")
    run.weights_path.write_bytes(b"w")
    assert run.read("weights.safetensors") == [b"w"]
    assert RunFolder(run.copy(tmp_path / "copy").path).read("weights.safetensors") == [b"w"]


def test_a_run_of_the_version_before_ends_and_is_resumed(tmp_path):
    run = begun(tmp_path)
    fitted(run, 3.0, 2.0, epochs=2, resume=False)
    without_identity(run)
    fitted(run, 1.0, epochs=3, resume=True)
    end(run, OLD)
    assert (found(run), run.identity, run.read_config()) == (OLD, None, {"task": "forecast"})
    fitted(run, epochs=3, resume=True)
    assert found(run) == OLD
    run.config_path.write_text("{}")
    with pytest.raises(RunError, match=r"config\.json: is not what the training wrote"):
        fitted(run, epochs=3, resume=True)


def test_a_copy_is_whole(tmp_path):
    run = begun(tmp_path / "run")
    with pytest.raises(RunError, match="has not finished"):
        run.copy(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    end(run, OLD)
    copy = run.copy(tmp_path / "copy")
    assert found(copy) == OLD
    assert (copy.read_config(), copy.identity) == (run.read_config(), run.identity)
    with pytest.raises(RunError, match="holds a run already"):
        run.copy(tmp_path / "copy")


def fitted(run, *losses, epochs, resume):
    from torch.optim import SGD

    model = line_model()
    with run.locked():
        return fit(
            model, Losses(*losses), rows(), SGD(model.parameters(), 0.05),
            config=TrainConfig(epochs=epochs, tensorboard=False), run=run, progress=Silent(),
            resume=resume,
        )  # fmt: skip


def test_a_finished_run_stays_as_it_is_while_it_is_resumed(tmp_path):
    run = begun(tmp_path)
    fitted(run, 3.0, 2.0, epochs=2, resume=False)
    end(run, OLD)
    fitted(run, epochs=2, resume=True)  # there is nothing left to train
    assert found(run) == OLD
    fitted(run, 1.0, epochs=3, resume=True)  # a new best epoch
    assert found(run) == OLD


@pytest.mark.parametrize("damage", ["gone", "damaged"])
def test_a_resumption_that_fails_touches_nothing(tmp_path, damage):
    run = begun(tmp_path)
    fitted(run, 3.0, 2.0, epochs=2, resume=False)
    end(run, OLD)
    for path in run.checkpoints_path.iterdir():
        path.write_bytes(b"") if damage == "damaged" else path.unlink()
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match="checkpoint"):
        fitted(run, epochs=2, resume=True)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert found(run) == OLD


def test_the_best_weights_of_fit_alone_are_put_back(tmp_path):
    _, _, run = train(tmp_path)
    before = run.weights_path.read_bytes()
    write_whole(run.weights_path, b"torn")
    train(tmp_path)
    assert run.weights_path.read_bytes() == before
