"""Tokens drawn from what a network says may follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from segue.errors import ScanError


@dataclass(frozen=True)
class SamplingSettings:
    """How tokens are drawn. The rules apply in this order.

    Attributes:
        repetition_penalty: logits of tokens that stand there already are divided by it where they
            are positive, else multiplied (N. S. Keskar et al., "CTRL", 2019); 1 changes nothing.
        temperature: logits are divided by it; 0 always takes the likeliest token.
        top_k: only so many of the likeliest are drawn (A. Fan et al., ACL 2018); 0 takes all.
        top_p: only the fewest likeliest that together have this probability (A. Holtzman et al.,
            "The curious case of neural text degeneration", ICLR 2020); 1 takes all.
        min_p: only those with this share of the likeliest one's probability (M. Nguyen et al.,
            2024); 0 takes all.
    """

    repetition_penalty: float = 1.0
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    min_p: float = 0.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("repetition_penalty", 0.01, 100.0), ("temperature", 0.0, 100.0), ("top_k", 0, 2**31),
            ("top_p", 0.0, 1.0), ("min_p", 0.0, 1.0),
        ):  # fmt: skip
            value = getattr(self, name)
            if not low <= value <= high:
                raise ScanError(f"{name} is {value}; it must be {low:g} to {high:g}")


def sample(
    logits: NDArray[np.floating],
    settings: SamplingSettings,
    generator: torch.Generator,
    seen: NDArray[np.bool_] | None = None,
) -> NDArray[np.int64]:
    """Draw a token for each row: int64 `[N]`.

    They are arrays, not tensors: of one row NumPy's functions cost a tenth of torch's.

    Args:
        logits: `[N, V]`; -inf for what must not come.
        settings: how to draw.
        generator: of the random numbers; with one seed the tokens are the same on every run.
        seen: bool `[N, V]`, tokens that stand there already; needed for a repetition penalty.

    >>> logits = np.array([[0.0, 3.0, 1.0]])
    >>> sample(logits, SamplingSettings(temperature=0), torch.Generator()).tolist()
    [1]
    >>> sample(logits, SamplingSettings(top_k=1), torch.Generator()).tolist()
    [1]
    """
    scores = logits.astype(np.float64)
    if settings.repetition_penalty != 1 and seen is not None:
        by = settings.repetition_penalty
        scores = np.where(seen, np.where(scores > 0, scores / by, scores * by), scores)
    if settings.temperature == 0:
        likeliest: NDArray[np.int64] = scores.argmax(-1)
        return likeliest
    if settings.temperature != 1:
        scores /= settings.temperature
    kept = _kept(scores, settings)
    # One uniform number a row, whatever the width: the inverse of the cumulative distribution.
    sums = kept.cumsum(-1)
    uniform = torch.rand(len(kept), 1, generator=generator, dtype=torch.float64).numpy()
    drawn = uniform * sums[:, -1:]
    found: NDArray[np.int64] = (sums <= drawn).sum(-1)
    for row in np.flatnonzero(drawn[:, 0] >= sums[:, -1]):  # rounding put the number at the end
        found[row] = np.flatnonzero(kept[row])[-1]
    return found


def _kept(scores: NDArray[np.float64], settings: SamplingSettings) -> NDArray[np.float64]:
    """Weights `[N, V]`, 0 for what is not drawn; they need not add up to 1."""
    weights: NDArray[np.float64] = np.exp(scores - scores.max(-1, keepdims=True))
    if 0 < settings.top_k < scores.shape[-1]:
        place = scores.shape[-1] - settings.top_k
        weights[weights < np.partition(weights, place)[:, place, None]] = 0
    if settings.top_p < 1:
        order = np.argsort(-weights, kind="stable")
        ranked = np.take_along_axis(weights, order, -1) / weights.sum(-1, keepdims=True)
        before = ranked.cumsum(-1) - ranked
        out = (before > 0) & (before >= settings.top_p)
        np.put_along_axis(weights, order, np.take_along_axis(weights, order, -1) * ~out, -1)
    if settings.min_p > 0:
        weights[weights < settings.min_p * weights.max(-1, keepdims=True)] = 0
    return weights
