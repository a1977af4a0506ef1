"""Text stays text."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from segue.insight.markup import LONGEST, Html, clean, element


@given(st.text(max_size=200))
def test_any_text_survives_as_text(text: str) -> None:
    markup = element("p", {"title": text}, text).text
    parsed = ElementTree.fromstring(markup)
    expected = clean(text).replace("\r\n", "\n").replace("\r", "\n")
    assert (parsed.text or "") == expected
    assert not list(parsed)


def test_only_html_is_markup() -> None:
    assert element("b", {}, "<i>").text == "<b>&lt;i&gt;</b>"
    assert element("b", {}, Html("<i></i>")).text == "<b><i></i></b>"
    assert element("b", {"title": "\" onclick='x'"}).text == (
        '<b title="&quot; onclick=&#x27;x&#x27;"></b>'
    )


def test_controls_and_bidirectional_overrides_are_replaced() -> None:
    assert clean("a\x00b\u202ec\ud800") == "a\ufffdb\ufffdc\ufffd"


def test_long_text_is_cut() -> None:
    assert len(clean("x" * 10_000)) == LONGEST
    assert clean("x" * 10_000).endswith("…")
    assert len(element("p", {}, "x" * 10_000).text) == LONGEST + len("<p></p>")
