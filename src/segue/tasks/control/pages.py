"""From a finished training to what the report shows of a policy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from segue.insight.curves import Curve, measure_section
from segue.insight.policies import episode_section, returns_section
from segue.insight.report import Section
from segue.tasks.control.playing import watched
from segue.tasks.control.prepared import Prepared
from segue.tasks.control.scores import ControlScores
from segue.training import RunFolder

_SEED = 0


def pages(
    prepared: Prepared, scores: ControlScores, run: RunFolder
) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    epochs = [line for line in run.metrics() if line["kind"] == "epoch"]
    x = np.array([line["epoch"] for line in epochs])
    curve = Curve("return", x, np.array([line["return"] for line in epochs], dtype=object))
    seen, actions, values = watched(prepared.data.view, prepared.model.policy, _SEED)
    shown = (
        ("observations", seen, [f"observation {n}" for n in range(seen.shape[1])]),
        ("actions", actions, [f"action {n}" for n in range(actions.shape[1])]),
        ("what is expected", values[:, None], ["value"]),
    )
    sections = (
        lambda detail: measure_section([curve], max(8, int(600 * detail))),
        lambda detail: returns_section(scores.returns, scores.model.name, detail),
        lambda detail: episode_section(shown, detail),
    )
    return sections, " ".join(scores.remarks)
