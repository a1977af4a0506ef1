"""`segue bench`: laws before figures, and one line for what cannot be."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from segue.bench import run
from segue.bench.configs import CELLS, CONFIGS
from segue.bench.peers import PEERS
from segue.bench.processes import Child, cores
from segue.cli.main import main
from segue.engine import laws
from segue.engine.laws import LawViolation
from segue.engine.step.cell import Cell

Captured = pytest.CaptureFixture[str]
Command = Callable[..., tuple[int, str, str]]
WITHOUT = [word for peer in PEERS for word in ("--without", peer.name) if peer.name != "torch.nn"]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: Captured) -> Command:
    monkeypatch.setattr("signal.signal", lambda number, handler: None)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["segue", "bench", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        status = stop.value.code or 0
        assert isinstance(status, int)
        return status, *capfd.readouterr()

    return call


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--only", "huge"), "--only huge: there is none; choose from single, small, long"),
        (("--cells", "mamba"), "--cells mamba: there is none; choose from lstm, gru, rnn"),
        (("--without", "numpy"), "--without numpy: there is none; choose from torch.nn"),
        (("--threads", "4096"), f"--threads 4096: this machine lends {len(cores())}; ask for 1"),
        (("--threads", "0"), "Invalid value for '--threads': Input should be greater"),
        (("--threads", "two"), "Invalid value for '--threads': Input should be a valid int"),
        (("--json", "/no/such/folder/f.json"), "--json /no/such/folder/f.json: no file can be"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    command: Command, words: Sequence[str], line: str
) -> None:
    status, out, err = command(*words)
    assert (status, out) == (2, "")
    assert err.startswith(f"error: {line}")
    assert err.count("\n") == 1


def test_the_help_names_what_can_be_chosen(command: Command) -> None:
    status, out, _ = command("--help")
    words = set(out.replace(",", " ").replace(";", " ").split())
    assert status == 0
    assert {config.name for config in CONFIGS} | set(CELLS) <= words


def test_no_figure_while_a_law_fails(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(cell: Cell) -> None:
        if cell.name == "gru":
            raise LawViolation("gru breaks the law that there are laws")

    def never(module: str, threads: int, first: object) -> None:
        raise AssertionError("it measures")

    monkeypatch.setattr(laws, "check", broken)
    monkeypatch.setattr(run, "Child", never)
    status, out, err = command("--quick", "--threads", "1", "--json", str(tmp_path / "f.json"))
    assert (status, out) == (1, "")
    last = err.splitlines()[-1]
    assert last == "error: no figures while a law fails: gru breaks the law that there are laws"
    assert not (tmp_path / "f.json").exists()


def test_the_laws_are_those_of_the_cells_that_are_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = []
    monkeypatch.setattr(laws, "check", lambda cell: checked.append(cell.name))
    run.check_laws(["rnn", "lstm"])
    assert checked == ["rnn", "lstm"]


def test_a_quick_measurement_runs_from_end_to_end(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(laws, "check", lambda cell: None)
    words = ("--quick", "--only", "small", "--cells", "rnn", "--threads", "1", *WITHOUT)
    status, out, err = command(*words, "--json", str(tmp_path / "f.json"))
    assert status == 0, err
    assert "the laws hold for rnn" in err
    assert "rnn, forward + backward" in out
    document = json.loads((tmp_path / "f.json").read_text())
    for row in document["rows"]:
        # Whether the machine was at rest is not ours to say: figures, or the reason for none.
        assert (row["disturbance"] is None) == bool(row["timings"])
    assert [row["pass"] for row in document["rows"]] == ["forward", "forward + backward"]


def test_a_cell_that_is_not_there_is_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(laws, "check", lambda cell: None)
    monkeypatch.setattr(run, "find", lambda name: None)
    monkeypatch.setattr(run, "_measured", lambda report, *given: report)
    said: list[str] = []
    options = run.Options(threads=(1,), cells=("lstm_layer_norm",))
    found = run.run(options, said.append, lambda report: None)
    line = "lstm_layer_norm is left out: the package has no such cell"
    assert line in said
    assert line in found.absent
    assert found.complete


def test_a_process_that_ends_is_said() -> None:
    child = Child("segue.bench.worker", 1, {})
    try:
        with pytest.raises(run.BenchError, match="the process that measures ended"):
            run._received(child)
    finally:
        child.close()
    assert child.process.poll() is not None
