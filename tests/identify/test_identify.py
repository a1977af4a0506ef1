"""`segue train identify` and what follows, on systems that are simulated here."""

import json
from pathlib import Path

import numpy as np
import pytest

from segue.data import arx
from segue.data.array_tables import read_any_table
from segue.data.experiments import experiments_of, period_of
from segue.data.ragged import Ragged
from segue.data.source import Source
from segue.data.tables import table_from_frame
from segue.errors import DataError, OptionError
from segue.tasks import flow
from segue.tasks.registry import named
from segue.training import RunFolder, Silent

TASK = named("identify")
QUICK = {"hidden": 8, "epochs": 10, "input": ("u",), "output": ("y", "z")}


def system(samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A lightly damped system with a saturated output beside a linear one."""
    chance = np.random.default_rng(seed)
    u = np.repeat(chance.normal(size=samples // 5 + 1), 5)[:samples]
    h, rows = np.zeros(2), []
    for x in u:
        rows.append([np.tanh(2 * h[0]), h[1]])
        h = np.array([[0.9, 0.3], [-0.3, 0.9]]) @ h * 0.95 + np.array([0.0, 0.3]) * x
    return u, np.array(rows)


def written(path: Path, samples: int = 900, seed: int = 0) -> Path:
    u, y = system(samples, seed)
    lines = [f"{0.1 * t:.1f},{u[t]:.6f},{y[t, 0]:.6f},{y[t, 1]:.6f}" for t in range(samples)]
    path.write_text("\n".join(["t,u,y,z", *lines]) + "\n")
    return path


@pytest.fixture(
    scope="module", params=[{}, {"encoder": 8}, {"one_step": True}, {"learned_start": True}]
)
def run(request, tmp_path_factory):  # type: ignore[no-untyped-def]
    """Each way in which a record can begin."""
    folder = tmp_path_factory.mktemp("identify")
    asked = TASK.about.settings.of({**QUICK, "time": "t", **request.param})
    file = written(folder / "rows.csv")
    return flow.train(TASK, Source.of(file), asked, folder / "run", Silent()), file


def test_the_model_beats_the_linear_one_and_line_by_line_equals_a_file(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    trained, _ = run
    assert trained.scores.beats, trained.scores.verdict
    assert trained.scores.by_output["linear (ARX)"]["z"][1] > 85  # FIT: this output is linear
    _, loaded = flow.load(RunFolder.open(trained.run.path))
    file, asked = written(tmp_path / "new.csv", 60, seed=5), trained.record.settings
    text = "".join(flow.predict(TASK, loaded, Source.of(file), TASK.about.predict(), print))
    rows = [line.split(",") for line in text.splitlines()]
    assert rows[0] == ["experiment", "row", "y", "z"]
    answer = TASK.stream(loaded, TASK.about.predict())
    u, y = system(60, seed=5)
    lines = []
    for t in range(60):
        measured = [*y[t]] if t < asked.encoder else []
        if asked.one_step:
            measured = [*y[t - 1]] if t else []
        if asked.one_step and not t:
            continue
        lines.append(answer(",".join(map(str, [u[t], *measured]))))
    simulated = np.array([list(map(float, row[2:])) for row in rows[1:]])
    spoken = np.array([list(map(float, line.split(","))) for line in lines])[asked.encoder :]
    np.testing.assert_allclose(simulated, spoken, rtol=1e-3, atol=1e-4)


def test_a_score_of_new_rows_is_what_the_outputs_say(run, tmp_path) -> None:  # type: ignore[no-untyped-def]
    trained, _ = run
    _, loaded = flow.load(RunFolder.open(trained.run.path))
    scores, prepared = flow.evaluate(
        TASK, loaded, Source.of(written(tmp_path / "b.csv", 300, 3)), print
    )
    truth, said = scores.truth[0][:, 0], scores.simulated[scores.model.name][0][:, 0]
    rmse = float(np.sqrt(np.mean((truth - said) ** 2)))
    assert scores.by_output[scores.model.name]["y"][0] == pytest.approx(rmse)
    assert scores.extent()["left_out"] == prepared.training.washout + prepared.config.encoder
    page = (trained.run.path / "report.html").read_text()
    assert all(
        word in page for word in ("Autocorrelation", "Gain from u to z", "after a step of u")
    )


def test_a_training_that_is_repeated_ends_in_the_same_bits(run) -> None:  # type: ignore[no-untyped-def]
    trained, file = run
    if not trained.record.settings.encoder:
        return  # once is enough
    asked, folder = trained.record.settings, trained.run.path.with_name("again")
    again = flow.train(TASK, Source.of(file), asked, folder, Silent())
    ours, theirs = (
        flow.load(RunFolder.open(each.run.path))[1].model.state_dict() for each in (trained, again)
    )
    assert all(bool((ours[name] == theirs[name]).all()) for name in ours)


def test_arx_finds_a_linear_system_and_its_state() -> None:
    chance = np.random.default_rng(0)
    a = np.array([[0.8, 0.2], [-0.2, 0.7]])
    true = arx.StateSpace(a, np.array([[1.0], [0.5]]), np.array([[1.0, -1.0]]), np.array([[0.3]]))
    u = chance.normal(size=(400, 1))
    h, y, states = np.zeros(2), [], []
    for x in u:
        states.append(h)
        y.append(true.c @ h + true.d @ x)
        h = true.a @ h + true.b @ x
    records = Ragged.of([u]), Ragged.of([np.array(y)])
    found = arx.fit(records, records, told=0, feedback=True)
    assert found.error < 1e-4
    told = np.concatenate([u[100:120], np.array(y)[100:120]], 1).reshape(-1)
    estimate = arx.observer(true, 20) @ told
    np.testing.assert_allclose(estimate, states[120], atol=5e-3)
    finite = arx.fit(records, records, told=40, feedback=False)
    assert np.abs(np.linalg.eigvals(finite.system.a)).max() < 1


DEFECTS = {
    "constant": ({"u": [1.0] * 200}, "constant"),
    "missing": ({"y": [*[0.5] * 99, None, *[0.4] * 100]}, "row 99"),
    "jump": ({"t": [*range(100), *range(150, 250)]}, "sampling time jumps"),
    "still": ({"t": [0.0] * 200}, "does not rise"),
    "no column": ({"z": None}, "no column 'z'"),
    "torn": ({"e": [*["a"] * 50, *["b"] * 100, *["a"] * 50]}, "begins again"),
}


@pytest.mark.parametrize("case", DEFECTS)
def test_a_defect_is_a_line_with_its_place(case: str) -> None:
    polars = pytest.importorskip("polars")
    changed, words = DEFECTS[case]
    u, y = system(200)
    columns = {"t": np.arange(200.0), "u": u, "y": y[:, 0], "z": y[:, 1], "e": ["a"] * 200}
    columns = {
        name: values for name, values in {**columns, **changed}.items() if values is not None
    }
    settings = TASK.about.settings.of({**QUICK, "time": "t", "experiment": "e"})
    with pytest.raises(DataError, match=words) as found:
        flow.prepare(TASK, Source.of_frame(polars.DataFrame(columns)), settings)
    assert "\n" not in str(found.value)


def test_settings_that_exclude_one_another_are_refused() -> None:
    with pytest.raises(OptionError, match="exclude one another"):
        TASK.about.settings.of({**QUICK, "encoder": 3, "one_step": True})
    with pytest.raises(OptionError, match="named twice"):
        TASK.about.settings.of({**QUICK, "output": ("u",)})


def test_matlab_files_of_both_kinds_are_tables(tmp_path: Path) -> None:
    h5py, scipy = pytest.importorskip("h5py"), pytest.importorskip("scipy.io")
    u, y = system(50)
    scipy.savemat(tmp_path / "five.mat", {"u": u, "y": y, "note": "text"})
    with h5py.File(tmp_path / "seven.mat", "w") as file:
        file["u"], file["y"] = u[None], y.T
    for name in ("five", "seven"):
        table = read_any_table(tmp_path / f"{name}.mat")
        assert table.frame.columns == ["u", "y_1", "y_2"]
        np.testing.assert_array_equal(table.frame["y_2"].to_numpy(), y[:, 1])
    scipy.savemat(tmp_path / "uneven.mat", {"u": u, "y": y[:-1]})
    (tmp_path / "broken.mat").write_bytes(b"MATLAB 7.3" + bytes(600))
    (tmp_path / "other.mat").write_bytes(bytes(range(256)) * 4)
    for name, words in (("uneven", "one length"), ("broken", "damaged"), ("other", "damaged")):
        with pytest.raises(DataError, match=words):
            read_any_table(tmp_path / f"{name}.mat")


def test_experiments_never_cross_the_parts() -> None:
    polars = pytest.importorskip("polars")
    called = np.repeat([f"e{k}" for k in range(7)], 30)
    frame = polars.DataFrame(
        {"e": called, "u": np.arange(210.0), "y": np.arange(210.0), "t": np.tile(np.arange(30), 7)}
    )
    table = table_from_frame(frame)
    whole = experiments_of(table, ["u"], ["y"], experiment="e")
    assert period_of(table, "t", "e") == 1
    left, held = whole.held_back(0.3, seed=0)
    assert len(held) == 2
    assert not set(left.names) & set(held.names)
    assert json.dumps(sorted({*left.names, *held.names})) == json.dumps(sorted(set(called)))
