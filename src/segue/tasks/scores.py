"""A model beside the baselines on the same rows: verdict, table, JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from segue.data.wording import count


@dataclass(frozen=True)
class Measure:
    """How a measure is shown.

    Attributes:
        key: its name in JSON.
        label: its name in tables.
        higher: more is better.
        perfect: the value of a model without error.
        percent: it is shown in percent.
    """

    key: str
    label: str
    higher: bool = False
    perfect: float = 0.0
    percent: bool = False

    def text(self, value: float) -> str:
        """A value as a sentence has it.

        >>> Measure("mase", "MASE").text(0.50612)
        'MASE 0.5061'
        >>> Measure("accuracy", "accuracy", True, 1.0, percent=True).text(0.8125)
        'accuracy 81.25%'
        """
        return f"{self.label} {self.figure(value)}"

    def figure(self, value: float | None) -> str:
        """A value as a table has it; "-" where there is none."""
        if value is None or not math.isfinite(value):
            return "-"
        return f"{100 * value:.2f}%" if self.percent else f"{value:,.4g}"


@dataclass(frozen=True)
class Method:
    """What one method scored over all held-back rows.

    Attributes:
        name: as the table names it.
        metrics: by key.
    """

    name: str
    metrics: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """What JSON says of it; what does not exist is null."""
        return {name: finite(value) for name, value in self.metrics.items()}


@dataclass(frozen=True)
class Scores:
    """A model beside the baselines on the same rows.

    Attributes:
        model: the trained model.
        baselines: what costs nothing, or nearly so.
        MEASURES: those of the table, in its order; the first decides where a task says no other.
        UNIT: what was scored, in the singular.
        REMEDY: what may help a model that does not beat the best baseline.
    """

    model: Method
    baselines: tuple[Method, ...]

    MEASURES: ClassVar[tuple[Measure, ...]] = ()
    UNIT: ClassVar[str] = "held-back row"
    REMEDY: ClassVar[str] = "give the model more data or more epochs"

    @property
    def scored(self) -> int:
        """How many units were scored."""
        raise NotImplementedError

    @property
    def measure(self) -> str:
        """The key of the measure that the comparison goes by."""
        return self.MEASURES[0].key

    @property
    def decisive(self) -> Measure:
        """The measure that the comparison goes by."""
        return next(m for m in self.MEASURES if m.key == self.measure)

    @property
    def shown(self) -> tuple[Measure, ...]:
        """The measures that exist, in the table's order."""
        return tuple(m for m in self.MEASURES if m.key in self.model.metrics)

    @property
    def best_baseline(self) -> Method:
        """The baseline with the least error."""
        return min(self.baselines, key=self._error)

    @property
    def skill(self) -> float:
        """Share of the best baseline's error that the model saves; below 0 it adds to it."""
        error, best = self._error(self.model), self._error(self.best_baseline)
        if best == 0:
            return 0.0 if error == 0 else float("-inf")
        return 1 - error / best

    @property
    def beats(self) -> bool:
        """Whether the model has less error than every baseline."""
        return self.skill > 0

    @property
    def verdict(self) -> str:
        """The result in one sentence: the first thing to say."""
        best, decisive = self.best_baseline, self.decisive
        ours = decisive.text(self.model.metrics[decisive.key])
        theirs = decisive.figure(best.metrics[decisive.key])
        number = f"{self.scored:,} {count(self.scored, self.UNIT).split(' ', 1)[1]}"
        figures = f"{ours} against {theirs} on {number}"
        if not self.beats:
            level = self.skill == 0
            advice = f"use {best.name}, {'which costs less' if level else f'or {self.REMEDY}'}"
            return f"The model does NOT beat {best.name}: {figures}; {advice}"
        share = f"{self.skill:.1%}" if self.skill >= 0.001 else "less than 0.1%"
        by = f"with {share} fewer errors" if decisive.higher else f"by {share}"
        return f"The model beats {best.name}, the best baseline, {by}: {figures}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """The lines under the table."""
        return ()

    def extent(self) -> dict[str, Any]:
        """How much was scored, for JSON."""
        return {}

    def details(self) -> dict[str, Any]:
        """What JSON says beside the methods."""
        return {}

    def _error(self, method: Method) -> float:
        value, decisive = method.metrics[self.measure], self.decisive
        return decisive.perfect - value if decisive.higher else value - decisive.perfect


def as_json(scores: Scores, task: str, run: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that was measured; what does not exist is null.

    Args:
        scores: of the model and the baselines.
        task: its name.
        run: the folder.
        summary: of what was scored.
    """
    return {
        "task": task,
        "run": run,
        "verdict": scores.verdict,
        "beats_best_baseline": scores.beats,
        "best_baseline": scores.best_baseline.name,
        "measure": scores.measure,
        "skill": finite(scores.skill),
        **scores.extent(),
        **summary,
        "model": scores.model.as_json(),
        "baselines": {method.name: method.as_json() for method in scores.baselines},
        **scores.details(),
    }


def finite(value: float) -> float | None:
    """A number that JSON has, else None."""
    return value if math.isfinite(value) else None
