"""Fine-tuning: which layers learn when, and how fast, with any optimizer, and exactly resumed."""

import copy

import pytest
import torch
from line_task import CrashError, Crashing, Line, config, rows
from torch import nn

from segue.training import FineTuning, RunFolder, Silent, by_layer, distributed, fit, seed_all
from segue.training.learner import Learner


def deep() -> nn.Sequential:
    seed_all(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(4, 1)).double()


def layers(model: nn.Sequential):
    return tuple(tuple(part.parameters()) for part in reversed(list(model)))


def learner(model: nn.Sequential, make, tuning: FineTuning | None, **changes) -> Learner:
    world = distributed.current()
    return Learner(model, Line(), make(model.parameters()), None, config(**changes), world, tuning)


def adamw(params):
    return torch.optim.AdamW(params, 0.01, weight_decay=0.1)


def sgd(params):
    return torch.optim.SGD(params, 0.01)


def moves(model: nn.Sequential, before: dict) -> list[float]:
    """How far the weights of each layer, from the bottom, have gone."""
    now = model.state_dict()
    return [float((now[f"{i}.weight"] - before[f"{i}.weight"]).norm()) for i in range(3)]


@pytest.mark.parametrize("make", [adamw, sgd])
def test_layers_thaw_from_the_top(make) -> None:
    model = deep()
    taught = learner(model, make, FineTuning(layers(model), unfreeze=2))
    for epoch, still in enumerate([2, 2, 1, 1, 0, 0]):
        before = copy.deepcopy(model.state_dict())
        taught.begin_epoch(epoch)
        taught.step([rows().batch(epoch, 0)], None)
        assert [move == 0 for move in moves(model, before)] == [i < still for i in range(3)]


def test_what_is_frozen_has_no_part_in_the_norm_that_is_clipped() -> None:
    model, batch = deep(), rows().batch(0, 0)
    Line().loss(model, batch, None).loss.backward()
    top = torch.cat([p.grad.flatten() for p in model[2].parameters()]).norm()
    taught = learner(model, sgd, FineTuning(layers(model), unfreeze=1), clip_norm=0.1)
    taught.begin_epoch(0)
    before = copy.deepcopy(model.state_dict())
    assert taught.step([batch], None).norm == pytest.approx(float(top))
    moved = torch.cat([(p - before[f"2.{n}"]).flatten() for n, p in model[2].named_parameters()])
    assert float(moved.detach().norm()) == pytest.approx(0.01 * 0.1)


@pytest.mark.parametrize("make", [adamw, sgd])
def test_a_layer_learns_at_its_share_of_the_rate(make) -> None:
    """As if it had a group of its own with that rate."""
    model, other = deep(), deep()
    taught = learner(model, make, FineTuning(layers(model), layer_decay=0.25))
    rate = make(other.parameters()).defaults["lr"]
    groups = [
        {"params": list(part.parameters()), "lr": rate * share}
        for part, share in zip(other, (0.0625, 0.25, 1.0), strict=True)
    ]
    grouped = make(groups)
    for number in range(3):
        batch = rows().batch(0, number)
        taught.step([batch], None)
        grouped.zero_grad()
        Line().loss(other, batch, None).loss.backward()
        grouped.step()
    for a, b in zip(model.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-14)


def test_a_training_that_was_killed_goes_on_with_the_same_bits(tmp_path) -> None:
    def train(name: str, objective=None, resume: bool = False) -> nn.Sequential:
        model = deep()
        run = RunFolder.create(tmp_path / name, resume=resume)
        if not resume:
            run.write_config({})
        fit(
            model,
            objective or Line(),
            rows(),
            adamw(model.parameters()),
            config=config(epochs=3, checkpoint_every=2),
            run=run,
            tuning=FineTuning(layers(model), unfreeze=1, layer_decay=0.5),
            progress=Silent(),
            resume=resume,
        )
        return model

    whole = train("whole")
    with pytest.raises(CrashError):
        train("killed", Crashing(8))
    again = train("killed", resume=True)
    for a, b in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(a, b)


def test_layers_are_found_by_name_and_what_is_new_is_on_top() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(5, 2)
            self.layers = nn.ModuleList(nn.GRU(2, 2) for _ in range(2))
            self.head = nn.Linear(2, 2)

    model = Model()
    names = [name for name, _ in model.named_parameters()]
    tuning = by_layer(model, [n for n in names if not n.startswith("head")], 1, 0.5)
    top, second, first, table = tuning.layers
    assert [p is q for p, q in zip(top, model.head.parameters(), strict=True)] == [True, True]
    assert {id(p) for p in second} == {id(p) for p in model.layers[1].parameters()}
    assert {id(p) for p in first} == {id(p) for p in model.layers[0].parameters()}
    assert table == (model.embed.weight,)
    assert len(by_layer(model, names, 1, 0.5).layers) == 4, "all taken: the head is on top alone"
