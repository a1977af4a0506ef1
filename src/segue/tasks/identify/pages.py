"""From a finished training to what the report shows of an identification alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from segue.insight.probing import empirical_gain, response, step_responses
from segue.insight.report import Section
from segue.insight.systems import (
    Compared,
    Gain,
    autocorrelation_section,
    comparison_section,
    frequency_section,
    step_section,
)
from segue.tasks.identify.prepared import Prepared
from segue.tasks.identify.scores import IdentifyScores

Floats = NDArray[np.float64]
_SHOWN = 600  # samples of a record that are drawn
_CHARTS = 6
_LAGS = 40
_STEP = 200


def pages(prepared: Prepared, scores: IdentifyScores) -> tuple[Sequence[Section], str]:
    """The sections of the report, and the note under the scores."""
    compared = _compared(prepared, scores)
    residuals = {
        name: np.concatenate([t[:, k] - s[:, k] for t, s in _pairs(scores)])
        for k, name in enumerate(scores.outputs)
    }
    gains, steps = _gains(prepared, scores), _steps(prepared)
    period = prepared.data.period
    sections = (
        lambda detail: comparison_section(compared, detail),
        lambda detail: autocorrelation_section(residuals, _LAGS, detail),
        lambda detail: frequency_section(gains, detail),
        lambda detail: step_section(steps, period, detail),
    )
    return sections, " ".join(scores.remarks)


def _pairs(scores: IdentifyScores) -> list[tuple[Floats, Floats]]:
    return list(zip(scores.truth, scores.simulated[scores.model.name], strict=True))


def _compared(prepared: Prepared, scores: IdentifyScores) -> tuple[Compared, ...]:
    """The beginning of the first records, each output by itself."""
    best = scores.best_baseline.name
    period, names = prepared.data.period, prepared.data.test.names
    found = []
    for row, (truth, said) in enumerate(_pairs(scores)):
        for k, name in enumerate(scores.outputs):
            shown = slice(0, _SHOWN)
            time = period * (scores.left_out + np.arange(len(truth))[shown]).astype(np.float64)
            other = scores.simulated[best][row][shown, k]
            title = f"{names[row]}: {name}" if names[row] else name
            found.append(Compared(title, time, truth[shown, k], said[shown, k], best, other))
    return tuple(found[:_CHARTS])


def _gains(prepared: Prepared, scores: IdentifyScores) -> tuple[Gain, ...]:
    """From each input to each output: of the linearised model, and as measured."""
    model, data = prepared.model, prepared.data
    scale = model.output_scale.scale.numpy()[:, None] / model.input_scale.scale.numpy()
    angles = np.linspace(0, np.pi, 130)[1:-1]
    drawn = np.abs(response(model, model.inputs, angles)) * scale
    lead = prepared.config.encoder
    u = np.concatenate([data.test.inputs[k][lead:] for k in range(len(data.test))])
    y = np.concatenate([data.test.outputs[k][lead:] for k in range(len(data.test))])
    names = (*prepared.settings.input, *prepared.settings.output)
    hertz = angles / (2 * np.pi * data.period)
    found = []
    for i in range(u.shape[1]):
        for j, output in enumerate(scores.outputs):
            measured = empirical_gain(u[:, i], y[:, j], angles)
            found.append(Gain(f"{names[i]} to {output}", hertz, drawn[:, j, i], measured))
    return tuple(found[:_CHARTS])


def _steps(prepared: Prepared) -> dict[str, dict[str, Floats]]:
    """Responses to a step of each input, by title and by method."""
    model, asked = prepared.model, prepared.settings
    scale = model.output_scale.scale.numpy()
    drawn = (
        step_responses(model, model.inputs, _STEP),
        step_responses(model.path, model.inputs, _STEP),
    )
    names = (*asked.input, *asked.output)
    found: dict[str, dict[str, Floats]] = {}
    for i in range(model.inputs):
        for j, output in enumerate(asked.output):
            both = [each[:, i, j] * scale[j] for each in drawn]
            title = f"{output} after a step of {names[i]}"
            found[title] = dict(zip(("model", "linear (ARX)"), both, strict=True))
    return dict(list(found.items())[:_CHARTS])
