"""Fewer points draw the same picture, and what cannot be drawn is said."""

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segue.insight.annotations import Region
from segue.insight.charts import Chart, figure
from segue.insight.curves import Curve, gradient_chart, loss_chart
from segue.insight.downsample import envelope, extremes, runs
from segue.insight.frame import HEIGHT, Frame, Tone
from segue.insight.lines import Band, Line, Spread
from segue.insight.scales import Linear, Log

NAN = float("nan")


@given(st.lists(st.floats(-1e6, 1e6) | st.just(NAN), min_size=1, max_size=200), st.integers(1, 20))
def test_no_peak_and_no_gap_is_lost(values: list[float], buckets: int) -> None:
    array = np.array(values)
    kept = extremes(array, buckets)
    assert (np.diff(kept) > 0).all()
    assert {0, len(array) - 1} <= set(kept.tolist())
    assert len(kept) <= max(2 * buckets, 3 * buckets + 2)
    assert np.isnan(array[kept]).any() == np.isnan(array).any()
    if np.isfinite(array).any():
        assert np.nanmin(array[kept]) == np.nanmin(array)
        assert np.nanmax(array[kept]) == np.nanmax(array)


@given(st.lists(st.floats(-1e6, 1e6) | st.just(NAN), min_size=1, max_size=100), st.integers(1, 9))
def test_an_envelope_is_the_range_and_the_median(values: list[float], buckets: int) -> None:
    array = np.array(values)
    cut = envelope(np.arange(float(len(array))), array, buckets)
    for k in range(len(cut.x)):
        part = array[k * cut.size : (k + 1) * cut.size]
        part = part[np.isfinite(part)]
        if not part.size:
            assert np.isnan([cut.low[k], cut.middle[k], cut.high[k]]).all()
            continue
        assert (cut.low[k], cut.high[k]) == (part.min(), part.max())
        np.testing.assert_allclose(cut.middle[k], np.median(part), rtol=1e-12, atol=1e-12)


def test_runs() -> None:
    assert runs(np.array([], dtype=bool)) == []
    assert runs(np.array([True, True])) == [(0, 1)]


def points(path: str) -> list[tuple[int, int]]:
    """The corners of a path of relative lines."""
    places = []
    for part in re.findall(r"M[^M]*", path):
        numbers = [int(n) for n in re.findall(r"-?\d+", part)]
        x, y = numbers[0], numbers[1]
        places.append((x, y))
        if "h" in part:
            continue
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            places.append((x, y))
    return places


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_a_path_goes_through_its_points(values: list[float]) -> None:
    frame = Frame(Linear(0, 1), Linear(0, 1), 100)
    x = np.linspace(0, 1, len(values))
    drawn = points(frame.path(x, np.array(values)))
    expected = [(round(a * 3000), round((1 - b) * 1000)) for a, b in zip(x, values, strict=True)]
    assert np.abs(np.array(drawn) - np.array(expected)).max() <= 1


def test_gaps_break_a_line_and_lone_points_are_dots() -> None:
    frame = Frame(Linear(0, 5), Linear(0, 2), 100)
    line = Line("loss", np.arange(6.0), np.array([1, 1, NAN, 1, np.inf, 1]), Tone.MODEL)
    assert line.shapes(frame).text.count("M") == 3 + 2
    assert line.labels(frame).text.count("<circle") == 2
    assert line.notes(frame) == (
        "loss: 2 of 6 values missing or not finite, the first at 2; marked along the top edge.",
    )


def test_what_a_logarithm_cannot_hold_is_marked_at_the_bottom() -> None:
    frame = Frame(Linear(0, 2), Log(1, 100), 100)
    line = Line("norm", np.arange(3.0), np.array([10.0, 0.0, 10.0]), Tone.MODEL)
    assert f" {HEIGHT}h" in line.shapes(frame).text
    assert "1 of 3 values are zero or negative" in line.notes(frame)[0]


def test_no_lost_value_goes_unmarked_however_many_there_are() -> None:
    values = np.full(100_000, NAN)
    values[::2] = 1.0
    frame = Frame(Linear(0, 99_999), Linear(0, 2), 100)
    spread = Spread("norm", np.arange(100_000.0), values, Tone.MODEL)
    lost = re.search(r'class="lost" d="([^"]*)"', spread.shapes(frame).text)
    assert lost is not None
    assert len(lost.group(1)) < 3000
    assert "50,000 of 100,000" in spread.notes(frame)[0]


def test_a_band_with_one_step_is_an_upright_bar() -> None:
    frame = Frame(Linear(0, 1), Linear(0, 1), 100)
    band = Band("90%", np.array([0.5]), np.array([0.1]), np.array([0.9]), Tone.MODEL)
    assert band.shapes(frame).text == '<path class="bar model" d="M1500 900l0-800"></path>'


def test_region_labels_shorten_or_go_where_there_is_no_room() -> None:
    frame = Frame(Linear(0, 100), Linear(0, 1), 100)
    wide, thin = Region(0, 80, "validation", "val.", 1), Region(0, 10, "validation", "val.", 1)
    tiny = Region(0, 1, "validation", "val.", 1)
    assert wide.labels(frame).text.count("validation") == 2
    assert "val." in thin.labels(frame).text
    assert tiny.labels(frame).text == ""


def test_labels_at_line_ends_do_not_cover_each_other() -> None:
    x = np.arange(2.0)
    lines = tuple(
        Line(f"line {k}", x, np.array([0.0, 0.5 + k / 1000]), Tone.MODEL) for k in range(6)
    )
    chart = Chart("t", "s", Linear(0, 1), Linear(0, 1), lines, name_ends=True)
    text = figure(chart, "k").text
    heights = [float(y) for y in re.findall(r'class="end model"[^>]*y="([\d.]+)%"', text)]
    assert len(heights) == 6
    assert np.diff(sorted(heights)).min() > 6


def test_training_charts_choose_their_scale() -> None:
    steps = np.arange(1, 101)
    wild, tame = np.geomspace(1e-3, 1e3, 100), np.linspace(1, 2, 100)
    assert gradient_chart(Curve("norm", steps, wild), None, 100).y.kind == "log"
    assert gradient_chart(Curve("norm", steps, tame), 1.5, 100).y.kind == "linear"
    assert loss_chart([Curve("loss", steps, tame - 1.5)], 100).y.low < 0


def test_a_clip_far_from_every_norm_is_said_and_not_drawn() -> None:
    curve = Curve("norm", np.arange(3), np.array([1.0, 1.1, 1.2]))
    far, near = gradient_chart(curve, 1e6, 100), gradient_chart(curve, 1.1, 100)
    assert far.y.high < 10
    assert "0 of 3 steps" in far.caption
    assert "1 of 3 steps" in near.caption
    assert len(near.marks) == len(far.marks) + 1
