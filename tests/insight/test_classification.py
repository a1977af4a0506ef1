"""Measures of a classification against cases worked out by hand, and against scikit-learn."""

import math

import numpy as np
import pytest

from segue.insight.calibration import fit_temperature, unseen_probabilities
from segue.insight.classification import (
    accuracy,
    calibration_error,
    confusion,
    log_loss,
    macro_f1,
    per_class,
    reliability,
)

# Ten rows: class 0 is right three times of four, class 1 once of three, class 2 always.
TRUTH = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
DECIDED = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
MATRIX = np.array([[3, 1, 0], [0, 1, 2], [0, 0, 3]])


def test_confusion_has_the_truth_in_its_rows() -> None:
    assert (confusion(TRUTH, DECIDED, 3) == MATRIX).all()
    assert confusion(TRUTH, DECIDED, 5).shape == (5, 5)


def test_each_class() -> None:
    found = per_class(MATRIX)
    assert found.precision == pytest.approx([1, 1 / 2, 3 / 5])
    assert found.recall == pytest.approx([3 / 4, 1 / 3, 1])
    assert found.f1 == pytest.approx([6 / 7, 2 / 5, 3 / 4])
    assert found.support.tolist() == [4, 3, 3]
    assert accuracy(MATRIX) == pytest.approx(0.7)
    assert macro_f1(MATRIX) == pytest.approx((6 / 7 + 2 / 5 + 3 / 4) / 3)


def test_a_class_that_never_occurs_counts_for_nothing_and_one_never_decided_for_0() -> None:
    matrix = np.array([[2, 0, 0], [1, 0, 0], [0, 0, 0]])
    found = per_class(matrix)
    assert found.precision.tolist() == pytest.approx([2 / 3, 0, 0])
    assert found.recall.tolist() == [1, 0, 0]
    assert macro_f1(matrix) == pytest.approx((4 / 5 + 0) / 2)


def test_measures_are_those_of_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(0)
    truth, probabilities = rng.integers(6, size=500), rng.dirichlet(np.ones(6), 500)
    decided = probabilities.argmax(1)
    matrix = confusion(truth, decided, 6)
    assert (matrix == metrics.confusion_matrix(truth, decided)).all()
    assert macro_f1(matrix) == pytest.approx(metrics.f1_score(truth, decided, average="macro"))
    assert log_loss(truth, probabilities) == pytest.approx(metrics.log_loss(truth, probabilities))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(truth, decided)
    found = per_class(matrix)
    assert found.precision == pytest.approx(precision)
    assert found.recall == pytest.approx(recall)
    assert found.f1 == pytest.approx(f1)
    assert (found.support == support).all()


def test_log_loss_by_hand() -> None:
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75], [1.0, 0.0]])
    truth = np.array([0, 0, 1])
    terms = [math.log(2), math.log(4), -math.log(1e-15)]
    assert log_loss(truth, probabilities) == pytest.approx(sum(terms) / 3)
    weighted = (terms[0] + terms[1] + 2 * terms[2]) / 4
    assert log_loss(truth, probabilities, np.array([1.0, 2.0])) == pytest.approx(weighted)


def test_calibration_error_by_hand() -> None:
    # Two bins of ten: (0.5, 0.6] with 0.6, 0.6, one of them right; (0.9, 1] with 0.95, wrong.
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.05, 0.95]])
    truth = np.array([0, 1, 0])
    expected = 2 / 3 * abs(0.6 - 0.5) + 1 / 3 * abs(0.95 - 0)
    assert calibration_error(truth, probabilities, bins=10) == pytest.approx(expected)
    bins = reliability(truth, probabilities, bins=10)
    assert bins.confidence == pytest.approx([0.6, 0.95])
    assert bins.accuracy.tolist() == [0.5, 0]
    assert bins.rows.tolist() == [2, 1]


def test_calibration_error_of_sure_and_right_is_0() -> None:
    assert calibration_error(np.array([0, 1]), np.eye(2)) == 0
    assert calibration_error(np.array([1, 0]), np.eye(2)) == 1


def test_the_temperature_undoes_a_scale_of_the_logits() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(1, 20_000, 3)) * 2
    shares = unseen_probabilities(logits, np.full(20_000, -1), 1.0)
    truth = (rng.random((20_000, 1)) > shares.cumsum(1)).sum(1)
    for factor in (0.5, 1.0, 4.0):
        found = fit_temperature(logits * factor, truth, np.full(20_000, -1))
        assert found == pytest.approx(factor, rel=0.03)
    hot = fit_temperature(logits * 4, truth, np.full(20_000, -1))
    calibrated = unseen_probabilities(logits * 4, np.full(20_000, -1), hot)
    assert calibration_error(truth, calibrated) < 0.015
    assert calibration_error(truth, unseen_probabilities(logits * 4, np.full(20_000, -1), 1)) > 0.1


def test_few_rows_that_are_all_right_do_not_make_it_certain() -> None:
    logits = np.array([[[2.0, 0.0]] * 5])
    temperature = fit_temperature(logits, np.zeros(5, dtype=np.int64), np.full(5, -1))
    assert 0.2 < temperature < 1


def test_a_row_is_judged_by_the_network_that_it_was_kept_from() -> None:
    logits = np.random.default_rng(0).normal(size=(3, 4, 2))
    found = unseen_probabilities(logits, np.array([0, 2, -1, 1]), 1.0)
    each = unseen_probabilities(logits[:1], np.full(4, -1), 1.0)
    assert found[0] == pytest.approx(each[0])
    assert found[1] == pytest.approx(unseen_probabilities(logits[2:], np.full(4, -1), 1.0)[1])
    assert found[2] == pytest.approx(unseen_probabilities(logits, np.full(4, -1), 1.0)[2])
