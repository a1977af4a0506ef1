"""Compiling, keeping on disk, threads, forks: what surrounds a kernel's numbers."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from random_loops import random_data, random_loop
from run_loop import run

from segue.engine.cpu import build, threads
from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.interpreted import Interpreted
from segue.engine.plan.loop import (
    Course,
    Fn,
    Form,
    Loop,
    Order,
    Pointwise,
    Product,
    Slice,
    Var,
)


def gated(size: int) -> Loop:
    """Three gates, one product."""
    x, h = Var("x", size), Var("h", size)
    u = Var("u", size, Form.MATRIX, size)
    p, a, y = Var("p", size), Var("a", size), Var("y", size)
    nodes = (Product(p, h, u), Pointwise(a, Fn.ADD, (p, x)), Pointwise(y, Fn.TANH, (a,)))
    return Loop("gated", torch.float32, (x,), (h,), (u,), nodes, (y,), (y,))


def arguments(size: int, steps: int, rows: int) -> tuple[list[torch.Tensor], ...]:
    draw = torch.Generator().manual_seed(0)
    xs = torch.randn(steps, rows, size, generator=draw)
    weight = torch.randn(size, size, generator=draw) / size**0.5
    return [xs], [torch.zeros(rows, size)], [weight]


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEGUE_CACHE", str(tmp_path))
    return tmp_path


def test_the_second_time_comes_from_disk(empty_cache: Path) -> None:
    assert not Kernel.of(gated(5)).from_disk
    assert Kernel.of(gated(5)).from_disk
    assert not Kernel.of(gated(6)).from_disk
    assert len(list(empty_cache.iterdir())) == 2


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "nothing but a digest", "folder"])
def test_a_damaged_file_is_written_again(empty_cache: Path, damage: str) -> None:
    Kernel.of(gated(5))
    (path,) = empty_cache.iterdir()
    whole = path.read_bytes()
    if damage == "folder":
        path.unlink()
        path.mkdir()
    else:
        flipped = whole[:200] + bytes([whole[200] ^ 1]) + whole[201:]
        path.write_bytes(
            {"empty": b"", "cut": whole[:-9], "flipped": flipped}.get(damage, whole[:32])
        )
    kernel = Kernel.of(gated(5))
    assert not kernel.from_disk
    assert len(list(empty_cache.iterdir())) == 1
    args = arguments(5, 3, 2)
    (found,), _ = run(kernel, *args, Course(3, 2))
    (truth,), _ = run(Interpreted(gated(5)), *args, Course(3, 2))
    torch.testing.assert_close(found, truth)
    if damage != "folder":
        assert path.read_bytes() == whole


def test_nowhere_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SEGUE_CACHE", str(tmp_path / "file" / "below"))
    assert not Kernel.of(gated(5)).from_disk


def test_many_compile_at_once(empty_cache: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        kernels = list(pool.map(lambda _: Kernel.of(gated(7)), range(8)))
    assert len(list(empty_cache.iterdir())) == 1
    args = arguments(7, 3, 2)
    (truth,), _ = run(Interpreted(gated(7)), *args, Course(3, 2))
    for kernel in kernels:
        torch.testing.assert_close(run(kernel, *args, Course(3, 2))[0][0], truth)


def test_code_depends_on_no_number_of_steps_or_rows() -> None:
    kernel = Kernel.of(gated(5))
    for steps, rows in ((0, 3), (3, 0), (1, 1), (2, 31), (40, 3)):
        args = arguments(5, steps, rows)
        found, truth = (
            run(each, *args, Course(steps, rows)) for each in (kernel, Interpreted(gated(5)))
        )
        torch.testing.assert_close(found, truth)


@pytest.mark.parametrize("count", [2, 3])
def test_threads_give_the_same_numbers(count: int) -> None:
    before = torch.get_num_threads()
    try:
        for seed in range(4):
            loop = random_loop(seed, torch.float32)
            data = random_data(loop, seed, 5, 11).to(torch.float32)
            kernel = Kernel.of(loop)
            given = (data.streams, data.carries, data.params, data.course)
            torch.set_num_threads(1)
            outs, last = run(kernel, *given)
            torch.set_num_threads(count)
            found, found_last = run(kernel, *given)
            rows = len(loop.outs)  # totals come after them, each thread's part summed apart
            for exact, alone in ((found[:rows], outs[:rows]), (found_last, last)):
                torch.testing.assert_close(exact, alone, rtol=0, atol=0)
            torch.testing.assert_close(found[rows:], outs[rows:], rtol=1e-4, atol=1e-4)
    finally:
        torch.set_num_threads(before)


def test_a_row_has_the_same_bits_in_any_batch() -> None:
    kernel = Kernel.of(gated(19))
    (xs,), (h,), params = arguments(19, 6, 13)
    (ys,), _ = run(kernel, [xs], [h], params, Course(6, 13))
    for row in range(13):
        (alone,), _ = run(
            kernel, [xs[:, row : row + 1]], [h[row : row + 1]], params, Course(6, 1, Order.UP)
        )
        assert torch.equal(alone, ys[row::13])


def test_python_threads_run_side_by_side() -> None:
    kernel = Kernel.of(gated(16))
    args = arguments(16, 50, 8)
    truth = run(kernel, *args, Course(50, 8))
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(50):
            if not torch.equal(run(kernel, *args, Course(50, 8))[0][0], truth[0][0]):
                wrong.append(index)

    workers = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_computes() -> None:
    code = """
