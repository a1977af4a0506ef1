"""Tokens are drawn from the distribution that the rules leave."""

import numpy as np
import pytest
import torch

from segue.errors import ScanError
from segue.nn.decoding.sampling import SamplingSettings, sample

LOGITS = torch.tensor([[0.0, 1.0, 2.0, 3.0, -1.0]])


def shares(settings: SamplingSettings, draws: int = 20_000, seen=None) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    seen = None if seen is None else seen.expand(draws, -1).numpy()
    found = sample(LOGITS.expand(draws, -1).numpy(), settings, generator, seen)
    return torch.bincount(torch.from_numpy(found), minlength=5) / draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_shares_are_the_probabilities(temperature: float) -> None:
    wanted = torch.softmax(LOGITS[0] / temperature, 0)
    found = shares(SamplingSettings(temperature=temperature))
    torch.testing.assert_close(found, wanted, atol=0.015, rtol=0)


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        (SamplingSettings(top_k=2), [2, 3]),
        (SamplingSettings(top_p=0.5), [3]),
        (SamplingSettings(top_p=0.8), [2, 3]),
        (SamplingSettings(top_p=0.0), [3]),
        (SamplingSettings(min_p=0.2), [2, 3]),
        (SamplingSettings(top_k=3, min_p=0.3), [2, 3]),
        (SamplingSettings(temperature=0), [3]),
    ],
)
def test_only_the_likeliest_come(settings: SamplingSettings, kept: list[int]) -> None:
    found = shares(settings, 3000)
    assert found.nonzero().flatten().tolist() == kept
    if settings.temperature:
        wanted = torch.softmax(LOGITS[0][kept], 0)
        torch.testing.assert_close(found[kept], wanted, atol=0.03, rtol=0)


def test_what_stands_there_comes_less_often() -> None:
    seen = torch.tensor([[False, False, False, True, True]])
    found = shares(SamplingSettings(repetition_penalty=2.0), seen=seen)
    wanted = torch.softmax(torch.tensor([0.0, 1.0, 2.0, 1.5, -2.0]), 0)
    torch.testing.assert_close(found, wanted, atol=0.015, rtol=0)


def test_rows_are_drawn_apart_and_a_seed_repeats_them() -> None:
    logits = torch.randn(6, 9)
    logits[:, 4] = -torch.inf
    drawn = [
        np.stack([sample(logits.numpy(), SamplingSettings(), g) for _ in range(200)])
        for g in (torch.Generator().manual_seed(3), torch.Generator().manual_seed(3))
    ]
    assert (drawn[0] == drawn[1]).all()
    assert not (drawn[0] == 4).any()


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ScanError, match=r"top_p is 1\.5"):
        SamplingSettings(top_p=1.5)
