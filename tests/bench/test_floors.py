"""The floors: which rows they are about, and by how much they are met or missed."""

import pytest
from small import row

from segue.bench.configs import CONFIGS, Config, Pass, Rows
from segue.bench.floors import FLOORS, Verdict, judge
from segue.bench.results import Row

BY_NAME = {config.name: config for config in CONFIGS}


def verdicts(*rows: Row) -> dict[str, Verdict]:
    return {verdict.floor.name: verdict for verdict in judge(rows)}


def measured(cell: str, config: str, task: Pass = Pass.FORWARD, threads: int = 2) -> Row:
    seconds = {"segue": 0.0125, "torch.nn": 0.02, "JAX scan": 0.015}
    return row(seconds, cell, BY_NAME[config], task, threads)


# Every floor of the agreement: cell, configuration, least forward, least forward and backward.
AGREED = [
    ("lstm", "words-200", "LSTM, H <= 200", 1.3, 1.5),
    ("lstm", "middle", "LSTM, H >= 256", 1.0, 1.1),
    ("gru", "middle", "GRU, H <= 256", 2.0, 2.5),
    ("gru", "large", "GRU, H >= 512", 1.5, 1.5),
    ("rnn", "middle", "RNN, H <= 256", 2.0, 2.5),
    ("rnn", "words-650", "RNN, H >= 512", 1.3, 1.3),
    ("lstm_layer_norm", "single", "layer-norm LSTM (JAX scan)", 2.0, 2.5),
    ("gru", "lengths", "uniform lengths (torch packed)", 1.5, 2.0),
    ("gru", "middle", "gated, H >= 256, B >= 32", 0.80, 0.72),
]


@pytest.mark.parametrize(("cell", "config", "name", "forward", "training"), AGREED)
def test_the_floors_are_those_that_were_agreed(
    cell: str, config: str, name: str, forward: float, training: float
) -> None:
    assert verdicts(measured(cell, config))[name].least == forward
    assert verdicts(measured(cell, config, Pass.TRAINING))[name].least == training
    assert verdicts(measured(cell, config, threads=1)) == {}


def test_there_are_no_others() -> None:
    assert {floor.name for floor in FLOORS} == {name for _, _, name, _, _ in AGREED}


@pytest.mark.parametrize(
    ("cell", "config", "names"),
    [
        ("lstm", "single", {"LSTM, H <= 200"}),
        ("lstm", "large", {"LSTM, H >= 256", "gated, H >= 256, B >= 32"}),
        ("rnn", "large", {"RNN, H >= 512"}),
        ("lstm", "lengths", {"uniform lengths (torch packed)"}),
        ("lstm_layer_norm", "lengths", set()),
        ("gru", "resets", set()),
    ],
)
def test_a_row_has_its_floors_and_no_others(cell: str, config: str, names: set[str]) -> None:
    assert set(verdicts(measured(cell, config))) == names


def test_how_much_is_met_or_missed() -> None:
    # 1 GFLOP in 12.5 ms is 80 GFLOP/s of 100; the best peer, JAX, takes 1.2 times as long.
    found = verdicts(measured("lstm", "middle"))
    ratio, peak = found["LSTM, H >= 256"], found["gated, H >= 256, B >= 32"]
    assert (ratio.value, ratio.met) == (pytest.approx(1.2), True)
    assert (peak.value, peak.met) == (pytest.approx(0.8), True)
    missed = verdicts(measured("gru", "middle"))["GRU, H <= 256"]
    assert (missed.share, missed.met) == (pytest.approx(0.6), False)
    packed = verdicts(measured("gru", "lengths"))["uniform lengths (torch packed)"]
    assert packed.value == pytest.approx(1.6)


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    disturbed = row({}, "lstm", BY_NAME["middle"])
    alone = row({"segue": 0.01, "torch.nn": 0.02}, "lstm_layer_norm", BY_NAME["small"])
    for each in (disturbed, alone):
        for verdict in judge([each]):
            assert (verdict.value, verdict.met) == (None, None)


def test_a_row_of_few_rows_of_the_batch_has_no_floor_of_the_peak() -> None:
    few = row({"segue": 0.1}, "lstm", Config("few", 31, 5, 8, 256, Rows.FULL))
    assert set(verdicts(few)) == {"LSTM, H >= 256"}