import os, sys, torch
sys.path.insert(0, {tests!r})
from run_loop import run
from test_build import arguments, gated
from run_loop import run
from segue.engine.cpu.kernel import Kernel
from segue.engine.plan.loop import Course
torch.set_num_threads(2)
kernel, args = Kernel.of(gated(16)), arguments(16, 5, 8)
truth = run(kernel, *args, Course(5, 8))[0][0]
child = os.fork()
if child == 0:
    os._exit(0 if torch.equal(run(kernel, *args, Course(5, 8))[0][0], truth) else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    text = code.format(tests=str(Path(__file__).parent))
    subprocess.run([sys.executable, "-c", text], check=True, timeout=60)


def test_denormals_are_zero_inside_and_not_outside() -> None:
    x, y = Var("x", 3), Var("y", 3)
    loop = Loop("half", torch.float32, (x,), (), (), (Pointwise(y, Fn.MUL, (x, 0.5)),), (y,), ())
    tiny = torch.full((1, 1, 3), torch.finfo(torch.float32).tiny)
    (out,), _ = run(Kernel.of(loop), [tiny], [], [], Course(1, 1))
    assert not out.any()
    assert (tiny * 0.5).all()


def test_torch_threads_are_shared() -> None:
    if sys.platform == "linux":
        assert threads._parallel() is not None


def test_warm_is_quick(empty_cache: Path) -> None:
    Kernel.of(gated(33))
    times = []
    for _ in range(5):
        start = time.perf_counter()
        assert Kernel.of(gated(33)).from_disk
        times.append(time.perf_counter() - start)
    assert min(times) < 0.02


def test_notes_say_what_is_slow() -> None:
    assert any("1 products over 16" in line for line in Kernel.of(gated(16)).notes)
    x, y = Var("x", 9), Var("y", 3)
    strided = Loop("strided", torch.float32, (x,), (), (), (Slice(y, x, 1, 3),), (y,), ())
    kernel = Kernel.of(strided)
    assert any("slow" in line for line in kernel.notes)
    xs = torch.arange(18.0).reshape(1, 2, 9)
    (out,), _ = run(kernel, [xs], [], [], Course(1, 2))
    assert torch.equal(out, xs[0, :, 1::3])


def test_lengths_and_resets_may_lie_apart() -> None:
    kernel, args = Kernel.of(gated(5)), arguments(5, 4, 3)
    lengths = torch.tensor([4, 9, 2, 9, 3, 9])[::2]
    reset = (torch.arange(24).reshape(3, 8) % 5 == 0)[:, ::2].T
    course = Course(4, 3, Order.DOWN, lengths, reset)
    torch.testing.assert_close(
        run(kernel, *args, course), run(Interpreted(gated(5)), *args, course)
    )


def test_kept_code_is_named_by_the_text_of_every_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    (room / "one.py").write_text("x = 1")
    monkeypatch.setattr(build.engine, "__file__", str(tmp_path / "__init__.py"))
    before = build._own_text.__wrapped__()
    (room / "one.py").write_text("x = 2")
    assert build._own_text.__wrapped__() != before
