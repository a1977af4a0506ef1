"""Column files, CoNLL-U and JSON lines of tagged sentences."""

import gzip
import random
from pathlib import Path

import pytest

from segue.data.sentences import Fields, Sentence, read_sentences, sentences_of_frame
from segue.errors import DataError, OptionError, SegueError

PLAIN = "-DOCSTART- -X- O\r\n\r\n# note\r\n# # B-N\r\nRome  NNP\tB-L \r\n\r\n\r\n# 5 I\r\nin IN O"
UNIVERSAL = """\
# sent_id = a
# text = I can't.
1\tI\tI\tPRON\tPRP\t_\t2\tnsubj\t_\t_
2-3\tcan't\t_\t_\t_\t_\t_\t_\t_\t_
2\tca\tcan\tAUX\tMD\t_\t0\troot\t_\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t_\t_
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t_\t_

1\tNew York\t_\tPROPN\tNNP\t_\t0\troot\t_\t_

# end
"""


def read(path: Path, text: str | bytes, fields: Fields, tagged: bool = True) -> list[Sentence]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_sentences(path, fields, tagged=tagged))


def test_sentences_of_a_plain_column_file(tmp_path: Path) -> None:
    found = read(tmp_path / "a", PLAIN, Fields())
    assert [(s.tokens, s.tags, s.rows) for s in found] == [
        (("#", "Rome"), ("B-N", "B-L"), (4, 5)),
        (("#", "in"), ("I", "O"), (8, 9)),
    ]
    assert [s.tokens for s in read(tmp_path / "a", PLAIN, Fields(token="2"))] == [
        ("#", "NNP"),
        ("5", "IN"),
    ]


def test_a_column_file_comes_back_to_the_byte(tmp_path: Path) -> None:
    for text in (PLAIN, PLAIN + "\n", PLAIN + "\r\n\r\n# the end\r\n", "\ufeff" + PLAIN, UNIVERSAL):
        found = read(tmp_path / "a", text, Fields(), tagged=False)
        back = "".join(s.written.with_tags(["X"] * len(s.tokens)) for s in found)
        lines = zip(text.split("\n"), back.split("\n"), strict=True)
        for one, other in lines:
            added = other.rstrip("\r").rpartition("\t" if text is UNIVERSAL else " ")
            if added[2] in {"X", "O", "_"} and one != other:
                other = added[0] + other[len(other.rstrip("\r")) :]
            assert other == one
        assert back.endswith("\n") == text.endswith("\n")


def test_multiword_tokens_and_empty_nodes_are_kept_and_no_tokens(tmp_path: Path) -> None:
    found = read(tmp_path / "a.conllu", UNIVERSAL, Fields())
    assert [s.tokens for s in found] == [("I", "ca", "n't", "."), ("New York",), ()]
    assert found[0].tags == ("PRON", "AUX", "PART", "PUNCT")
    by_name = read(tmp_path / "a.conllu", UNIVERSAL, Fields(token="LEMMA", tag="XPOS"))
    assert (by_name[0].tokens[1], by_name[0].tags) == ("can", ("PRP", "MD", "RB", "."))
    back = found[0].written.with_tags(["a", "b", "c", "d"]).splitlines()
    assert [line.split("\t")[-1] for line in back[2:8]] == ["a", "_", "b", "c", "_", "d"]


def test_names_of_columns_and_compressed_files(tmp_path: Path) -> None:
    text = "# global.columns = WORD KIND MISC\nRome\tLOC\t_\n"
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(text.encode()))
    (one,) = read_sentences(path, Fields(token="WORD", tag="KIND"), tagged=True)
    assert (one.tokens, one.tags) == (("Rome",), ("LOC",))
    with pytest.raises(OptionError, match="no such column; give one of names 'WORD', 'KIND'"):
        list(read_sentences(path, Fields(tag="POS"), tagged=True))


def test_labels_come_from_comments_and_keys(tmp_path: Path) -> None:
    text = "# intent = fly\nto O\n\n# intent = stay now\nin O\n"
    found = read(tmp_path / "a", text, Fields(label="intent"))
    assert [s.label for s in found] == ["fly", "stay now"]
    said = found[0].written.with_tags(["X"], [("predicted_intent", "stay")])
    assert said == "# intent = fly\n# predicted_intent = stay\nto O X\n\n"
    with pytest.raises(DataError, match="row 4: the sentence has no label"):
        read(tmp_path / "a", "# intent = a\nx O\n\ny O\n", Fields(label="intent"))
    line = '{"tokens": ["a"], "tags": ["O"], "intent": "fly", "n": 1.50}\n'
    (one,) = read(tmp_path / "a", line, Fields(label="intent"))
    assert one.label == "fly"
    assert one.written.with_tags(["O"], [("predicted_intent", "x")], [0.5]) == (
        '{"tokens": ["a"], "tags": ["O"], "intent": "fly", "n": 1.50, "predicted": ["O"],'
        ' "predicted_intent": "x", "probabilities": [0.5]}\n'
    )


