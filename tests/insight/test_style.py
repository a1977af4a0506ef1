"""The page as a browser shows it: legible colours in both themes, nothing wider than the screen."""

import re
import shutil
import subprocess
from html import escape
from importlib.resources import files
from pathlib import Path

import pytest
from reports import evil, gaps, render, usual

from segue.insight.frame import Tone

STYLE = files("segue.insight").joinpath("page.css").read_text(encoding="utf-8")
SCREENS = (390, 1280)


def themes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{([^}]*--paper[^}]*)\}", STYLE)
    assert len(blocks) == 2
    found = [dict(re.findall(r"--([a-z0-9]+): (#[0-9a-f]{6});", block)) for block in blocks]
    assert set(found[0]) == set(found[1])
    return dict(zip(("light", "dark"), found, strict=True))


def luminance(colour: str) -> float:
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_colour_passes_aa(theme: str) -> None:
    colours = themes()[theme]
    texts = ("ink", "soft", "model", "baseline", "other1", "other2", "other3", "muted", "warn")
    for name in texts:
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    assert contrast(colours["ink"], colours["faint"]) >= 4.5


def test_every_tone_has_its_colour() -> None:
    for tone in Tone:
        assert re.search(rf"\.{tone} {{ --c: var\(--", STYLE), tone


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
@pytest.mark.parametrize("report", [usual, evil, gaps])
def test_no_page_is_wider_than_its_screen(report: object, tmp_path: Path) -> None:
    assert callable(report)
    page = escape(render(report()))
    frames = "".join(
        f'<iframe width="{width}" height="900" srcdoc="{page}"></iframe>' for width in SCREENS
    )
    script = """onload = () => { for (const frame of document.querySelectorAll("iframe"))
        document.querySelector("output").textContent +=
            frame.contentDocument.documentElement.scrollWidth + ";" }"""
    wrapper = tmp_path / "wrapper.html"
    wrapper.write_text(
        f"<!doctype html><meta charset='utf-8'><body>{frames}<output></output>"
        f"<script>{script}</script>",
        encoding="utf-8",
    )
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--disable-quic", "--hide-scrollbars", f"--user-data-dir={tmp_path / 'profile'}"]
    command += ["--virtual-time-budget=3000", "--dump-dom", wrapper.as_uri()]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    widths = re.search(r"<output>([\d;]+)</output>", shown.stdout)
    assert widths is not None, shown.stderr[-500:]
    assert widths.group(1) == "".join(f"{width};" for width in SCREENS)
