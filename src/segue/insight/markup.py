"""HTML that is safe by its type: a `str` is text and is escaped, only `Html` is markup."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

LONGEST = 600
"""Characters that one text may have on a page; a longer one is cut and ends in an ellipsis."""

_VOID = frozenset({"br", "col", "hr", "link", "meta"})
# What XML does not allow, and the controls that reverse the direction of what follows them.
_ILLEGAL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True)
class Html:
    """Markup that is already safe.

    >>> element("p", {}, "5 < 6 ", Html("<b>always</b>")).text
    '<p>5 &lt; 6 <b>always</b></p>'
    """

    text: str


Node = Html | str
Value = str | int | float | bool | None
Attributes = Mapping[str, Value]


def element(name: str, attributes: Attributes, *children: Node) -> Html:
    """One element. `None` and `False` leave an attribute out, `True` writes it empty.

    >>> element("a", {"title": '"x"', "hidden": True, "id": None}, "<script>").text
    '<a title="&quot;x&quot;" hidden="">&lt;script&gt;</a>'
    """
    head = "".join(
        f' {key}="{"" if value is True else _escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{head}>")
    return Html(f"<{name}{head}>{join(children).text}</{name}>")


def join(nodes: Iterable[Node]) -> Html:
    """Nodes one after another; text among them is escaped."""
    return Html("".join(n.text if isinstance(n, Html) else _escape(clean(n)) for n in nodes))


def clean(text: str, longest: int = LONGEST) -> str:
    """Text with no control character, cut to `longest` characters.

    >>> clean("a" * 9, longest=4)
    'aaa…'
    """
    text = _ILLEGAL.sub("\ufffd", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _plain(value: str | int | float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _escape(text: str) -> str:
    return escape(_ILLEGAL.sub("\ufffd", text), quote=True)
