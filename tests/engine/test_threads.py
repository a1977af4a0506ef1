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


def test_a_team_that_fares_badly_is_tried_again_later_and_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(threads.time, "perf_counter", lambda: now)
    made = threads._Crowd()
    assert made.is_over()
    waits = []
    for _ in range(9):
        made.note(seconds=0.004, of_processors=0.005)
        assert not made.is_over()
        waits.append(made.until - now)
        now = made.until
        assert made.is_over()
    assert waits[:3] == pytest.approx([0.01, 0.02, 0.04])
    assert waits[-1] == pytest.approx(threads._Crowd.longest)
    for _ in range(9):
        made.note(seconds=0.004, of_processors=0.0078)
        assert made.is_over()
    made.note(seconds=0.004, of_processors=0.005)
    assert made.until - now == pytest.approx(threads._Crowd.first)


def test_a_run_too_short_to_tell_tells_nothing() -> None:
    made = threads._Crowd()
    made.note(seconds=0.0001, of_processors=0.0001)
    assert made.is_over()
