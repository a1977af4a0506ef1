"""Beam search against all sequences there are."""

import itertools

import numpy as np
import pytest
import torch

from segue.errors import ScanError
from segue.nn.decoding.beam import BeamSettings, beam_search

END, FIRST, SOURCE = 0, 1, 3


class Table:
    """What follows depends on row, step and the two latest tokens, by a random table."""

    def __init__(self, rows: int, beams: int, size: int, seed: int, *, attends: bool) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.logits = 2 * torch.randn(rows, 6, size, size, size, generator=generator)
        self.look = torch.randn(rows, 6, size, SOURCE, generator=generator).softmax(-1)
        self.row = torch.arange(rows).repeat_interleave(beams)
        self.before = torch.full((rows * beams,), FIRST)
        self.latest = self.before
        self.number, self.attends = -1, attends

    def step(self, tokens):
        self.number += 1
        self.before, self.latest = self.latest, tokens
        return self.given(self.row, self.number, self.before, tokens)

    def given(self, row, number, before, latest):
        logp = self.logits[row, number, before, latest].log_softmax(-1)
        return logp, self.look[row, number, latest] if self.attends else None

    def keep(self, rows):
        self.before, self.latest = self.before[rows], self.latest[rows]


def all_sequences(table: Table, row: int, size: int, longest: int, settings: BeamSettings):
    """Every sequence with its score, the best first."""
    found = []
    for length in range(longest + 1):
        for tokens in itertools.product(range(1, size), repeat=length):
            total, coverage, before, latest = 0.0, torch.zeros(SOURCE), FIRST, FIRST
            for number, token in enumerate((*tokens, END)):
                logp, look = table.given(row, number, before, latest)
                total += float(logp[token])
                coverage = coverage + (0 if look is None else look)
                before, latest = latest, token
            score = total / ((5 + length + 1) / 6) ** settings.length_penalty
            if table.attends:
                score += settings.coverage_penalty * float(coverage.clamp(max=1).log().sum())
            found.append((score, tokens))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
@pytest.mark.parametrize("beta", [0.0, 0.4])
def test_a_beam_as_wide_as_all_there_is_finds_the_best(alpha: float, beta: float) -> None:
    size, longest = 4, [3, 2]
    settings = BeamSettings(80, 5, length_penalty=alpha, coverage_penalty=beta)
    table = Table(2, 80, size, seed=3, attends=True)
    found = beam_search(
        table, 2, first=FIRST, end=END, longest=np.array(longest), settings=settings
    )
    for row in range(2):
        wanted = all_sequences(table, row, size, longest[row], settings)[:5]
        assert [each.tokens for each in found[row]] == [tokens for _, tokens in wanted]
        np.testing.assert_allclose(
            [each.score for each in found[row]], [score for score, _ in wanted], rtol=1e-5
        )


@pytest.mark.parametrize("seed", range(5))
def test_one_beam_is_greedy(seed: int) -> None:
    table = Table(3, 1, 5, seed, attends=False)
    longest = np.array([5, 5, 2])
    found = beam_search(table, 3, first=FIRST, end=END, longest=longest, settings=BeamSettings(1))
    for row in range(3):
        tokens, before, latest = [], FIRST, FIRST
        while len(tokens) < longest[row]:
            best = int(table.given(row, len(tokens), before, latest)[0].argmax())
            if best == END:
                break
            tokens.append(best)
            before, latest = latest, best
        assert found[row][0].tokens == tuple(tokens)


def test_a_row_does_not_depend_on_the_rows_beside_it() -> None:
    settings = BeamSettings(3, 3)
    together = Table(2, 3, 5, 1, attends=True)
    found = beam_search(
        together, 2, first=FIRST, end=END, longest=np.array([1, 5]), settings=settings
    )
    alone = Table(2, 3, 5, 1, attends=True)
    alone.row = alone.row[3:]
    alone.before = alone.latest = alone.before[3:]
    one = beam_search(alone, 1, first=FIRST, end=END, longest=np.array([5]), settings=settings)
    assert [each.tokens for each in one[0]] == [each.tokens for each in found[1]]


def test_attention_is_that_of_the_sequence_itself() -> None:
    table = Table(1, 4, 5, 2, attends=True)
    found = beam_search(
        table, 1, first=FIRST, end=END, longest=np.array([4]), settings=BeamSettings(4, 4)
    )
    for each in found[0]:
        latest = (FIRST, *each.tokens)
        wanted = [table.look[0, number, token].numpy() for number, token in enumerate(latest)]
        np.testing.assert_array_equal(each.attention, wanted)


def test_what_is_never_to_come_does_not_come() -> None:
    table = Table(1, 4, 5, 2, attends=False)
    found = beam_search(
        table,
        1,
        first=FIRST,
        end=END,
        longest=np.array([4]),
        settings=BeamSettings(4, 4),
        never=(2, 3),
    )
    assert not {2, 3} & {token for each in found[0] for token in each.tokens}


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ScanError, match="0 beams"):
        BeamSettings(0)
    with pytest.raises(ScanError, match="the 6 best of 5 beams"):
        BeamSettings(5, 6)
