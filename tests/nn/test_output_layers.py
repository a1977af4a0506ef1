"""Layers that name a unit: all are distributions, estimates are right on average, ties are ties."""

import pytest
import torch
from torch import Tensor, nn

from segue.errors import ScanError
from segue.nn import AdaptiveSoftmax, BprMax, Output, SampledSoftmax, Softmax, Top1Max

H, V = 8, 60


def layers() -> list[nn.Module]:
    torch.manual_seed(0)
    wide = nn.Embedding(V, 12)
    return [
        Softmax(H, V),
        Softmax(H, V, tied=nn.Embedding(V, H)),
        Softmax(H, V, tied=wide),
        AdaptiveSoftmax(H, V, shrinking=2),
        AdaptiveSoftmax(H, V, cutoffs=[5, 20, 45], shrinking=2),
        SampledSoftmax(H, V, samples=7).eval(),
    ]


@pytest.mark.parametrize("which", range(6))
def test_every_output_is_a_distribution_and_its_surprise_is_exact(which: int) -> None:
    layer: Output = layers()[which]  # type: ignore[assignment]
    y, targets = torch.randn(5, 3, H), torch.randint(V, (5, 3))
    logs = layer.log_prob(y)
    assert logs.shape == (5, 3, V)
    torch.testing.assert_close(logs.exp().sum(-1), torch.ones(5, 3))
    wanted = -logs.gather(-1, targets[..., None]).squeeze(-1)
    torch.testing.assert_close(layer.surprise(y, targets), wanted)
    torch.testing.assert_close(layer(y, targets), wanted)
    assert layer(y[:0], targets[:0]).shape == (0, 3)


@pytest.mark.parametrize("which", range(6))
def test_every_weight_learns(which: int) -> None:
    layer = layers()[which].train()
    y = torch.randn(200, H, requires_grad=True)
    layer(y, torch.arange(200) % V).mean().backward()
    assert y.grad is not None
    assert bool(y.grad.any())
    for name, weight in layer.named_parameters():
        assert weight.grad is not None, name
        assert bool(weight.grad.any()), name


def test_the_exact_loss_of_many_rows_is_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = Softmax(H, V)
    y, targets = torch.randn(11, 3, H), torch.randint(V, (11, 3))
    whole = layer.surprise(y, targets)
    most = 0
    plain = Softmax.scores

    def watched(self: Softmax, some: Tensor) -> Tensor:
        nonlocal most
        most = max(most, len(some))
        return plain(self, some)

    monkeypatch.setattr("segue.nn.softmax._AT_ONCE", 4 * V)
    monkeypatch.setattr(Softmax, "scores", watched)
    assert torch.allclose(layer.surprise(y, targets), whole, atol=1e-6)
    assert most == 4


def test_tied_weights_are_one_parameter_that_both_ends_teach() -> None:
    embed = nn.Embedding(V, H)
    model = nn.ModuleDict({"embed": embed, "output": Softmax(H, V, tied=embed)})
    assert [name for name, _ in model.named_parameters()] == ["embed.weight", "output.bias"]
    start = embed.weight.detach().clone()
    Softmax(H, V, tied=embed)
    assert torch.equal(embed.weight, start), "a new layer drew weights that were not its own"


def sampled(samples: int, frequency: Tensor | None = None) -> SampledSoftmax:
    torch.manual_seed(1)
    layer = SampledSoftmax(H, V, samples=samples, frequency=frequency)
    nn.init.normal_(layer.bias)
    return layer


@pytest.mark.parametrize("frequency", [None, torch.arange(1, V + 1)])
def test_the_sum_over_a_sample_is_right_on_average(frequency: Tensor | None) -> None:
    layer = sampled(20, frequency)
    y, targets = torch.randn(6, H), torch.randint(V, (6,))
    of_target = layer.scores(y).gather(1, targets[:, None]).squeeze(1)
    sums = torch.stack([(layer(y, targets) + of_target).exp() for _ in range(4000)])
    exact = layer.scores(y).exp().sum(1)
    error = sums.std(0) / 4000**0.5
    assert bool(((sums.mean(0) - exact).abs() < 5 * error).all())
    assert bool((error < 0.02 * exact).all()), "the test would not see a bias"


