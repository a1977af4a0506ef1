"""The classifier in the training loop: killed and resumed, it ends with the same bits."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import AdamW
from torch.optim.lr_scheduler import OneCycleLR

from segue.data.folds import stratified_folds
from segue.data.ragged import Ragged
from segue.data.repeated import Repeated
from segue.tasks.classify.model import ClassifyConfig, ClassifyModel
from segue.tasks.examples.batches import learning, probabilities, validating
from segue.tasks.examples.objective import ClassifyObjective, Labelled
from segue.training import RunFolder, TrainConfig, fit, seed_all
from segue.training.progress import Silent

RNG = np.random.default_rng(0)
LABELS = np.arange(60) % 3
INPUTS = Ragged.of(
    np.where(np.arange(size) == 2, label + 2, RNG.integers(5, 20, size=size)).astype(np.int32)
    for size, label in zip(RNG.integers(4, 9, size=60), LABELS, strict=True)
)
FOLDS = stratified_folds(LABELS, 2, seed=0)


class PowerError(Exception):
    """It failed."""


class Failing(Repeated[Labelled]):
    """Batches until the power fails."""

    def batch(self, epoch: int, index: int) -> Labelled:
        if (epoch, index) == (2, 3):
            raise PowerError
        return super().batch(epoch, index)


def train(run: RunFolder, *, failing: bool = False, resume: bool = False) -> ClassifyModel:
    seed_all(0)
    model = ClassifyModel(
        ClassifyConfig(classes=3, vocabulary=20, hidden=8, word_dropout=0.1, members=2)
    )
    source = learning(INPUTS, LABELS, FOLDS, seed=0, rows=16, passes=2)
    if failing:
        source = Failing(source.rows, source.passes)
    optimizer = AdamW(model.parameters(), lr=2e-2)
    fit(
        model,
        ClassifyObjective(validating(INPUTS, LABELS, FOLDS), smoothing=0.1),
        source,
        optimizer,
        schedule=OneCycleLR(optimizer, 2e-2, total_steps=6 * len(source) + 1, pct_start=0.2),
        config=TrainConfig(epochs=6, clip_norm=1.0, checkpoint_every=3),
        run=run,
        progress=Silent(),
        resume=resume,
    )
    return model


def test_a_training_that_was_cut_short_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = train(RunFolder.create(tmp_path / "whole"))
    run = RunFolder.create(tmp_path / "cut")
    with pytest.raises(PowerError):
        train(run, failing=True)
    resumed = train(run, resume=True)
    for name, value in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value, rtol=0, atol=0, msg=name)
    assert (probabilities(whole, INPUTS).argmax(1) == LABELS).mean() > 0.95
