"""Dropout of features and of words: one mask for a whole sequence, off where nothing is trained."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from segue.cells import gru
from segue.errors import ScanError
from segue.nn import (
    Embedding,
    Frames,
    GaussianNoise,
    Recurrent,
    Stack,
    Standardise,
    VariationalDropout,
)

LENGTHS = torch.tensor([6, 2, 4])


def features(x: Tensor, batch_first: bool) -> Tensor:
    return x if batch_first else x.transpose(0, 1)


@pytest.mark.parametrize("batch_first", [False, True])
def test_variational_dropout_takes_the_same_features_at_every_step(batch_first: bool) -> None:
    torch.manual_seed(0)
    drop = VariationalDropout(0.25, batch_first=batch_first)
    rows = features(drop(torch.ones(50, 60, 400)), batch_first)  # [B, T, D]
    assert (rows == rows[:, :1]).all()
    assert not (rows[0] == rows[1]).all(), "each row has a mask of its own"
    assert sorted(rows.unique().tolist()) == pytest.approx([0, 1 / 0.75])
    assert rows.mean().item() == pytest.approx(1, abs=0.02)
    drop.eval()
    x = torch.randn(3, 2, 4)
    assert drop(x) is x


@pytest.mark.parametrize("enforce_sorted", [True, False])
def test_variational_dropout_of_packed_steps(enforce_sorted: bool) -> None:
    lengths = LENGTHS.sort(descending=True).values if enforce_sorted else LENGTHS
    packed = pack_padded_sequence(torch.ones(6, 3, 64), lengths, enforce_sorted=enforce_sorted)
    dropped = VariationalDropout(0.5)(packed)
    assert isinstance(dropped, PackedSequence)
    y, after = pad_packed_sequence(dropped)
    assert after.tolist() == lengths.tolist()
    for row, length in enumerate(lengths):
        assert (y[:length, row] == y[0, row]).all()
    assert not (y[0, 0] == y[0, 1]).all()


def test_a_stack_takes_a_dropout_of_ones_own() -> None:
    layers = [Recurrent(gru, 4, 8), Recurrent(gru, 8, 4)]
    seen: list[Tensor] = []

    class Watch(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x)
            return x

    stack = Stack(layers, Watch())
    stack(torch.zeros(5, 3, 4))
    assert [x.shape for x in seen] == [(5, 3, 8)]
    variational = Stack(layers, VariationalDropout(0.5)).eval()
    x = torch.randn(5, 3, 4)
    torch.testing.assert_close(variational(x)[0], Stack(layers).eval()(x)[0])


def test_a_stacks_own_dropout_still_takes_packed_steps() -> None:
    packed = pack_padded_sequence(torch.randn(6, 3, 4), LENGTHS, enforce_sorted=False)
    y, _ = Stack([Recurrent(gru, 4, 8), Recurrent(gru, 8, 2)], dropout=0.5)(packed)
    assert isinstance(y, PackedSequence)


@pytest.mark.parametrize("batch_first", [False, True])
def test_embedding_leaves_out_whole_words_of_a_sequence(batch_first: bool) -> None:
    torch.manual_seed(0)
    embed = Embedding(30, 4, dropout=0.5, batch_first=batch_first)
    tokens = torch.randint(30, (40, 50))
    x = embed(tokens)
    plain = nn.Embedding.forward(embed, tokens) / 0.5
    kept = (x == plain).all(2)
    assert (kept | (x == 0).all(2)).all(), "a word is there whole, or not at all"
    rows, words = (kept, tokens) if batch_first else (kept.T, tokens.T)
    for row, word in zip(rows, words, strict=True):
        for each in word.unique():
            assert len(row[word == each].unique()) == 1
    assert len({tuple(row[word == 3].unique().tolist()) for row, word in zip(rows, words)}) > 1  # noqa: B905
    assert kept.float().mean().item() == pytest.approx(0.5, abs=0.05)
    embed.eval()
    torch.testing.assert_close(embed(tokens), nn.Embedding.forward(embed, tokens), rtol=0, atol=0)


@pytest.mark.parametrize("p", [-0.1, 1.0, float("nan")])
def test_a_probability_below_one_is_needed(p: float) -> None:
    with pytest.raises(ScanError, match="below 1"):
        VariationalDropout(p)
    with pytest.raises(ScanError, match="below 1"):
        Embedding(5, 2, dropout=p)


@pytest.mark.parametrize(("width", "hop"), [(1, 1), (3, 1), (3, 2), (4, 4), (9, 5)])
def test_frames_depend_on_real_steps_alone(width: int, hop: int) -> None:
    x = torch.randn(7, 3, 2)
    for row, length in enumerate([7, 0, 4]):
        x[length:, row] = float("nan")
    lengths = torch.tensor([7, 0, 4])
    frames, counts = Frames(width, hop)(x, lengths)
    assert counts.tolist() == [-(-n // hop) for n in (7, 0, 4)]
    assert frames.shape == (-(-7 // hop), 3, width * 2)
    for row, length in enumerate([7, 0, 4]):
        steps = torch.cat([x[:length, row], torch.zeros(30, 2)])
        for k in range(len(frames)):
            expected = steps[k * hop : k * hop + width]
            torch.testing.assert_close(frames[k, row].view(width, 2), expected, rtol=0, atol=0)


def test_frames_of_no_steps_and_of_a_bad_hop() -> None:
    frames, _ = Frames(3, 2)(torch.zeros(0, 2, 4), torch.tensor([0, 0]))
    assert frames.shape == (0, 2, 12)
    with pytest.raises(ScanError, match="hop of 4"):
        Frames(3, 4)


def test_standardise_leaves_out_what_is_missing() -> None:
    scale = Standardise(3)
    nan = float("nan")
    scale.fit(torch.tensor([[1.0, 5.0, nan], [3.0, 5.0, nan], [nan, 5.0, nan]]).numpy())
    y = scale(torch.tensor([[3.0, 5.0, 2.0]]))
    assert y.tolist() == [[1.0, 0.0, 2.0]]
    assert set(scale.state_dict()) == {"loc", "scale"}


def test_noise_has_its_spread_and_is_off_in_eval() -> None:
    torch.manual_seed(0)
    noise, x = GaussianNoise(0.3), torch.full((200, 500), 2.0)
    y = noise(x)
    assert y.mean().item() == pytest.approx(2, abs=0.01)
    assert y.std().item() == pytest.approx(0.3, rel=0.02)
    assert noise.eval()(x) is x
    for spread in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ScanError, match="0 or more"):
            GaussianNoise(spread)
