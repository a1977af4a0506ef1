"""The page around charts and tables: one self-contained HTML file that opens offline."""

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from segue.insight.markup import Attributes, Html, Node, clean, element, join


def page(title: str, *body: Html) -> str:
    """A whole document: its style and its script inside, and a policy that lets nothing else in.

    Example:
        >>> text = page("A & B", element("h1", {}, "A & B"))
        >>> text.startswith("<!doctype html>"), "<title>A &amp; B</title>" in text
        (True, True)
    """
    style, script = _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    head = [
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("title", {}, clean(title, 120)),
        Html(f"<style>{style}</style>"),
    ]
    document = element(
        "html",
        {"lang": "en"},
        element("head", {}, *head),
        element("body", {}, element("main", {}, *body), Html(f"<script>{script}</script>")),
    )
    return f"<!doctype html>\n{document.text}\n"


def section(key: str, title: str, text: Sequence[Node], *content: Node) -> Html:
    """A part of the page: its heading and a few words at the side, its charts beside them.

    >>> section("a", "Title", ["Why."], "…").text
    '<section aria-labelledby="a"><header><h2 id="a">Title</h2><p>Why.</p></header>\
<div class="content">…</div></section>'
    """
    words = [element("p", {}, part) for part in text if part]
    return element(
        "section",
        {"aria-labelledby": key},
        element("header", {}, element("h2", {"id": key}, title), *words),
        element("div", {"class": "content"}, *content),
    )


def verdict(text: str, good: bool) -> Html:
    """The result in one line, with a tick or a cross before it.

    >>> verdict("Beats naive.", True).text.startswith('<p class="verdict beats">')
    True
    """
    shape = "M9 15l4 4 7-9" if good else "M10 10l8 8m0-8l-8 8"
    box: Attributes = {"class": "sign", "viewBox": "0 0 28 28", "aria-hidden": "true"}
    circle = element("circle", {"cx": 14, "cy": 14, "r": 12.5})
    sign = element("svg", box, circle, element("path", {"d": shape}))
    words = element("strong", {}, text)
    return element("p", {"class": "verdict beats" if good else "verdict"}, sign, words)


def facts(pairs: Sequence[tuple[str, str]]) -> Html:
    """Labels with their values, as a list of definitions.

    >>> facts([("rows", "144")]).text
    '<dl class="facts"><div><dt>rows</dt><dd>144</dd></div></dl>'
    """
    rows = [
        element(
            "div", {}, element("dt", {}, clean(label, 80)), element("dd", {}, clean(value, 200))
        )
        for label, value in pairs
    ]
    return element("dl", {"class": "facts"}, *rows)


def command(text: str) -> Html:
    """A command to type; it breaks between its words only.

    >>> command("a --b").text
    '<pre><span>a</span> <span>--b</span></pre>'
    """
    words = [element("span", {}, word) for word in clean(text).split(" ")]
    return element("pre", {}, words[0], *(part for word in words[1:] for part in (" ", word)))


def enlarge_button(title: str) -> Html:
    """A button that makes its figure the large one of its grid; unseen where scripts do not run."""
    unseen = element("span", {"class": "unseen"}, f" {title}")
    return element(
        "button", {"type": "button", "class": "enlarge", "hidden": True}, "Enlarge", unseen
    )


def grid(items: Sequence[Html], visible: int, css: str, more: str) -> Html:
    """Items side by side; those after the first `visible` fold away under the words `more`."""
    shown = element("div", {"class": f"grid {css}"}, *items[:visible])
    if len(items) <= visible:
        return shown
    rest = element("div", {"class": "grid"}, *items[visible:])
    return join([shown, element("details", {}, element("summary", {}, more), rest)])


def nothing(text: str) -> Html:
    """What stands where there is nothing to show."""
    return element("p", {"class": "none"}, text)


def left_out(total: int, shown: int, what: str) -> str:
    """How much is shown, when it is not all.

    >>> left_out(60, 24, "windows"), left_out(3, 3, "windows")
    ('24 of 60 windows are shown.', '')
    """
    return f"{shown:,} of {total:,} {what} are shown." if shown < total else ""


def thinned(longest: int, buckets: int) -> str:
    """How lines are drawn, when the longest has too many points to draw each (see `extremes`).

    >>> thinned(100, 300)
    ''
    """
    if longest <= 2 * buckets:
        return ""
    return f"Long lines are drawn as the smallest and the largest value of {buckets:,} stretches."


@cache
def _asset(name: str) -> str:
    return files("segue.insight").joinpath(name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
