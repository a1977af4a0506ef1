"""From examples to batches, and back to the examples' order."""

import numpy as np
import pytest
import torch

from segue.data.ragged import Ragged
from segue.tasks.classify.defaults import suggest_numbers, suggest_text
from segue.tasks.classify.model import ClassifyConfig, ClassifyModel
from segue.tasks.examples.batches import learning, probabilities, validating

RNG = np.random.default_rng(0)
INPUTS = Ragged.of([RNG.integers(2, 50, size=n).astype(np.int32) for n in [5, 1, 9, 3, 9, 2, 7]])
LABELS = np.array([0, 1, 0, 1, 1, 0, 1])
FOLDS = np.array([0, 1, -1, 0, 1, 0, 1])


def test_every_example_comes_with_its_label_and_fold() -> None:
    source = learning(INPUTS, LABELS, FOLDS, seed=0, rows=3, passes=2)
    found = []
    for index in range(len(source)):
        batch = source.batch(0, index)
        for row, length in enumerate(batch.lengths.tolist()):
            tokens = tuple(batch.steps[:length, row].tolist())
            found.append((tokens, int(batch.labels[row]), int(batch.folds[row])))
    every = [(tuple(INPUTS[i].tolist()), int(LABELS[i]), int(FOLDS[i])) for i in range(len(INPUTS))]
    assert sorted(found) == sorted(every * 2)


def test_validation_gives_the_same_batches_again() -> None:
    batches = validating(INPUTS, LABELS, FOLDS)
    once, again = list(batches()), list(batches())
    assert sum(len(batch.labels) for batch in once) == len(INPUTS)
    for one, other in zip(once, again, strict=True):
        assert torch.equal(one.steps, other.steps)


def test_probabilities_come_in_the_order_of_the_examples() -> None:
    torch.manual_seed(0)
    model = ClassifyModel(ClassifyConfig(classes=3, vocabulary=50, hidden=8, dropout=0.5))
    found = probabilities(model, INPUTS)
    assert found.sum(1) == pytest.approx(np.ones(7))
    for i in range(len(INPUTS)):
        tokens = torch.from_numpy(INPUTS[i]).long()[:, None]
        with torch.no_grad():
            alone = model.probabilities(tokens, torch.tensor([len(tokens)]))[0]
        assert found[i] == pytest.approx(alone.numpy(), abs=1e-6)


@pytest.mark.parametrize("rows", [2, 50, 900, 6_000])
@pytest.mark.parametrize("length", [1, 7, 150, 4_000, 100_000])
def test_what_is_suggested_can_be_built_and_trained(rows: int, length: int) -> None:
    lengths = np.full(rows, length)
    for model, how in (
        suggest_text(lengths, classes=2, vocabulary=100),
        suggest_numbers(lengths, classes=2, channels=3),
    ):
        assert (model.members > 1) == how.folds
        steps = how.epochs * how.passes * -(-rows // how.batch_size)
        assert steps <= 1200
        assert model.frame <= length or model.channels is None
        tokens = model.members * how.epochs * how.passes * rows * -(-length // model.hop)
        assert steps >= 200 or tokens > 2e7, "few steps only where each is long"
        assert tokens < max(1e8, 4 * rows * length), "minutes, not hours"
        if model.channels is not None:
            assert length // model.hop <= 512
