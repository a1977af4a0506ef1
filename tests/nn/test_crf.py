"""The CRF beside sums and maxima over all paths."""

import itertools

import pytest
import torch
from torch import Tensor

from segue.errors import ScanError
from segue.nn import CRF

K = 3
LENGTHS = torch.tensor([4, 1, 3, 0, 2])


def random_crf(seed: int, *, masked: bool) -> CRF:
    torch.manual_seed(seed)
    masks: dict[str, Tensor] = {}
    if masked:
        legal = torch.tensor([[1, 1, 0], [0, 1, 1], [1, 0, 1]], dtype=torch.bool)
        masks = {
            "transitions": legal,
            "starts": torch.tensor([True, True, False]),
            "ends": torch.tensor([False, True, True]),
        }
    crf = CRF(K, **masks).double()
    for parameter in crf.parameters():
        torch.nn.init.normal_(parameter)
    return crf


def emissions(seed: int) -> Tensor:
    """Rows of different lengths, NaN behind their ends."""
    torch.manual_seed(100 + seed)
    found = torch.randn(4, len(LENGTHS), K, dtype=torch.float64)
    for row, length in enumerate(LENGTHS.tolist()):
        found[length:, row] = torch.nan
    return found


def paths(crf: CRF, row: Tensor) -> dict[tuple[int, ...], Tensor]:
    """The score of every path that may be, of emissions [T, K]."""
    found = {}
    for path in itertools.product(range(K), repeat=len(row)):
        steps = list(itertools.pairwise(path))
        if not (crf.starts[path[0]] and crf.ends[path[-1]]):
            continue
        if not all(crf.transitions[i, j] for i, j in steps):
            continue
        score = crf.start[path[0]] + crf.end[path[-1]]
        score = score + sum(crf.transition[i, j] for i, j in steps)
        found[path] = score + sum(row[t, tag] for t, tag in enumerate(path))
    return found


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_sums_and_maxima_are_those_over_all_paths(seed: int, masked: bool) -> None:
    crf, x = random_crf(seed, masked=masked), emissions(seed)
    total, (tags, score) = crf.partition(x, LENGTHS), crf.decode(x, LENGTHS)
    marginals = crf.marginals(x, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        if length == 0:
            assert (total[row], score[row]) == (0, 0)
            continue
        every = paths(crf, x[:length, row])
        if not every:
            continue  # one step that may not both begin and end
        whole = torch.stack(list(every.values())).logsumexp(0)
        torch.testing.assert_close(total[row], whole)
        best = max(every, key=lambda path: every[path].item())
        assert tags[:, row].tolist() == [*best, *[0] * (4 - length)]
        torch.testing.assert_close(score[row], every[best].detach())
        share = torch.zeros(length, K, dtype=torch.float64)
        for path, value in every.items():
            for step, tag in enumerate(path):
                share[step, tag] += (value - whole).exp().detach()
        torch.testing.assert_close(marginals[:length, row], share)
        assert bool((marginals[length:, row] == 0).all())


@pytest.mark.parametrize("masked", [False, True])
def test_likelihoods_and_their_gradients_are_those_over_all_paths(masked: bool) -> None:
    crf, x = random_crf(5, masked=masked), emissions(5)
    tags = torch.randint(0, K, (4, len(LENGTHS)))
    rows = [row for row, length in enumerate(LENGTHS.tolist()) if length > 1]
    for row in rows:
        length = int(LENGTHS[row])
        tags[:length, row] = torch.tensor(list(paths(crf, x[:length, row]))[-1])
    x.requires_grad_()
    found = crf(x, tags, LENGTHS)[rows]
    expected = []
    for row in rows:
        length = int(LENGTHS[row])
        every = paths(crf, x[:length, row])
        path = tuple(tags[:length, row].tolist())
        expected.append(every[path] - torch.stack(list(every.values())).logsumexp(0))
    torch.testing.assert_close(found, torch.stack(expected))
    wanted = [x, *crf.parameters()]
    got = torch.autograd.grad(found.sum(), wanted)
    right = torch.autograd.grad(torch.stack(expected).sum(), wanted)
    for one, other in zip(got, right, strict=True):
        torch.testing.assert_close(one, other)


def test_a_row_knows_nothing_of_its_padding_and_neighbours() -> None:
    torch.manual_seed(0)
    crf = CRF(5)
    torch.nn.init.normal_(crf.transition)
    x, lengths = torch.randn(9, 4, 5), torch.tensor([9, 3, 6, 1])
    whole, decoded = crf.partition(x, lengths), crf.decode(x, lengths)
    for row, length in enumerate(lengths.tolist()):
        alone = x[:length, row : row + 1]
        few = torch.tensor([length])
        torch.testing.assert_close(crf.partition(alone, few)[0], whole[row])
        assert crf.decode(alone, few).tags[:, 0].tolist() == decoded.tags[:length, row].tolist()


def test_hundreds_of_steps_and_large_scores_stay_finite() -> None:
    crf = CRF(4, transitions=~torch.eye(4, dtype=torch.bool))
    x = torch.randn(700, 2, 4) * 60
    lengths, tags = torch.tensor([700, 650]), torch.arange(4).repeat(175)[:, None].expand(-1, 2)
    found = crf(x, tags, lengths)
    assert bool(torch.isfinite(found).all())
    assert bool((found < 0).all())
    found.sum().backward()
    assert all(bool(torch.isfinite(p.grad).all()) for p in crf.parameters())
    decoded = crf.decode(x, lengths).tags
    assert bool((decoded[1:700, 0] != decoded[:699, 0]).all())


def test_masks_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ScanError, match="transitions are bool"):
        CRF(3, transitions=torch.ones(2, 2, dtype=torch.bool))
    with pytest.raises(ScanError, match="starts are bool"):
        CRF(3, starts=torch.zeros(3, dtype=torch.bool))


def test_many_tags_are_decoded_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    crf, x, lengths = CRF(5), torch.randn(6, 7, 5), torch.tensor([6, 5, 4, 3, 2, 1, 6])
    torch.nn.init.normal_(crf.transition)
    whole = crf.decode(x, lengths).tags
    monkeypatch.setattr("segue.nn.crf._MOST", 60)  # two rows at a time
    assert torch.equal(crf.decode(x, lengths).tags, whole)
