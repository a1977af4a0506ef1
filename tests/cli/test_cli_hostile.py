"""Runs that came from somewhere else: whatever stands in their files, one line and status 2."""

import itertools
import json
import math
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import Outcome, segue, write

from segue.data.source import Source
from segue.data.timetable import column_file
from segue.errors import SegueError
from segue.tasks import flow
from segue.tasks.artifact import artifact_bytes, read_artifact
from segue.training import RunFolder
from segue.training.weights import read_weights, weights_bytes

Made = tuple[Path, Path, Outcome]


class Parts:
    """What a finished run holds, to be put together again with some of it changed."""

    def __init__(self, files: Path | tuple[Path, ...], path: Path) -> None:
        run = RunFolder.open(path)
        self.files = (files,) if isinstance(files, Path) else files
        self.task, _ = flow.read_record(run)
        self.config: Any = run.read_config()
        self.artifact, weights = read_artifact(run, self.task.artifact)
        self.weights: Any = read_weights(weights, run.identity, "weights")

    def run(
        self, path: Path, config: Any = None, artifact: Any = None, weights: Any = None
    ) -> Path:
        """A run whose digests all fit."""
        shutil.rmtree(path, ignore_errors=True)
        run = RunFolder.create(path)
        run.write_config(self.config if config is None else config)
        content = weights_bytes(self.weights if weights is None else weights, run.identity)
        tree = self.artifact if artifact is None else artifact
        with run.ending() as end:
            end.write(run.weights_path.name, content)
            end.write(self.task.artifact, artifact_bytes(tree, run.identity, content))
        return path


@pytest.fixture(scope="session")
def series_parts(shops_run: Made) -> Parts:
    return Parts(*shops_run[:2])


@pytest.fixture(scope="session")
def text_parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("words")
    rows = "".join(f"a {word} film,{word}\n" for word in ("good", "bad") for _ in range(40))
    file = write(folder / "words.csv", "text,mood\n" + rows)
    words = ("--text", "text", "--label", "mood", "--hidden", "4", "--members", "1", "--epochs", 1)
    made = segue("train", "classify", file, *words, "--out", folder / "run")
    assert made.status == 0, made.err
    return Parts(file, folder / "run")


@pytest.fixture(scope="session")
def tag_parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("tags")
    file = write(folder / "questions.conll", column_file(40, seed=1))
    words = ("--intent", "intent", "--hidden", "4", "--characters", "4", "--epochs", "1")
    made = segue("train", "tag", file, *words, "--out", folder / "run")
    assert made.status == 0, made.err
    return Parts(file, folder / "run")


@pytest.fixture(scope="session")
def pair_parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    folder = tmp_path_factory.mktemp("pairs")
    german = itertools.product(("eins", "zwei", "drei"), repeat=3)
    lines = [" ".join(words) for words in german]
    words = {"eins": "one", "zwei": "two", "drei": "three"}
    files = (
        write(folder / "a.de", "".join(f"{line}\n" for line in lines)),
        write(
            folder / "a.en",
            "".join(f"{' '.join(map(words.get, line.split()))}\n" for line in lines),
        ),
    )
    quick = ("--hidden", "4", "--epochs", "1", "--source-unit", "token", "--target-unit", "token")
    made = segue("train", "translate", *files, *quick, "--out", folder / "run")
    assert made.status == 0, made.err
    return Parts(files, folder / "run")


