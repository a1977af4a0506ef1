"""A run folder loses nothing that is there."""

import pytest

from segue.errors import RunError
from segue.training import RunFolder


def test_create_write_open(tmp_path):
    run = RunFolder.create(tmp_path / "a" / "run")
    run.write_config({"task": "forecast", "name": "Zürich"})
    assert RunFolder.open(tmp_path / "a" / "run").read_config() == {
        "task": "forecast",
        "name": "Zürich",
    }
    assert sorted(p.name for p in run.path.iterdir()) == ["config.json", "run.json"]


def test_an_empty_folder_is_taken(tmp_path):
    RunFolder.create(tmp_path)


def test_a_folder_whose_first_file_was_torn_is_taken(tmp_path):
    (tmp_path / ".config.json.tmp").write_text("{")
    RunFolder.create(tmp_path).write_config({})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["config.json", "run.json"]


def test_an_existing_run_is_refused_unless_resumed(tmp_path):
    RunFolder.create(tmp_path).write_config({"a": 1})
    with pytest.raises(RunError, match="holds a run already"):
        RunFolder.create(tmp_path)
    assert RunFolder.create(tmp_path, resume=True).read_config() == {"a": 1}


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_something_else_is_refused(tmp_path, resume):
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(RunError, match="not empty and not a run"):
        RunFolder.create(tmp_path, resume=resume)


def test_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("!")
    with pytest.raises(RunError, match="is a file"):
        RunFolder.create(tmp_path / "file")


def test_a_folder_below_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("!")
    with pytest.raises(RunError, match="cannot be made"):
        RunFolder.create(tmp_path / "file" / "run")


def test_what_is_no_run_cannot_be_opened(tmp_path):
    with pytest.raises(RunError, match="no such folder"):
        RunFolder.open(tmp_path / "missing")
    with pytest.raises(RunError, match=r"no config\.json"):
        RunFolder.open(tmp_path)


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_damaged_config_is_one_line(tmp_path, text):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(RunError, match=r"config\.json") as error:
        RunFolder.open(tmp_path).read_config()
    assert "\n" not in str(error.value)


def test_a_config_that_is_not_json_is_not_written(tmp_path):
    run = RunFolder.create(tmp_path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_config({"a": float("nan")})
    assert not run.exists


def test_metrics_leave_out_a_torn_last_line(tmp_path):
    run = RunFolder.create(tmp_path)
    assert run.metrics() == []
    run.metrics_path.write_bytes(b'{"step": 1}\n{"step": 2}\n{"st')
    assert run.metrics() == [{"step": 1}, {"step": 2}]


def test_damaged_metrics_are_named_by_line(tmp_path):
    run = RunFolder.create(tmp_path)
    run.metrics_path.write_bytes(b'{"step": 1}\n???\n')
    with pytest.raises(RunError, match=r"metrics\.jsonl:2"):
        run.metrics()


def test_a_file_system_without_locks_is_noted(tmp_path, monkeypatch, capsys):
    def unsupported(handle, operation):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", unsupported)
    with RunFolder.create(tmp_path).locked():
        pass
    assert "cannot be locked (Function not implemented)" in capsys.readouterr().err


def test_two_trainings_in_one_folder_are_refused(tmp_path):
    run = RunFolder.create(tmp_path)
    with (
        run.locked(),
        pytest.raises(RunError, match="another process"),
        RunFolder(tmp_path).locked(),
    ):
        pass
    with run.locked():
        pass
