"""Rows dealt out to folds, each with its share of every class."""

import numpy as np
from numpy.typing import NDArray


def stratified_folds(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """The fold of each row, `[N]`: folds differ by at most one row, and by one of each class.

    Args:
        labels: `[N]`.
        count: folds.
        seed: of which rows go where.

    >>> folds = stratified_folds(np.array([0, 0, 0, 0, 1, 1]), count=2, seed=0)
    >>> [np.bincount(part).tolist() for part in (folds, folds[:4], folds[4:])]
    [[3, 3], [2, 2], [1, 1]]
    """
    mixed = np.random.default_rng(seed).permutation(len(labels))
    order = mixed[np.argsort(labels[mixed], kind="stable")]
    folds = np.empty(len(labels), dtype=np.int64)
    folds[order] = np.arange(len(labels)) % count
    return folds