def test_the_first_line_tells_objects_from_tokens(tmp_path: Path) -> None:
    text = '\ufeff\n { "tokens" : ["a"], "tags": ["O"] }\n'
    assert read(tmp_path / "a", text, Fields())[0].tokens == ("a",)
    assert read(tmp_path / "a", '{"\tX\n:\tY\n', Fields())[0].tokens == ('{"', ":")


def test_frames_hold_lists() -> None:
    import pandas as pd
    import polars as pl

    columns = {"words": [["a", "b"], ["c"]], "tags": [["O", "X"], ["O"]]}
    for frame in (pl.DataFrame(columns), pd.DataFrame(columns), columns):
        found = list(sentences_of_frame(frame, Fields(token="words"), tagged=True))
        assert [(s.tokens, s.tags) for s in found] == [(("a", "b"), ("O", "X")), (("c",), ("O",))]
    with pytest.raises(DataError, match="frame: has no column 'tokens'"):
        list(sentences_of_frame(columns, Fields(), tagged=True))


DEFECTS = {
    "short row": ("a X O\nb X\n", "row 2: has 2 columns where the first row has 3"),
    "empty": ("", "has no row with a token"),
    "blank": ("\n \n\t\n", "has no row with a token"),
    "comments": ("# a\n# b\n", "has no row with a token"),
    "one column": ("a\nb\n", "column 1 would be both token and tag"),
    "empty cell": ("a\tX\nb\t\n", "row 2, column 2: is empty; write a tag"),
    "no number": (UNIVERSAL.replace("4\t.", "four\t."), "row 8: column 1: 'four' numbers no token"),
    "nul": (b"a X\nb\0 X\n", "row 2: a NUL byte"),
    "latin": (b"a X\nb\xe9 X\n", "row 2: not UTF-8"),
    "long line": ("a X\n" + "b" * (1 << 21) + " X\n", "the line is longer than 1024 KiB"),
    "no blank line": ("a X\n" * 20_001, "row 20001: the sentence has more than 20,000 tokens"),
    "columns named": ("# global.columns = A B\na\tb\tc\n", "has 3 columns where global.columns"),
    "more tags": ('{"tokens": ["a"], "tags": ["O", "O"]}\n', "holds 2 tags for 1 token"),
    "no list": ('{"tokens": "a", "tags": ["O"]}\n', "row 1, key 'tokens': holds no list"),
    "no key": ('{"words": ["a"], "tags": ["O"]}\n', "row 1, key 'tokens': is missing"),
    "number": ('{"tokens": ["a", 1], "tags": ["O", "O"]}\n', "entry 2 is no word"),
    "half": ('{"tokens": ["\\ud800"], "tags": ["O"]}\n', "has a NUL or half a character"),
    "no json": ('{"tokens": ["a"]\n', "row 1: not JSON"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    text, says = DEFECTS[name]
    with pytest.raises(DataError) as error:
        read(tmp_path / "bad", text, Fields())
    message = str(error.value)
    assert message.startswith(str(tmp_path / "bad"))
    assert says in message
    assert "\n" not in message


@pytest.mark.parametrize("seed", range(60))
def test_whatever_a_file_holds_it_is_read_or_refused_in_one_line(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    whole = chance.choice([PLAIN, UNIVERSAL, '{"tokens": ["a", "b"], "tags": ["O", "X"]}\n' * 3])
    data = bytearray(whole.encode())
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(data))
        change = bytes(
            chance.choices(b'\0\t\n\r #-=."{}[],\xff\xc3\xa91Oa', k=chance.randint(0, 4))
        )
        data[place : place + chance.randint(0, 3)] = change
    path = tmp_path / "any"
    path.write_bytes(data)
    for tagged in (True, False):
        try:
            found = list(read_sentences(path, Fields(), tagged=tagged))
        except SegueError as error:
            message = str(error)
        else:
            message = ""
            for one in found:
                assert one.written.with_tags(["X"] * len(one.tokens))
        assert "\n" not in message
