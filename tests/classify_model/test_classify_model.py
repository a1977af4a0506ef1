"""The classifier: a row's result depends on that row alone; what it is built from is bounded."""

from typing import Any

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load, save
from torch import Tensor

from segue.cells import by_name
from segue.tasks.classify.explain import explain
from segue.tasks.classify.model import ClassifyConfig, ClassifyModel
from segue.tasks.classify.settings import Pool

LENGTHS = torch.tensor([9, 1, 5, 9])
TEXT: dict[str, Any] = {"vocabulary": 20, "word_dropout": 0.3}
SERIES: dict[str, Any] = {"channels": 3, "frame": 4, "hop": 2, "noise": 0.1}
SHAPES: dict[str, dict[str, Any]] = {
    "text": TEXT,
    "series": SERIES,
    "series with missing values": {**SERIES, "missing": True},
    "two layers in both directions, all pools": {**TEXT, "layers": 2, "pools": tuple(Pool)},
    "one direction": {**SERIES, "bidirectional": False, "pools": ("last",)},
    "members": {**TEXT, "members": 3},
    "element dropout": {**TEXT, "variational": False, "layers": 2},
}


def build(**options: Any) -> ClassifyModel:
    torch.manual_seed(0)
    config = ClassifyConfig(**{"classes": 4, "hidden": 6, "embedding": 5, **options})
    model = ClassifyModel(config)
    if config.channels is not None:
        model.prepare(torch.randn(100, 3).numpy() * 5 + 2)
    return model.eval()


def steps_of(model: ClassifyModel, fill: float | int) -> Tensor:
    torch.manual_seed(1)
    if model.config.vocabulary is not None:
        x = torch.randint(20, (9, 4))
    else:
        x = torch.randn(9, 4, 3)
        if model.config.missing:
            x[2, :, 1] = float("nan")
    for row, length in enumerate(LENGTHS):
        x[length:, row] = fill
    return x


@pytest.fixture(params=SHAPES)
def model(request: pytest.FixtureRequest) -> ClassifyModel:
    return build(**SHAPES[request.param])


def fills(model: ClassifyModel) -> tuple[float, ...]:
    return (0, 19) if model.config.vocabulary is not None else (0.0, 1e30, float("nan"))


@torch.no_grad()
def test_padding_is_never_read(model: ClassifyModel) -> None:
    clean, *others = (model(steps_of(model, fill), LENGTHS) for fill in fills(model))
    assert clean.shape == (model.config.members, 4, 4)
    assert clean.isfinite().all()
    for other in others:
        torch.testing.assert_close(other, clean, rtol=0, atol=0)


@torch.no_grad()
def test_a_row_is_decided_as_if_it_were_alone(model: ClassifyModel) -> None:
    steps = steps_of(model, fills(model)[-1])
    together = model(steps, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        alone = model(steps[:length, row : row + 1], LENGTHS[row : row + 1])
        torch.testing.assert_close(together[:, row : row + 1], alone, rtol=1e-5, atol=1e-6)


def test_padding_gets_no_gradient(model: ClassifyModel) -> None:
    model.train()
    model(steps_of(model, fills(model)[-1]), LENGTHS).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@torch.no_grad()
def test_the_scale_and_temperature_are_saved_with_the_weights(model: ClassifyModel) -> None:
    model.temperature.fill_(2.5)
    other = ClassifyModel(model.config).eval()
    other.load_state_dict(load(save(model.state_dict())))
    steps = steps_of(model, 0)
    found, expected = (m.probabilities(steps, LENGTHS) for m in (other, model))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    model.temperature.fill_(1.0)
    assert not torch.allclose(model.probabilities(steps, LENGTHS), expected)


@torch.no_grad()
def test_probabilities_are_those_of_the_mean_logits() -> None:
    model = build(**TEXT, members=3)
    steps = steps_of(model, 0)
    logits = model(steps, LENGTHS)
    assert not torch.allclose(logits[0], logits[1]), "members differ in how they start"
    expected = torch.softmax(logits.double().mean(0), 1)
    torch.testing.assert_close(model.probabilities(steps, LENGTHS), expected)


@torch.no_grad()
def test_numbers_are_read_in_units_of_their_spread() -> None:
    model, other = build(**SERIES), build(**SERIES)
    rows = torch.randn(50, 3).double()
    model.prepare(rows.numpy())
    other.prepare((1000 * rows + 7).numpy())
    x = torch.randn(9, 4, 3).double()
    torch.testing.assert_close(model(x, LENGTHS), other(1000 * x + 7, LENGTHS))


def test_a_missing_number_is_not_the_mean() -> None:
    model = build(**SERIES, missing=True)
    assert model.scale is not None
    x = torch.randn(9, 1, 3)
    absent, mean = x.clone(), x.clone()
    absent[3, 0, 1], mean[3, 0, 1] = float("nan"), float(model.scale.loc[1])
    lengths = torch.tensor([9])
    assert not torch.allclose(model(absent, lengths), model(mean, lengths))


@pytest.mark.parametrize("cell", sorted(by_name()))
def test_any_cell_serves(cell: str) -> None:
    model = build(**TEXT, cell=cell).train()
    logits = model(steps_of(model, 0), LENGTHS)
    logits.sum().backward()
    assert logits.isfinite().all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"vocabulary": 5, "channels": 3},
        {"vocabulary": 5, "classes": 1},
        {"vocabulary": 5, "cell": "transformer"},
        {"vocabulary": 5, "hidden": 10**9},
        {"vocabulary": 10**12},
        {"vocabulary": 5, "layers": 10**6},
        {"vocabulary": 5, "hidden": 8192, "layers": 64},
        {"vocabulary": 10_000_000, "embedding": 8192},
        {"channels": 1_000_000, "frame": 10_000},
        {"vocabulary": 5, "classes": 100_000, "hidden": 8192},
        {"vocabulary": 5, "members": 0},
        {"vocabulary": 5, "dropout": 1.0},
        {"vocabulary": 5, "dropout": float("nan")},
        {"vocabulary": 5, "pools": ()},
        {"vocabulary": 5, "pools": ("max", "max")},
        {"vocabulary": 5, "frame": 2},
        {"vocabulary": 5, "missing": True},
        {"channels": 2, "frame": 2, "hop": 3},
        {"channels": 2, "surprise": 1},
    ],
)
def test_what_cannot_be_built_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClassifyConfig(**{"classes": 3, **options})


def test_explanations_are_complete(model: ClassifyModel) -> None:
    steps = steps_of(model, 0)[:, 0]
    found = explain(model, steps, decided=2)
    assert found.values.shape == steps.shape
    with torch.no_grad():
        here = model.probabilities(steps[:, None], LENGTHS[:1])[0, 2].item()
    assert found.end == pytest.approx(here, abs=1e-5)
    assert found.gap <= 0.02 * abs(found.end - found.start) + 1e-5
    assert found.values.abs().sum() > 0
