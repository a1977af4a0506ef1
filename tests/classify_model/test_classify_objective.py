"""The loss against a plain computation; validation by rows that a member did not learn from."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from segue.insight.classification import log_loss
from segue.tasks.classify.model import ClassifyConfig, ClassifyModel
from segue.tasks.examples.objective import ClassifyObjective, Labelled, balanced_weights

M, B, K = 3, 6, 4


class Fixed(nn.Module):
    """A model whose logits are given."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, steps: Tensor, lengths: Tensor) -> Tensor:
        return self.logits


def batch_of(folds: list[int], labels: list[int]) -> Labelled:
    rows = len(folds)
    return Labelled(
        torch.zeros(2, rows, dtype=torch.int64),
        torch.full((rows,), 2),
        torch.tensor(labels, dtype=torch.int64),
        torch.tensor(folds, dtype=torch.int64),
    )


LABELS = [0, 1, 2, 3, 1, 0]


@pytest.fixture
def model() -> Fixed:
    torch.manual_seed(0)
    return Fixed(torch.randn(M, B, K))


def test_the_loss_is_the_mean_over_members_and_the_rows_they_may_learn_from(model: Fixed) -> None:
    weights = torch.tensor([1.0, 2.0, 0.5, 3.0])
    folds = [0, 1, 2, -1, 0, 1]
    objective = ClassifyObjective(list, weights=weights, smoothing=0.1)
    step = objective.loss(model, batch_of(folds, LABELS), None)
    total = weight = 0.0
    for m in range(M):
        for row, (fold, label) in enumerate(zip(folds, LABELS, strict=True)):
            if fold == m:
                continue
            target = torch.full((K,), 0.1 / K)
            target[label] += 0.9
            term = -(target * model.logits[m, row].log_softmax(0)).sum()
            total += float((weights[label] * term).detach())
            weight += float(weights[label])
    assert step.weight == pytest.approx(weight)
    assert step.loss.item() == pytest.approx(total / weight, rel=1e-5)


def test_a_member_learns_nothing_from_its_fold(model: Fixed) -> None:
    objective = ClassifyObjective(list)
    objective.loss(model, batch_of([0, 1, 2, -1, 0, 1], LABELS), None).loss.backward()
    assert model.logits.grad is not None
    learned = model.logits.grad.abs().sum(2) > 0
    assert learned.T.tolist() == [
        [False, True, True],
        [True, False, True],
        [True, True, False],
        [True, True, True],
        [False, True, True],
        [True, False, True],
    ]


def test_balanced_classes_count_alike() -> None:
    labels = np.repeat([0, 1, 3], [90, 9, 1])
    weights = balanced_weights(labels, 4).numpy()
    assert weights[2] == 0
    assert weights[labels].mean() == pytest.approx(1)
    shares = [weights[labels][labels == label].sum() for label in (0, 1, 3)]
    assert shares == pytest.approx([shares[0]] * 3)


def test_a_batch_of_no_rows_has_no_weight() -> None:
    step = ClassifyObjective(list).loss(Fixed(torch.zeros(2, 0, 3)), batch_of([], []), None)
    assert step.weight == 0
    assert step.loss.item() == 0


def test_validation_asks_the_member_that_a_row_was_kept_from(model: Fixed) -> None:
    folds = [0, 1, 2, -1, 0, 1]
    objective = ClassifyObjective(lambda: [batch_of(folds, LABELS)])
    with torch.no_grad():
        found = objective.evaluate(model.eval(), lambda: None)
        unseen = objective.unseen(model)
    rows = [model.logits[fold, row] for row, fold in enumerate(folds)]
    rows[3] = model.logits[:, 3].mean(0)
    logits = torch.stack(rows).detach().double()
    expected = torch.softmax(logits / objective.temperature(unseen), 1).numpy()
    assert found["loss"] == pytest.approx(log_loss(np.array(LABELS), expected))
    assert found["accuracy"] == pytest.approx((expected.argmax(1) == LABELS).mean())


def test_the_validation_loss_does_not_ask_how_sure_the_network_is() -> None:
    torch.manual_seed(0)
    logits = torch.randn(1, 600, K)
    logits[0, torch.arange(600), torch.tensor(LABELS * 100)] += 1
    objective = ClassifyObjective(lambda: [batch_of([-1] * 600, LABELS * 100)])
    modest, sure = Fixed(logits / 3), Fixed(logits * 3)
    one, other = (objective.evaluate(each, lambda: None) for each in (modest, sure))
    assert one == pytest.approx(other, rel=0.01)


def test_validation_can_be_interrupted(model: Fixed) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ClassifyObjective(lambda: [batch_of([-1] * B, LABELS)]).evaluate(model, stop)


def test_a_few_steps_tell_two_words_apart() -> None:
    torch.manual_seed(0)
    labels = torch.arange(64) % 2
    tokens = torch.randint(4, 20, (8, 64))
    tokens[3] = labels + 2
    folds = torch.arange(64) // 2 % 2
    batch = Labelled(tokens, torch.full((64,), 8), labels, folds)
    model = ClassifyModel(ClassifyConfig(classes=2, vocabulary=20, hidden=16, members=2))
    objective = ClassifyObjective(lambda: [batch], smoothing=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(60):
        optimizer.zero_grad()
        objective.loss(model, batch, None).loss.backward()
        optimizer.step()
    found = objective.evaluate(model.eval(), lambda: None)
    assert found["accuracy"] == 1
    assert found["loss"] < 0.1
