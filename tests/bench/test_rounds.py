"""Rounds: disturbed ones are done again, and a machine that stays disturbed gives no figure."""

from collections.abc import Iterator, Sequence
from itertools import chain, count, repeat

import pytest
from small import BRIEF, PEAK, QUIET, TINY, Counted, ground

from segue.bench import other_work, rounds, worker
from segue.bench.configs import Config, Pass, Rows, Work
from segue.bench.entry import Entry
from segue.bench.other_work import Watch
from segue.bench.peak import Peak
from segue.bench.peers.contestant import Contestant, Ready, TooSlow
from segue.bench.rounds import Effort
from segue.bench.worker import Ground, Plan


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def watch(others: Sequence[float]) -> Watch:
    """Each round lasts a second in which others use so many."""
    clock = iter(range(10**6))
    total = 0.0
    steps: Iterator[float] = chain.from_iterable((0.0, each) for each in chain(others, repeat(0.0)))

    def busy() -> float:
        nonlocal total
        total += next(steps)
        return total

    return Watch(busy=busy, own=lambda children: 0.0, clock=lambda: float(next(clock)))


def test_every_runner_is_timed_in_every_round() -> None:
    runners = {"a": Counted(0.5), "b": Counted(0.002)}
    course = rounds.run(runners, Effort(4, 0.01, 1), lambda: 1.0, QUIET)
    assert course.samples == {"a": [0.5] * 4, "b": pytest.approx([0.002] * 4)}
    assert (course.repeated, course.disturbance) == (0, None)
    assert runners["a"].calls == [1, 1] + [1] * 4
    assert runners["b"].calls == [1, 1, 2] + [1, 5] * 4


