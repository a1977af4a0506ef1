"""AdamW by rows: what a batch used is changed as AdamW would, and nothing else is touched."""

import copy

import pytest
import torch
from torch import nn
from torch.optim import AdamW, Optimizer

from segue.training import LazyAdamW

HOW = {"lr": 0.05, "weight_decay": 0.1}


class Model(nn.Module):
    def __init__(self, sparse: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(9, 3, sparse=sparse)
        self.head = nn.Linear(3, 1)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.head(self.embed(tokens))
        return y


def steps(model: Model, optimizer: Optimizer, batches: list[list[int]]) -> None:
    for batch in batches:
        optimizer.zero_grad()
        model(torch.tensor(batch)).pow(2).sum().backward()
        optimizer.step()


def test_where_every_row_is_used_it_is_adamw() -> None:
    batches = [[*range(9), 4], [*range(9), 2, 2], [*reversed(range(9))]]
    lazy, plain = Model(sparse=True), Model(sparse=False)
    steps(lazy, LazyAdamW(lazy.parameters(), **HOW), batches)
    steps(plain, AdamW(plain.parameters(), **HOW), batches)
    for name, weight in lazy.state_dict().items():
        torch.testing.assert_close(weight, plain.state_dict()[name])


def test_rows_that_no_batch_used_stay_bit_for_bit() -> None:
    model = Model(sparse=True)
    before = copy.deepcopy(model.state_dict())
    steps(model, LazyAdamW(model.parameters(), **HOW), [[1, 4], [4, 4], [1, 8]])
    changed = (model.embed.weight != before["embed.weight"]).any(1).nonzero().flatten()
    assert changed.tolist() == [1, 4, 8]
    assert bool((model.head.weight != before["head.weight"]).all())


def test_its_state_goes_on_as_if_it_had_not_been_stopped() -> None:
    model = Model(sparse=True)
    optimizer = LazyAdamW(model.parameters(), **HOW)
    steps(model, optimizer, [[1, 4]])
    again = Model(sparse=True)
    again.load_state_dict(model.state_dict())
    resumed = LazyAdamW(again.parameters(), **HOW)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    steps(model, optimizer, [[4, 5], [1]])
    steps(again, resumed, [[4, 5], [1]])
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, again.state_dict()[name])


def test_what_it_does_not_have_is_refused() -> None:
    model = Model(sparse=True)
    optimizer = LazyAdamW(model.parameters(), amsgrad=True)
    model(torch.tensor([1])).sum().backward()
    with pytest.raises(ValueError, match="use AdamW"):
        optimizer.step()
