"""What follows each step, in chunks of sequences that are read side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.data.sampling import Chunk, Streams


class Following(NamedTuple):
    """Chunks of sequences side by side.

    Attributes:
        tokens: int64 `[T, B]`.
        targets: int64 `[T, B]`, what follows each.
        reset: bool `[T, B]`, True where a sequence begins.
        lengths: int64 `[B]`, the steps that are real.
    """

    tokens: Tensor
    targets: Tensor
    reset: Tensor
    lengths: Tensor


def following(
    values: NDArray[np.integer],
    place: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    lengths: Sequence[int],
    *,
    rows: int,
    steps: int,
    seed: int,
) -> Streams[Following]:
    """Each step and the one behind it, `rows` sequences side by side, `steps` at a time.

    Args:
        values: ids `[N]`, sequences end to end.
        place: where in `values` the steps are that `Streams` numbers.
        lengths: the steps of each sequence that another one follows.
        rows: at most; fewer where there are not `steps` for each.
        steps: T.
        seed: of the order.

    >>> chunks = following(np.arange(10, 20), lambda at: at, [9], rows=1, steps=4, seed=0)
    >>> chunks.batch(0, 0).targets.flatten().tolist()
    [11, 12, 13, 14]
    """

    def fetch(chunk: Chunk) -> Following:
        at = place(chunk.index.numpy())
        now, after = (torch.from_numpy(values[each].astype(np.int64)) for each in (at, at + 1))
        return Following(now, after, chunk.reset, chunk.lengths)

    rows = max(1, min(rows, sum(lengths) // max(steps, 1)))
    return Streams(fetch, lengths, rows, steps, seed)