def test_gradients_of_the_estimate_tend_to_the_exact_ones() -> None:
    y, targets = torch.randn(6, H), torch.randint(V, (6,))
    layer = sampled(200_000)
    layer(y, targets).sum().backward()
    assert layer.weight.grad is not None
    estimate = layer.weight.grad.clone()
    layer.zero_grad()
    layer.surprise(y, targets).sum().backward()
    assert torch.allclose(estimate, layer.weight.grad, atol=0.02)


def test_units_are_drawn_as_often_as_was_asked() -> None:
    frequency = torch.tensor([1.0, 0.5, 8.0, 0.5])
    layer = SampledSoftmax(H, 4, samples=100_000, frequency=frequency)
    share = layer.draw(torch.device("cpu")).bincount(minlength=4) / 100_000
    assert torch.allclose(share, frequency / 10, atol=0.01)


def test_sparse_gradients_hold_what_was_looked_at_and_are_the_dense_ones() -> None:
    found = []
    for sparse in (False, True):
        torch.manual_seed(2)
        embed = nn.Embedding(V, H, sparse=sparse)
        layer = SampledSoftmax(H, V, samples=5, tied=embed, sparse=sparse)
        y, targets = torch.randn(6, H), torch.randint(V, (6,))
        layer(y + embed(targets), targets).sum().backward()
        assert embed.weight.grad is not None
        found.append(embed.weight.grad)
    assert found[1].is_sparse
    assert len(found[1].coalesce().indices()[0]) <= 11
    assert torch.allclose(found[1].to_dense(), found[0], atol=1e-6)


def test_what_does_not_fit_is_said_in_one_line() -> None:
    with pytest.raises(ScanError, match="the embedding has 9 units, not 60"):
        Softmax(H, V, tied=nn.Embedding(9, H))
    with pytest.raises(ScanError, match="39 units are too few"):
        AdaptiveSoftmax(H, 39)
    with pytest.raises(ScanError, match=r"cutoffs are \[9, 9\]"):
        AdaptiveSoftmax(H, V, cutoffs=[9, 9])
    with pytest.raises(ScanError, match="2 clusters it must be 1 to"):
        AdaptiveSoftmax(H, V)
    with pytest.raises(ScanError, match="60 finite numbers above 0"):
        SampledSoftmax(H, V, samples=3, frequency=torch.zeros(V))
    with pytest.raises(ScanError, match="samples is 0"):
        SampledSoftmax(H, V, samples=0)
    with pytest.raises(ScanError, match="make both the same"):
        SampledSoftmax(H, V, samples=3, tied=nn.Embedding(V, H), sparse=True)
    with pytest.raises(ScanError, match="each must be >= 1"):
        Softmax(0, V)


@pytest.mark.parametrize("kind", [BprMax, Top1Max])
def test_ranking_losses_are_what_their_paper_says(kind: type[BprMax] | type[Top1Max]) -> None:
    torch.manual_seed(0)
    layer = kind(H, V, samples=0)
    nn.init.normal_(layer.bias)
    y, targets = torch.randn(3, H), torch.tensor([4, 9, 4])
    scores = layer.scores(y)
    found = []
    for row, target in enumerate(targets.tolist()):
        others = [unit for unit in targets.tolist() if unit != target]
        mine, own = scores[row, others], scores[row, target]
        weights = mine.softmax(0)
        if kind is BprMax:
            terms = -(weights * torch.sigmoid(own - mine)).sum().log() + (weights * mine**2).sum()
        else:
            terms = (weights * (torch.sigmoid(mine - own) + torch.sigmoid(mine**2))).sum()
        found.append(terms)
    assert torch.allclose(layer.train()(y, targets), torch.stack(found), atol=1e-6)
    # the regulariser holds scores back: all of them raised together cost more
    with torch.no_grad():
        layer.bias += 5
    assert (layer(y, targets) > torch.stack(found)).all()


def test_a_row_that_has_nothing_to_be_compared_with_has_no_loss() -> None:
    layer = BprMax(H, V, samples=0).train()
    y = torch.randn(2, H, requires_grad=True)
    layer(y, torch.tensor([4, 4])).sum().backward()
    assert y.grad is not None
    assert torch.isfinite(y.grad).all()
