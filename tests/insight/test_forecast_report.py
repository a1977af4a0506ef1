"""The page of a forecast run: complete, closed, safe, small."""

import base64
import hashlib
import json
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from reports import EVIL, ForecastReport, constant, evil, gaps, largest, render, usual

from segue.errors import RunError
from segue.insight.curves import Curve
from segue.insight.report import LIMIT
from segue.insight.tables import ScoreRow

BARE = ForecastReport(task="forecast", title="Bare", verdict="Nothing was trained.", beats=False)
PAGES = {
    "usual": usual(),
    "evil": evil(),
    "gaps": gaps(),
    "bare": BARE,
    "tiny": constant(1e-6),
    "huge": constant(-1e9, horizon=3),
    "zero": constant(0.0),
    "absurd": constant(1e308, horizon=2),
}


class Reader(HTMLParser):
    """Checks that tags close as they opened, and notes what a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    return render(PAGES[request.param])


def test_the_markup_is_well_formed(page: str) -> None:
    main = re.search(r"<main>.*</main>", page, re.DOTALL)
    assert main is not None
    tree = ElementTree.fromstring(main.group())
    charts = [svg for svg in tree.iter("svg") if svg.get("role") == "img"]
    for chart in charts:
        assert chart.find("title") is not None
        assert (chart.findtext("desc") or "").strip()
        for path in chart.iter("path"):
            assert re.fullmatch(r"[Mlhvz0-9 \-]+", path.get("d", ""))
    reader = read(page)
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(set(ids)) == len(ids)
    named = " ".join(attrs.get("aria-labelledby") or "" for _, attrs in reader.tags)
    assert set(named.split()) <= set(ids)


def test_every_part_is_there_in_order(page: str) -> None:
    tree = ElementTree.fromstring(re.search(r"<main>.*</main>", page, re.DOTALL).group())  # type: ignore[union-attr]
    assert len(list(tree.iter("h1"))) == 1
    assert [heading.text for heading in tree.iter("h2")] == [
        "Scores",
        "Forecasts",
        "Error by horizon step",
        "Coverage of the intervals",
        "The data",
        "Training",
        "Gradient norm",
        "How to reproduce",
    ]
    assert '<html lang="en">' in page


def test_nothing_comes_from_outside(page: str) -> None:
    assert "http:" not in page
    assert "https:" not in page
    assert "url(" not in page
    assert "@import" not in page
    for tag, attributes in read(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "image", "use", "a"}
        assert not {"src", "href", "style", "srcset", "xlink:href"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_lets_in_the_page_s_own_style_and_script_and_nothing_else(page: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = policy.group(1).replace("&#x27;", "'")
    assert "default-src 'none'" in rules
    assert "unsafe" not in rules
    for name in ("style", "script"):
        inside = re.findall(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in rules


def test_numbers_are_written_and_not_nan(page: str) -> None:
    words = "".join(read(page).text)
    assert not re.search(r"\b(nan|inf|None)\b", words)
    for data in re.findall(r'class="readout">(.*?)</script>', page):
        assert json.loads(data, parse_constant=pytest.fail)


def test_texts_of_a_file_stay_texts() -> None:
    page = render(evil())
    scripts = [attrs for tag, attrs in read(page).tags if tag == "script"]
    assert all(attrs.get("type") == "application/json" for attrs in scripts[:-1])
    assert scripts[-1] == {}
    assert "<script>alert" not in page
    assert "\u202e" not in page
    seen = "".join(read(page).text)
    assert seen.count(EVIL[:-1]) > 20


def test_the_verdict_stands_first() -> None:
    good, bad = render(usual()), render(replace(usual(), beats=False, verdict="It does NOT."))
    assert good.index("by 12%") < good.index("<dl")
    assert 'class="verdict beats"' in good
    assert 'class="verdict"' in bad
    assert bad.index("It does NOT.") < bad.index("<h2")


def test_the_best_of_each_column_is_marked() -> None:
    page = render(usual())
    cells = re.findall(r'<td class="best">(.*?)</td>', page)
    assert [re.sub(r"<.*?>", "", cell) for cell in cells] == ["1.000 (best)", "1.900 (best)"]
    rows = (ScoreRow("a", True, {"skill": 0.1}), ScoreRow("b", False, {"skill": 0.3}))
    page = render(replace(usual(), scores=rows))
    assert re.findall(r'<td class="best"><span class="number">([\d.]+)', page) == ["0.3000"]
    page = render(replace(usual(), scores=rows, higher_is_better=frozenset()))
    assert re.findall(r'<td class="best"><span class="number">([\d.]+)', page) == ["0.1000"]


def test_the_better_direction_is_said_by_measure_where_they_differ() -> None:
    page = render(usual())
    assert "Higher is better for skill; lower for MAE, RMSE." in page
    assert "Lower is better." in render(replace(usual(), higher_is_better=frozenset()))


def test_what_is_left_out_is_said() -> None:
    base = usual()
    page = render(replace(base, windows=base.windows * 20, data=base.data * 70))
    assert "24 of 60 windows are shown." in page
    assert "60 of 70 series are shown." in page
    assert "marked along the top edge" in render(gaps())


def test_a_window_says_how_it_did() -> None:
    page = render(usual())
    assert "24 of 24 values inside the 90% interval." in page
    assert page.count("Mean absolute error 0.00; seasonal naive 1.0") == 2 * 3
    assert "What happened is not known." in render(gaps())


def test_quantiles_of_the_wrong_shape_are_refused() -> None:
    window = replace(usual().windows[0], levels=(0.5,))
    with pytest.raises(ValueError, match=r"quantiles are \(24, 5\)"):
        render(replace(usual(), windows=(window,)))


def test_equal_reports_give_equal_bytes() -> None:
    assert render(usual()) == render(usual())


def test_a_usual_page_is_small_and_quick() -> None:
    start = time.process_time()
    page = render(usual())
    assert time.process_time() - start < 1
    assert len(page.encode()) < 200_000


def test_the_largest_page_fits() -> None:
    page = render(largest())
    assert len(page.encode()) < LIMIT
    read(page)
    assert "50 of" not in page  # all series are drawn


def test_a_page_that_cannot_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.insight.report.LIMIT", 1000)
    with pytest.raises(RunError, match="fewer series"):
        render(BARE)


def test_numbers_may_be_of_any_type() -> None:
    curve = Curve("loss", np.arange(3, dtype=np.int32), np.arange(3, dtype=np.float32))
    assert "loss: from 0 to 2" in render(replace(usual(), training=(curve,)))


def test_coverage_is_drawn_by_step_where_there_are_several() -> None:
    page = render(usual())
    chart = re.search(
        r"<figure[^>]*>(?:(?!</figure>).)*Coverage by step.*?</figure>", page, re.DOTALL
    )
    assert chart is not None
    assert "90% interval: from 89.8 to 85.2." in chart.group()
    assert chart.group().count('class="rule"') == 2  # what the two intervals promise
    assert "Coverage by step" not in render(constant(1.0))


def test_what_is_far_worse_than_the_model_is_named_and_not_drawn() -> None:
    steps = np.arange(1, 25)
    curves = (
        Curve("LSTM", steps, np.ones(24)),
        Curve("seasonal naive", steps, np.full(24, 2.9)),
        Curve("drift", steps, np.full(24, 3.1)),
    )
    page = render(replace(usual(), error_by_step=curves))
    assert "More than 3 times as wrong as the model, and not drawn: drift." in page
    assert "seasonal naive: from 2.9 to 2.9." in page
    assert "drift: from" not in page
    assert "not drawn" not in render(usual())
