"""Layers of speech: what is hidden in training, and chunks that hear no further."""

import pytest
import torch

from segue import cells
from segue.errors import ScanError
from segue.nn import ChunkedBidirectional, Recurrent, SpecAugment, Stack


def test_stretches_stay_within_a_row_and_bands_within_their_width() -> None:
    torch.manual_seed(0)
    augment = SpecAugment(bands=0, width=0, every=10_000, share=0.5, longest=20)
    lengths = torch.tensor([60, 10])
    seen = torch.zeros(60, 2)
    for _ in range(300):
        hidden = (augment(torch.ones(60, 2, 4), lengths) == 0).all(-1)
        assert int(hidden[:, 0].sum()) <= 20
        assert not hidden[10:, 1].any()
        seen += hidden
    assert (seen[:, 0] > 0).all()
    bands = SpecAugment(bands=1, width=3, every=100, share=0, longest=0)
    hidden = (bands(torch.ones(5, 200, 8), torch.full((200,), 5)) == 0).all(0)
    assert set(hidden.sum(1).tolist()) == {0, 1, 2, 3}


def test_what_is_hidden_follows_from_the_seed() -> None:
    augment, x, lengths = SpecAugment(), torch.ones(80, 3, 8), torch.tensor([80, 50, 20])
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        found.append(augment(x, lengths))
    assert torch.equal(*found)


def _stack(chunk: int) -> Stack:
    torch.manual_seed(0)
    return Stack(
        [
            ChunkedBidirectional(
                Recurrent(cells.gru, size, 6), Recurrent(cells.gru, size, 6, reverse=True), chunk
            )
            for size in (5, 12)
        ]
    )


def test_a_chunk_does_not_hear_the_next_one() -> None:
    layer, x = _stack(4), torch.randn(12, 2, 5)
    y, _ = layer(x)
    other = torch.cat([x[:8], torch.randn(4, 2, 5)])
    assert torch.equal(layer(other)[0][:8], y[:8])
    assert not torch.allclose(layer(torch.cat([x[:7], torch.randn(5, 2, 5)]))[0][4:7], y[4:7])


def test_chunk_by_chunk_is_the_whole() -> None:
    layer, x = _stack(4), torch.randn(14, 2, 5)
    whole, _ = layer(x, None, torch.tensor([14, 9]))
    parts, state = [], None
    for start in range(0, 14, 4):
        lengths = (torch.tensor([14, 9]) - start).clamp(0, min(4, 14 - start))
        y, state = layer(x[start : start + 4], state, lengths)
        parts.append(y)
    torch.testing.assert_close(torch.cat(parts), whole)


def test_a_chunk_of_nothing_is_refused() -> None:
    ahead, back = Recurrent(cells.gru, 3, 4), Recurrent(cells.gru, 3, 4, reverse=True)
    with pytest.raises(ScanError, match="at least 1"):
        ChunkedBidirectional(ahead, back, 0)