def test_a_sample_waits_for_what_the_one_before_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer may give its memory back in the background after its call."""
    used, slept = 0.0, 0

    def sleep(seconds: float) -> None:
        nonlocal used, slept
        slept += 1
        used += seconds if slept <= 3 else 0.0

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr("time.process_time", lambda: used)
    runner = Counted(1.0)
    course = rounds.run({"a": runner}, Effort(1, 0.01, 1), lambda: 1.0, QUIET)
    assert len(course.samples["a"]) == 1
    assert slept == 4 + 1 + 1  # before the round, the sample, and the last look at the machine


def test_a_contestant_that_never_rests_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    used = count(0.0, 1.0)
    monkeypatch.setattr("time.process_time", lambda: next(used))
    course = rounds.run({"a": Counted(1.0)}, Effort(1, 0.01, 1), lambda: 1.0, QUIET)
    assert not course.samples
    assert course.disturbance == "a contestant's threads were still at work 1 s after its call"


def test_a_disturbed_round_is_done_again() -> None:
    course = rounds.run({"a": Counted(0.5)}, BRIEF, lambda: 1.0, watch([0.0, 0.5]))
    assert course.repeated == 1
    assert course.samples == {"a": [0.5] * 3}


@pytest.mark.parametrize("quiet_rounds", [0, 1])
def test_a_machine_that_stays_disturbed_gives_no_figure(quiet_rounds: int) -> None:
    others = [0.0] * quiet_rounds + [1.5] * 100
    course = rounds.run({"a": Counted(0.5)}, BRIEF, lambda: 1.0, watch(others))
    assert course.samples == {}
    assert course.disturbance == "other processes used 1.50 cores"
    assert course.repeated == (6 if quiet_rounds else 3)


def test_a_machine_that_slows_down_gives_no_figure() -> None:
    shares = chain([1.0], repeat(0.7))
    course = rounds.run({"a": Counted(0.5)}, BRIEF, lambda: next(shares), QUIET)
    assert (course.samples, course.disturbance) == ({}, "the machine gave 70% of its peak")


def test_what_children_use_is_our_own() -> None:
    seen = []

    def own(children: Sequence[int]) -> float:
        seen.append(tuple(children))
        return 0.0

    rounds.run(
        {"a": Counted(0.5), "b": Counted(0.5, process=7)}, BRIEF, lambda: 1.0, Watch(own=own)
    )
    assert set(seen) == {(7,)}


def test_own_time_is_no_load_and_others_time_is() -> None:
    mark = Watch(busy=lambda: 0.0, own=lambda children: 0.0, clock=lambda: 0.0).begin()
    for busy, own, disturbed in ((2.0, 2.0, False), (2.0, 1.5, True), (2.0, 1.97, False)):
        later = Watch(busy=lambda b=busy: b, own=lambda children, o=own: o, clock=lambda: 1.0)
        again = other_work.Mark(later, mark.children, mark.busy, mark.own, mark.time)
        assert (again.disturbance() is not None) is disturbed


def test_counters_of_this_machine_grow() -> None:
    before = other_work.busy_seconds(), other_work.own_seconds(())
    sum(range(3_000_000))
    after = other_work.busy_seconds(), other_work.own_seconds(())
    assert after[1] > before[1]
    if before[0] is not None and after[0] is not None:
        assert after[0] >= before[0]


def test_an_uneven_peak_is_a_disturbance() -> None:
    assert other_work.uneven(Peak(2, 200.0, 0.01, 1)) is None
    assert other_work.uneven(Peak(2, 200.0, 0.2, 1)) == (
        "half the probes of the peak lay 20% or more below the best"
    )


ENTRIES = [Entry("gru", TINY[rows], task) for rows in Rows for task in Pass]


def test_rows_come_with_figures_of_those_who_take_part() -> None:
    plan = Plan(1, ENTRIES, BRIEF, ("torch.compile", "JAX scan", "ONNX Runtime"))
    found = list(worker.measure(Plan.from_json(plan.as_json()), ground()))
    assert [row.entry for row in found] == ENTRIES
    for row in found:
        resets = row.entry.config.rows is Rows.RESETS
        assert set(row.timings) == {"segue", "eager loop"} | (set() if resets else {"torch.nn"})
        assert row.left_out == ({"torch.nn": "it has no resets"} if resets else {})
        assert all(len(timing.seconds) == 3 for timing in row.timings.values())
        assert row.peak == PEAK.rate
        assert row.refusal is None


def test_a_row_on_a_disturbed_machine_has_no_figure() -> None:
    plan = Plan(1, ENTRIES[:1], BRIEF, ("torch.compile", "JAX scan", "ONNX Runtime"))
    (row,) = worker.measure(plan, ground(share=0.5))
    assert (row.timings, row.ratio(), row.gflops()) == ({}, None, None)
    assert row.disturbance == "the machine gave 50% of its peak"


def test_without_a_peak_there_is_no_figure_at_all() -> None:
    spoilt = Ground(None, lambda: 0.0, "others were at work", QUIET)
    (row,) = worker.measure(Plan(1, ENTRIES[:1], BRIEF), spoilt)
    assert (row.timings, row.disturbance) == ({}, "others were at work")


def test_what_is_known_not_to_compile_is_not_tried() -> None:
    known = {str(ENTRIES[0]): {"torch.compile": "it was too slow"}}
    plan = Plan(1, ENTRIES[:1], BRIEF, ("JAX scan", "ONNX Runtime"), known)
    (row,) = worker.measure(plan, ground())
    assert row.left_out == {"torch.compile": "it was too slow"}


def test_what_fewer_steps_could_not_do_is_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(work: Work, task: Pass, threads: int) -> None:
        tried.append((work.cell.name, work.config.time, task))
        raise TooSlow("it took too long")

    tried: list[tuple[str, int, Pass]] = []
    compiler = Contestant("torch.compile", (), too_slow)
    monkeypatch.setattr(worker, "PEERS", (compiler,))
    monkeypatch.setattr(worker, "COMPILED", compiler)
    entries = [
        Entry(cell, Config("any", 2, steps, 3, 4), task)
        for cell, steps, task in (
            ("gru", 5, Pass.TRAINING),
            ("gru", 6, Pass.FORWARD),
            ("gru", 6, Pass.TRAINING),
            ("gru", 4, Pass.TRAINING),
            ("gru", 7, Pass.FORWARD),
            ("rnn", 7, Pass.FORWARD),
            ("rnn", 7, Pass.TRAINING),
        )
    ]
    found = list(worker.measure(Plan(1, entries, BRIEF), ground()))
    assert tried == [
        ("gru", 5, Pass.TRAINING),
        ("gru", 6, Pass.FORWARD),
        ("gru", 4, Pass.TRAINING),
        ("rnn", 7, Pass.FORWARD),
    ]
    assert found[2].left_out == {"torch.compile": "a loop of 5 steps did not compile within 120 s"}


def test_a_peer_that_fails_is_left_out_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(work: Work, task: Pass, threads: int) -> Ready:
        return Ready(lambda: [][0], lambda: ())

    monkeypatch.setattr(worker, "PEERS", (Contestant("other", (), fail),))
    (row,) = worker.measure(Plan(1, ENTRIES[:1], BRIEF), ground())
    assert row.left_out == {"other": "it fails with IndexError: list index out of range"}
    assert set(row.timings) == {"segue"}


def test_runners_are_closed_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    runner = Counted(0.5)
    monkeypatch.setattr(worker, "_prepare", lambda *given: ({"segue": runner}, {}))
    monkeypatch.setattr(rounds, "run", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(worker.measure(Plan(1, ENTRIES[:1], BRIEF), ground()))
    assert runner.closed


def test_a_survey_tries_again_until_nothing_disturbs(monkeypatch: pytest.MonkeyPatch) -> None:
    spreads = iter([0.5, 0.3, 0.01])
    monkeypatch.setattr("segue.bench.peak.measure", lambda n: Peak(n, 100.0, next(spreads), 1000))
    there = worker.survey(1, QUIET, 3)
    assert there.peak is not None
    assert there.peak.spread == 0.01
    monkeypatch.setattr("segue.bench.peak.measure", lambda n: Peak(n, 100.0, 0.5, 1000))
    assert worker.survey(1, QUIET, 3).peak is None
