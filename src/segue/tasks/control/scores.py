"""How good a policy is beside chance, on the same seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.tasks.scores import Measure, Method, Scores


@dataclass(frozen=True, eq=False)
class ControlScores(Scores):
    """A policy beside random and constant actions.

    Attributes:
        returns: the sum of rewards of each episode `[N]`, by method.
        memoryless: whether the policy remembers nothing.
    """

    returns: Mapping[str, NDArray[np.float64]]
    memoryless: bool

    UNIT = "episode"
    REMEDY = "give it more --steps"

    MEASURES = (
        Measure("return", "return", higher=True, perfect=0.0),
        Measure("deviation", "deviation"),
        Measure("worst", "worst", higher=True),
        Measure("best", "best", higher=True),
    )

    @property
    def scored(self) -> int:
        """How many episodes were played."""
        return len(self.returns[self.model.name])

    @property
    def skill(self) -> float:
        """What the policy gains on the best baseline, in shares of that one's size."""
        ours = self.model.metrics["return"]
        theirs = max(method.metrics["return"] for method in self.baselines)
        return (ours - theirs) / max(abs(theirs), 1e-9)

    @property
    def best_baseline(self) -> Method:
        """The baseline with the highest return."""
        return max(self.baselines, key=lambda method: method.metrics["return"])

    @property
    def verdict(self) -> str:
        """The result in one sentence."""
        best, ours = self.best_baseline, self.model.metrics["return"]
        theirs = best.metrics["return"]
        figures = f"return {ours:,.4g} against {theirs:,.4g} on {self.scored} episodes"
        if not self.beats:
            return f"The policy does NOT beat {best.name}: {figures}; {self.REMEDY}"
        return f"The policy beats {best.name}, the best baseline: {figures}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """How it was played."""
        kind = "This policy remembers nothing." if self.memoryless else (
            "What its memory brings, a training with --memoryless tells."
        )  # fmt: skip
        return (f"The likeliest action at each step; the memory is empty at each start. {kind}",)

    def extent(self) -> dict[str, Any]:
        """How much was played, for JSON."""
        return {"episodes": self.scored, "memoryless": self.memoryless}

    def details(self) -> dict[str, Any]:
        """Every return of the policy, for JSON."""
        return {"returns": self.returns[self.model.name].tolist()}


def compare(
    model: str, returns: Mapping[str, NDArray[np.float64]], *, memoryless: bool
) -> ControlScores:
    """Scores of methods on the same seeds; the first of them is the model."""
    methods = [
        Method(
            name,
            {
                "return": float(each.mean()),
                "deviation": float(each.std()),
                "worst": float(each.min()),
                "best": float(each.max()),
            },
        )
        for name, each in returns.items()
    ]
    first, *others = methods
    assert first.name == model  # noqa: S101 - by the order of what is given
    return ControlScores(first, tuple(others), returns, memoryless)