def used(parts: Parts, path: Path) -> None:
    """Predict and evaluate with a run, at last for no file, which not every task does."""
    task, loaded = flow.load(RunFolder.open(path))
    source = Source.of(parts.files[0])
    list(flow.predict(task, loaded, source, task.about.predict(), lambda _: None))
    flow.evaluate(task, loaded, Source.of(*parts.files), lambda _: None)
    list(flow.predict(task, loaded, None, task.about.predict(), lambda _: None))


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all values of a tree; of a list the first one."""
    if path:
        yield path
    pairs = tree.items() if isinstance(tree, dict) else ()
    pairs = list(enumerate(tree))[:1] if isinstance(tree, list | tuple) else pairs
    for key, value in pairs:
        yield from places(value, (*path, key))


def replaced(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    parts = dict(tree) if isinstance(tree, dict) else dict(enumerate(tree))
    parts[path[0]] = replaced(parts[path[0]], path[1:], value)
    return parts if isinstance(tree, dict) else type(tree)(parts.values())


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def others(value: Any) -> Iterator[Any]:
    """What could stand in the place of a value."""
    yield from (None, -1, 2**70, "text", [], {"a": 1}, [1, [2]])
    if isinstance(value, list | tuple) and value:
        yield type(value)([*value, value[0]])
        yield type(value)(value[:-1])
    if isinstance(value, int):
        yield from (value + 1, 0)
    if isinstance(value, np.ndarray):
        yield from (value[:-1], value.reshape(-1), np.concatenate([value, value]))
        yield value.astype(np.float32 if value.dtype == np.float64 else np.float64)
        if value.dtype.kind == "f":
            yield from (value * math.nan, np.full_like(value, 3e38))
        else:
            yield from (value[::-1].copy(), np.full_like(value, -(2**63)), value - 10**17)


def faults(parts: Parts, path: Path, what: str) -> Iterator[str]:
    """Put other values into all places of one part of a run; what did not end in one line."""
    tree = getattr(parts, what)
    for place in places(tree):
        for value in others(at(tree, place)):
            try:
                used(parts, parts.run(path, **{what: replaced(tree, place, value)}))
            except SegueError as error:
                if len(str(error).splitlines()) != 1 or len(str(error)) > 600:
                    yield f"{place} {value}: {error}"
            except Exception as error:
                yield f"{place} {value}: {error!r}"


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
def test_any_value_in_the_history_is_refused_in_one_line_or_used(
    shops_run: Made, tmp_path: Path
) -> None:
    file, run, _ = shops_run
    assert list(faults(Parts(file, run), tmp_path / "run", "artifact")) == []


@pytest.mark.parametrize("kind", ["text", "tag", "pair"])
def test_any_value_in_a_vocabulary_is_refused_in_one_line_or_used(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    parts = request.getfixturevalue(f"{kind}_parts")
    assert list(faults(parts, tmp_path / "run", "artifact")) == []


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@pytest.mark.parametrize("kind", ["series", "text", "tag", "pair"])
def test_any_value_in_config_json_is_refused_in_one_line_or_used(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    parts = request.getfixturevalue(f"{kind}_parts")
    assert list(faults(parts, tmp_path / "run", "config")) == []


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("frequency", "step"), -1, "frequency: a step of -1 day is out of bounds"),
        (("frequency", "step"), 10**9, "frequency: a step of 1000000000 day is out of bounds"),
        (("cuts", 0, "validation"), "soon", "cuts.0: is not at a time"),
        (("cuts", 0, "test"), "2024-13-01", "cuts.0: is not at a time"),
        (("model", "vocabulary", "series"), [], "model.vocabulary.series: tuple should have"),
        (("model", "targets"), 3, "model: does not fit the columns"),
        (("model", "cell"), "grue", "model.cell: 'grue' is none of antisymmetric, cornn,"),
        (("model", "shape", "horizon"), 8, "model.shape.horizon: is not that of the settings"),
        (("columns", "known"), [], "model: does not fit the columns"),
    ],
)
def test_a_config_json_whose_parts_do_not_agree(
    place: tuple[Any, ...], value: Any, says: str, shops_run: Made, tmp_path: Path
) -> None:
    parts = Parts(*shops_run[:2])
    run = parts.run(tmp_path / "run", config=replaced(parts.config, place, value))
    for words in (("predict", run), ("evaluate", run, shops_run[0]), ("train", "--resume", run)):
        refused(segue(*words), f"{run}/config.json: {says}")


@pytest.mark.parametrize("kind", ["series", "text", "tag", "pair"])
def test_a_config_json_of_too_many_weights(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    parts = request.getfixturevalue(f"{kind}_parts")
    large = replaced(replaced(parts.config, ("model", "hidden"), 8192), ("model", "layers"), 64)
    run = parts.run(tmp_path / "run", config=large)
    refused(segue("predict", run, parts.files[0]), f"{run}/config.json: model: the model would ")


def test_a_run_that_names_a_pipe_as_its_data_is_no_wait(daily_run: Made, tmp_path: Path) -> None:
    parts, pipe = Parts(*daily_run[:2]), tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (pipe, Path("/dev/zero")):
        config = replaced(parts.config, ("data", "file"), str(name))
        run = parts.run(tmp_path / "run", config=config)
        refused(segue("train", "--resume", run), f"{name}: is no file, {run} cannot be trained")


def test_a_score_beside_a_run_that_names_a_pipe_waits_for_none(
    text_parts: Parts, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in (pipe, Path("/dev/zero")):
        config = replaced(text_parts.config, ("data", "file"), str(name))
        run = text_parts.run(tmp_path / "run", config=config)
        scored = segue("evaluate", run, text_parts.files[0], "--json")
        assert "the data of the training are gone or have changed" in scored.err
        assert set(json.loads(scored.out)["baselines"]) == {"most frequent class"}


def test_an_encoding_that_nobody_has(pair_parts: Parts, tmp_path: Path) -> None:
    config = replaced(pair_parts.config, ("settings", "encoding"), "zip")
    run = pair_parts.run(tmp_path / "run", config=config)
    refused(segue("evaluate", run, *pair_parts.files), "encoding: 'zip' is none of utf-8, ")
    words = ("--encoding", "rot13", "--out", tmp_path / "new")
    made = segue("train", "translate", *pair_parts.files, *words)
    refused(made, "encoding: 'rot13' is none of utf-8, ")


def refused(outcome: Outcome, says: str) -> None:
    assert (outcome.status, outcome.out) == (2, "")
    (line,) = outcome.err.splitlines()
    assert line.startswith(f"error: {says}"), line


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_weights_that_are_not_finite_are_named(
    value: float, daily_run: Made, text_parts: Parts, tmp_path: Path
) -> None:
    for parts in (Parts(*daily_run[:2]), text_parts):
        name, weight = next(
            (n, w.clone()) for n, w in parts.weights.items() if w.dim() == 2 and len(w) > 1
        )
        weight[1, 0] = value
        run = parts.run(tmp_path / "run", weights={**parts.weights, name: weight})
        says = f"{run}/weights.safetensors: {name}[1, 0] is {value}: train again"
        refused(segue("predict", run, parts.files[0]), says)
        refused(segue("evaluate", run, parts.files[0]), says)


def test_finite_weights_that_give_no_numbers(daily_run: Made, tmp_path: Path) -> None:
    parts = Parts(*daily_run[:2])
    large = {n: torch.full_like(w, 3e38) for n, w in parts.weights.items() if "embed" in n}
    run = parts.run(tmp_path / "run", weights={**parts.weights, **large})
    refused(segue("predict", run), f"{run}: its forecasts are not finite numbers; train again")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '{"task": ' + "[" * 10**6])
@pytest.mark.parametrize("known", [True, False])
def test_a_config_json_nested_without_end(text: str, known: bool, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path / "run")
    run.write_config({})
    manifest = run.path / "run.json"
    if known:
        from segue.training.manifest import sha256

        digest = sha256(text.encode())
        manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"config": digest}))
    else:
        manifest.unlink()
    run.config_path.write_text(text)
    file = write(tmp_path / "a.csv", "a,b\n1,2\n")
    for words in (
        ("predict", run.path),
        ("evaluate", run.path, file),
        ("train", "--resume", run.path),
    ):
        refused(segue(*words), f"{run.config_path}: cannot be read")
