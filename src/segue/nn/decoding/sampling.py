"""Tokens drawn from what a network says may follow."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

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
    logits: Tensor,
    settings: SamplingSettings,
    generator: torch.Generator,
    seen: Tensor | None = None,
) -> Tensor:
    """Draw a token for each row: int64 `[N]`.

    Args:
        logits: `[N, V]`; -inf for what must not come.
        settings: how to draw.
        generator: of the random numbers; with one seed the tokens are the same on every run.
        seen: bool `[N, V]`, tokens that stand there already; needed for a repetition penalty.

    >>> logits = torch.tensor([[0.0, 3.0, 1.0]])
    >>> sample(logits, SamplingSettings(temperature=0), torch.Generator()).tolist()
    [1]
    >>> sample(logits, SamplingSettings(top_k=1), torch.Generator()).tolist()
    [1]
    """
    if settings.repetition_penalty != 1 and seen is not None:
        changed = torch.where(
            logits > 0, logits / settings.repetition_penalty, logits * settings.repetition_penalty
        )
        logits = torch.where(seen, changed, logits)
    if settings.temperature == 0:
        return logits.argmax(-1)
    kept = _kept(logits.double() / settings.temperature, settings)
    # One uniform number a row, whatever the width: the inverse of the cumulative distribution.
    sums = kept.cumsum(-1)
    drawn = torch.rand(len(kept), 1, generator=generator, dtype=torch.float64) * sums[:, -1:]
    found = torch.searchsorted(sums, drawn, right=True).squeeze(-1)
    last = (kept > 0).double().cumsum(-1).argmax(-1)  # where rounding put the number at the end
    return torch.minimum(found, last)


def _kept(logits: Tensor, settings: SamplingSettings) -> Tensor:
    """Probabilities `[N, V]`, 0 for what is not drawn; they need not add up to 1."""
    probabilities = torch.softmax(logits, -1)
    if 0 < settings.top_k < logits.shape[-1]:
        least = probabilities.topk(settings.top_k, -1).values[:, -1:]
        probabilities = probabilities.masked_fill(probabilities < least, 0)
    if settings.top_p < 1:
        ranked, order = (probabilities / probabilities.sum(-1, keepdim=True)).sort(
            -1, descending=True
        )
        before = ranked.cumsum(-1) - ranked
        out = (before > 0) & (before >= settings.top_p)
        probabilities = probabilities.masked_fill(torch.zeros_like(out).scatter(-1, order, out), 0)
    if settings.min_p > 0:
        most = probabilities.max(-1, keepdim=True).values
        probabilities = probabilities.masked_fill(probabilities < settings.min_p * most, 0)
    return probabilities
