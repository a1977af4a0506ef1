"""How good a simulator is beside a linear one, on the same records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segue.tasks.scores import Measure, Method, Scores

Floats = NDArray[np.float64]
Simulated = Sequence[Floats]
"""Outputs `[T, Y]` of each record, in the units of the data, without what was left out."""


@dataclass(frozen=True, eq=False)
class IdentifyScores(Scores):
    """A simulator beside the mean and a linear model.

    Attributes:
        outputs: names of the outputs.
        truth: what was measured.
        simulated: what each method says, by name.
        by_output: RMSE and FIT of each output, by method.
        left_out: samples at the start of each record that are not scored.
        one_step: whether the measured output before was known at each step.
    """

    outputs: tuple[str, ...]
    truth: Simulated
    simulated: Mapping[str, Simulated]
    by_output: Mapping[str, Mapping[str, tuple[float, float]]]
    left_out: int
    one_step: bool

    UNIT = "held-back sample"
    REMEDY = "give the model more data or more epochs"

    MEASURES = (
        Measure("nrmse", "RMSE / spread"),
        Measure("rmse", "RMSE"),
        Measure("fit", "FIT, percent", higher=True, perfect=100.0),
    )

    @property
    def measure(self) -> str:
        """RMSE in the unit of the data; of several outputs, relative to the spread of each."""
        return "rmse" if len(self.outputs) == 1 else "nrmse"

    @property
    def scored(self) -> int:
        """How many samples were scored."""
        return sum(len(one) for one in self.truth)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was measured, and each output by itself."""
        what = (
            "One step ahead from measured outputs: this is no simulation."
            if self.one_step
            else "Free simulation: no measured output is read on the way."
        )
        left = f" The first {self.left_out} samples of each record are left out."
        lines = [what + (left if self.left_out else "")]
        mine = self.by_output[self.model.name]
        if len(self.outputs) > 1:
            lines += [
                f"{name}: RMSE {rmse:.4g}, FIT {fit:.2f}%" for name, (rmse, fit) in mine.items()
            ]
        return tuple(lines)

    def extent(self) -> dict[str, Any]:
        """How much was scored, for JSON."""
        return {
            "records": len(self.truth),
            "samples": self.scored,
            "left_out": self.left_out,
            "prediction": "one step ahead" if self.one_step else "simulation",
        }

    def details(self) -> dict[str, Any]:
        """Each output by itself, for JSON."""
        return {
            "by_output": {
                method: {name: {"rmse": rmse, "fit": fit} for name, (rmse, fit) in each.items()}
                for method, each in self.by_output.items()
            }
        }


def compare(
    model: str,
    outputs: tuple[str, ...],
    truth: Simulated,
    simulated: Mapping[str, Simulated],
    left_out: int,
    *,
    one_step: bool,
) -> IdentifyScores:
    """Scores of methods on the same records; the first of them is the model.

    FIT is 100 (1 - |y - y'| / |y - mean|), as MATLAB's `compare` has it.
    """
    y = np.concatenate(list(truth))
    spread = np.maximum(y.std(0), 1e-30)
    methods, by_output = [], {}
    for name, said in simulated.items():
        rmse = np.sqrt(((np.concatenate(list(said)) - y) ** 2).mean(0))
        fit = 100 * (1 - rmse / spread)
        by_output[name] = {
            out: (float(r), float(f)) for out, r, f in zip(outputs, rmse, fit, strict=True)
        }
        metrics = {"rmse": float(rmse[0]), "fit": float(fit[0])}
        if len(outputs) > 1:
            nrmse = float(np.sqrt(((rmse / spread) ** 2).mean()))
            metrics = {"nrmse": nrmse, "fit": float(fit.mean())}
        methods.append(Method(name, metrics))
    first, *others = methods
    assert first.name == model  # noqa: S101 - by the order of what is given
    return IdentifyScores(
        first, tuple(others), outputs, truth, simulated, by_output, left_out, one_step
    )
