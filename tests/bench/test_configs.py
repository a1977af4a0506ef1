"""What is measured, and what it costs."""

import pytest
import torch
from small import TINY

from segue import cells
from segue.bench.configs import CONFIGS, Config, Pass, Rows, draw
from segue.bench.entry import Entry

SIZES = [
    (1, 1000, 64, 64),
    (32, 100, 64, 64),
    (64, 1000, 10, 100),
    (20, 35, 200, 200),
    (32, 100, 128, 256),
    (64, 100, 512, 512),
    (128, 35, 650, 650),
]


def test_the_configurations_are_those_that_were_agreed() -> None:
    full = [c for c in CONFIGS if c.rows is Rows.FULL]
    assert [(c.batch, c.time, c.input, c.hidden) for c in full] == SIZES
    ragged, resets = CONFIGS[len(SIZES) :]
    assert (ragged.rows, str(ragged)) == (Rows.LENGTHS, "(32, 100, 128, 256)")
    assert (resets.rows, str(resets)) == (Rows.RESETS, "(128, 128, 64, 256)")
    assert len({c.name for c in CONFIGS}) == len(CONFIGS)


@pytest.mark.parametrize(("name", "gates"), [("lstm", 4), ("gru", 3), ("rnn", 1)])
def test_flops_are_those_of_the_products(name: str, gates: int) -> None:
    work = draw(cells.by_name()[name], Config("any", 2, 3, 5, 7))
    forward = 2 * 2 * 3 * (5 + 7) * gates * 7
    assert work.flops(Pass.FORWARD) == forward
    assert work.flops(Pass.TRAINING) == 3 * forward


def test_flops_of_an_lstm_by_hand() -> None:
    assert draw(cells.lstm, CONFIGS[1]).flops(Pass.FORWARD) == 209_715_200


def test_only_real_steps_are_counted() -> None:
    work = draw(cells.lstm, TINY[Rows.LENGTHS])
    assert work.lengths is not None
    steps = int(work.lengths.sum())
    assert work.flops(Pass.FORWARD) == 2 * steps * (4 + 6) * 4 * 6


def test_lengths_lie_in_1_to_T_and_the_loss_sees_no_padding() -> None:
    work = draw(cells.gru, Config("many", 500, 6, 2, 3, Rows.LENGTHS))
    assert work.lengths is not None
    assert set(work.lengths.tolist()) == set(range(1, 7))
    padding = torch.arange(6)[:, None] >= work.lengths
    assert not work.cotangent[padding].any()
    assert work.cotangent[~padding].all()


def test_resets_are_rare() -> None:
    work = draw(cells.gru, Config("many", 300, 100, 2, 3, Rows.RESETS))
    assert work.reset is not None
    assert 0.02 < work.reset.float().mean() < 0.04


def test_the_numbers_are_always_the_same() -> None:
    first, second = (draw(cells.gru, TINY[Rows.FULL]) for _ in range(2))
    assert torch.equal(first.xs, second.xs)
    assert all(torch.equal(p, second.params[name]) for name, p in first.params.items())


@pytest.mark.parametrize("rows", list(Rows))
def test_an_entry_survives_its_way_to_another_process(rows: Rows) -> None:
    entry = Entry("gru", TINY[rows], Pass.TRAINING)
    assert Entry.from_json(entry.as_json()) == entry
