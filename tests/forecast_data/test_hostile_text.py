"""Text of a file that would steer a terminal is shown escaped wherever an error quotes it."""

import pytest
from refusals import refusal

from segue.data.wording import one_line, shorten
from segue.tasks.forecast.data import Columns, Fill

EVIL = "\x1b]0;owned\x07\x1b[31m\u202e\u200b\x9b2J"
SHOWN = "\\x1b]0;owned\\x07\\x1b[31m\\u202e"
SHOPS = Columns("day", ("sales",), series="shop", static=("city",))
HEADER = "shop,day,sales,city\n"

FILES = {
    "a value": HEADER + f"a,2024-01-01,{EVIL},x\n",
    "a time": HEADER + f"a,{EVIL},1,x\n",
    "a later time": HEADER + f"a,2024-01-01,1,x\na,{EVIL},1,x\n",
    "a column": f"shop,day,Sales,{EVIL}\na,2024-01-01,1,x\n",
    "an id, twice": HEADER + f"{EVIL},2024-01-01,1,x\n" * 2,
    "an id, backwards": HEADER + f"{EVIL},2024-01-02,1,x\n{EVIL},2024-01-01,1,x\n",
    "an id, a gap": HEADER + "".join(f"{EVIL},2024-01-0{d},1,x\n" for d in (1, 2, 3, 5)),
    "a static value": HEADER + f"a,2024-01-01,1,x\na,2024-01-02,1,{EVIL}\n",
    "a month": HEADER + f"a,Foo{EVIL} 2024,1,x\n",
}


@pytest.mark.parametrize("name", FILES)
def test_quoted_text_is_escaped(write, name):
    line = refusal(write(FILES[name]), SHOPS)  # which checks that the line is printable
    assert "\\x1b" in line


def test_an_id_whose_first_value_is_missing(write):
    content = HEADER + f"{EVIL},2024-01-01,,x\n{EVIL},2024-01-02,1,x\n"
    assert SHOWN[:30] in refusal(write(content), SHOPS, fill=Fill.FORWARD)


def test_a_key_of_json_lines(write):
    assert "'\\x1ba'" in refusal(write('{"\\u001ba": 1}\n', "a.jsonl"), SHOPS)


def test_escaping():
    assert one_line(EVIL).isprintable()
    assert shorten(EVIL).isprintable()
    assert one_line("\ud800\x00\r") == "\\ud800\\x00\\r"
