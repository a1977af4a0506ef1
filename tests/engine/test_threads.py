"""On how many threads kernels run, which no bit of a result depends on."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from segue import cells
from segue.engine.cpu import threads
from segue.engine.cpu.kernel import _Parts
from segue.engine.plan.loop import Course
from segue.nn import Recurrent


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


class Library:
    """The OpenMP runtime, which tells the sizes of its teams."""

    def __init__(self) -> None:
        self.real = threads._parallel()
        self.teams: list[int] = []

    def GOMP_parallel(self, worker: int, words: int, count: int, flags: int) -> None:
        self.teams.append(count)
        assert self.real is not None
        self.real.GOMP_parallel(worker, words, count, flags)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    seen = Library()
    if seen.real is None:
        pytest.skip("no OpenMP runtime")
    monkeypatch.setattr(threads, "_parallel", lambda: seen)
    return seen


def crowd(monkeypatch: pytest.MonkeyPatch, *, until: float) -> threads._Crowd:
    """Processors that are taken, or free, whatever is seen of them."""
    made = threads._Crowd()
    made.until = until
    made.enough = 0.0
    monkeypatch.setattr(threads, "_CROWD", made)
    return made


def trained(rows: int, size: int) -> list[Tensor]:
    torch.manual_seed(0)
    layer = Recurrent(cells.lstm_layer_norm, size, size)
    x = torch.randn(50, rows, size, requires_grad=True)
    y, state = layer(x, None, torch.arange(rows) % 51)
    leaves = [x, *layer.parameters()]
    return [y, *state, *torch.autograd.grad(y.square().sum(), leaves)]


def test_small_work_is_for_one_thread(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(monkeypatch, until=0)
    trained(rows=4, size=8)
    assert library.teams == []
    trained(rows=32, size=48)
    assert set(library.teams) == {2}


def test_a_crowd_changes_who_computes_and_no_bit(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(monkeypatch, until=0)
    by_two = trained(rows=33, size=48)
    assert library.teams
    library.teams.clear()
    crowd(monkeypatch, until=float("inf"))
    by_one = trained(rows=33, size=48)
    assert library.teams == []
    assert all(torch.equal(a, b) for a, b in zip(by_one, by_two, strict=True))


def test_how_work_is_cut_depends_on_its_size_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for until in (0, float("inf")):
        crowd(monkeypatch, until=until)
        assert _Parts.of(Course(10, 8), flops=1 << 10).count == 1
        assert _Parts.of(Course(1000, 8), flops=1 << 10).count == 2
        assert _Parts.of(Course(100000, 1), flops=1 << 10).count == 1


def test_a_team_that_fares_badly_is_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now)
    made = threads._Crowd()
    for seconds, pause in ((0.025, 0.5), (0.04, 0.8), (3.0, 1.0)):
        assert made.is_over()
        made.note(seconds, of_processors=1.9 * seconds)
        assert made.is_over()
        made.note(seconds, of_processors=1.2 * seconds)
        assert not made.is_over()
        assert made.until - now == pytest.approx(pause)
        now = made.until


def test_short_runs_are_judged_together() -> None:
    """The time of the other threads comes in ticks: none in most runs, four milliseconds in one."""
    made = threads._Crowd()
    for run in range(392):
        made.note(seconds=0.0005, of_processors=0.0005 + (0.004 if run % 8 == 7 else 0))
        assert made.is_over()
    for _ in range(60):
        made.note(seconds=0.0005, of_processors=0.0005)
    assert not made.is_over()
