"""Attention over a memory with lengths."""

import pytest
import torch

from segue.errors import ScanError
from segue.nn import AdditiveAttention, MultiplicativeAttention

FORMS = [lambda: MultiplicativeAttention(3, 5), lambda: AdditiveAttention(3, 5, 4)]


@pytest.mark.parametrize("form", FORMS)
def test_padding_has_no_weight_and_no_influence(form) -> None:
    torch.manual_seed(0)
    attend = form()
    query, memory = torch.randn(4, 2, 3, requires_grad=True), torch.randn(6, 2, 5)
    memory[2:, 1] = float("nan")
    context, weights = attend(query, memory, torch.tensor([6, 2]))
    assert weights.shape == (4, 2, 6)
    assert (weights[:, 1, 2:] == 0).all()
    torch.testing.assert_close(weights.sum(2), torch.ones(4, 2))
    alone, _ = attend(query[:, 1:], memory[:2, 1:])
    torch.testing.assert_close(context[:, 1:], alone)
    context.sum().backward()
    assert torch.isfinite(query.grad).all()


@pytest.mark.parametrize("form", FORMS)
def test_all_steps_at_once_are_single_steps(form) -> None:
    torch.manual_seed(0)
    attend, query, memory = form(), torch.randn(4, 2, 3), torch.randn(6, 2, 5)
    whole, _ = attend(query, memory)
    steps = torch.cat([attend(query[t : t + 1], memory)[0] for t in range(4)])
    torch.testing.assert_close(whole, steps)


def test_the_equations_are_those_of_the_papers() -> None:
    torch.manual_seed(0)
    query, memory = torch.randn(1, 1, 3), torch.randn(4, 1, 5)
    luong = MultiplicativeAttention(3, 5)
    scores = memory[:, 0] @ luong.project.weight @ query[0, 0]
    torch.testing.assert_close(luong(query, memory)[1][0, 0], scores.softmax(0))
    bahdanau = AdditiveAttention(3, 5, 4)
    hidden = bahdanau.of_query(query[0, 0]) + memory[:, 0] @ bahdanau.of_memory.weight.T
    scores = hidden.tanh() @ bahdanau.score.weight[0]
    torch.testing.assert_close(bahdanau(query, memory)[1][0, 0], scores.softmax(0))


def test_what_does_not_fit_is_refused() -> None:
    attend = MultiplicativeAttention(3, 5)
    with pytest.raises(ScanError, match=r"memory is \[4, 2, 3\]; it must be \[steps, B, 5\]"):
        attend(torch.zeros(1, 2, 3), torch.zeros(4, 2, 3))
    with pytest.raises(ScanError, match="lengths are 2 numbers of 1 to 4 steps"):
        attend(torch.zeros(1, 2, 3), torch.zeros(4, 2, 5), torch.tensor([0, 4]))
