"""The house rules that a machine can check: import direction, budgets, nothing unsafe."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from segue.tasks.registry import TASKS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "segue"
FLOORS = ("engine", "cells", "nn", "data", "training", "insight", "tasks", "bench", "cli")
ROOMS = ("step", "plan", "cpu", "run", "laws", "explain")  # of the engine
PROCESSORS = {"cpu"}  # rooms that know one
ASKS_THEM = "run/processors.py"  # the only place that does
FILE_LINES, FUNCTION_LINES = 400, 60

SOURCES = sorted(PACKAGE.rglob("*.py"))
EVERY_FILE = sorted(
    path for top in ("src", "tests", "benchmarks", "tools") for path in (ROOT / top).rglob("*.py")
)


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def floor(parts: tuple[str, ...]) -> str | None:
    return parts[0] if parts and parts[0] in FLOORS else None


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_folder_imports_only_from_those_below_it(path: Path) -> None:
    here = floor(path.relative_to(PACKAGE).parts)
    if here is None:
        return
    for name in imported(ast.parse(path.read_text())):
        there = floor(tuple(name.split(".")[1:])) if name.startswith("segue.") else None
        if there is not None:
            assert FLOORS.index(there) <= FLOORS.index(here), f"{here}/ imports {name}"
        assert name.split(".")[:2] != ["segue", "Forecaster"], "import the module, not the facade"


def test_every_folder_has_its_floor() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders == set(FLOORS)


ENGINE = [path for path in SOURCES if path.is_relative_to(PACKAGE / "engine")]


def room(name: str) -> str | None:
    """The engine's room that a module, or what is imported of it, lies in."""
    parts = name.split(".")
    return parts[2] if parts[:2] == ["segue", "engine"] and len(parts) > 2 else None


def module(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@pytest.mark.parametrize("path", ENGINE, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_of_the_engine_imports_only_from_those_before_it(path: Path) -> None:
    here = room(module(path))
    if here is None:
        return
    for name in imported(ast.parse(path.read_text())):
        there = room(name)
        if there is None:
            continue
        assert ROOMS.index(there) <= ROOMS.index(here), f"{here}/ imports {name}"
        if there in PROCESSORS and here != there:
            assert path == PACKAGE / "engine" / ASKS_THEM, f"{name} is the processor's own"


def test_every_room_of_the_engine_is_known() -> None:
    found = {path.relative_to(PACKAGE / "engine").parts[0].removesuffix(".py") for path in ENGINE}
    assert found - {"__init__"} == set(ROOMS)


def test_no_modules_of_the_engine_import_one_another_in_a_circle() -> None:
    files = {module(path): path for path in ENGINE if path.name != "__init__.py"}
    graph = {}
    for name, path in files.items():
        found = set(imported(ast.parse(path.read_text())))
        graph[name] = (found | {each.rpartition(".")[0] for each in found}) & files.keys()
    TopologicalSorter(graph).prepare()  # raises CycleError, which names them


@pytest.mark.parametrize("path", EVERY_FILE, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            length = node.end_lineno - node.lineno + 1
            assert length <= FUNCTION_LINES, f"{node.name} has {length} lines"


UNSAFE_IMPORTS = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"}
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE_ATTRIBUTES = {("torch", "load"), ("torch", "save"), ("importlib", "import_module")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_unpickles_or_evaluates(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for name in imported(tree):
        assert name.split(".")[0] not in UNSAFE_IMPORTS, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in UNSAFE_CALLS, f"line {node.lineno}: {node.func.id}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            pair = (node.value.id, node.attr)
            assert pair not in UNSAFE_ATTRIBUTES, f"line {node.lineno}: {'.'.join(pair)}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_keyword_catch_all(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            name = getattr(node, "name", "lambda")
            # A cell's shapes and an estimator's settings are arguments that only they know.
            allowed = (path.name, name) in {
                ("cell.py", "__call__"),
                ("cell.py", "step"),
                ("beside.py", "observed"),
                ("factory.py", "__call__"),
                ("estimator.py", "__init__"),
                ("attention_decoder.py", "composed"),
            }
            assert node.args.kwarg is None or allowed, f"{name}(**{node.args.kwarg})"


def test_only_the_registry_names_a_task() -> None:
    tasks = {path.parent.name for path in (PACKAGE / "tasks").glob("*/task.py")}
    assert tasks == set(TASKS)
    shared = [
        path
        for path in (PACKAGE / "tasks").rglob("*.py")
        if path.name != "registry.py" and path.relative_to(PACKAGE / "tasks").parts[0] not in tasks
    ]
    for path in [*(PACKAGE / "cli").glob("*.py"), *shared, *(ROOT / "benchmarks").glob("*.py")]:
        tree = ast.parse(path.read_text())
        for name in imported(tree):
            assert not name.startswith(tuple(f"segue.tasks.{task}" for task in tasks)), path
        words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        assert not words & tasks, path


TASK_LINES = {"forecast": 5500}  # the first one, which holds what none other needs yet


def test_a_task_is_a_small_folder() -> None:
    for name in TASKS:
        files = (PACKAGE / "tasks" / name).rglob("*.py")
        lines = sum(len(path.read_text().splitlines()) for path in files)
        assert lines <= TASK_LINES.get(name, 1200), f"{name} has {lines} lines"


def test_the_core_needs_no_extra() -> None:
    heavy = ["polars", "pandas", "tensorboard", "typer", "jax", "onnxruntime"]
    code = f"import segue, sys; print([m for m in {heavy} if m in sys.modules])"
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"
