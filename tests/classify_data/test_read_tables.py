"""Texts and series in tables: what comes out, and the line that a defect ends in."""

import numpy as np
import pandas
import polars as pl
import pytest

from segue.errors import DataError, OptionError
from segue.tasks.examples.columns import Missing, Reading
from segue.tasks.examples.examples import Kind
from segue.tasks.examples.reading import examples_from_frame, read_examples

TEXT = Reading(text="text", label="label")
LONG = Reading(series="id", channel=("x", "y"), label="label")
WIDE = Reading(label="label")


def read(tmp_path, content, reading, name="a.csv", **chosen):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_examples(path, reading, **chosen)


def test_forms_of_one_table_of_texts(tmp_path):
    frame = pl.DataFrame(
        {"key": ["a", "b", "c"], "text": ["Fine.", "so, so", "dull"], "label": [1, 0, 0]}
    )
    for name, write in {
        "a.csv": frame.write_csv,
        "a.tsv": lambda path: frame.write_csv(path, separator="\t"),
        "a.parquet": frame.write_parquet,
        "a.jsonl": frame.write_ndjson,
    }.items():
        write(tmp_path / name)
        found = read_examples(tmp_path / name, TEXT.model_copy(update={"id": "key"}))
        assert found.texts == ("Fine.", "so, so", "dull"), name
        assert (found.ids, found.classes) == (("a", "b", "c"), ("0", "1"))
        assert (found.labels.tolist(), found.kind) == ([1, 0, 0], Kind.TEXT)
    plain = 'Fine.\t1\n"so" so\t0\n'
    reading = Reading(text="1", label="2", no_header=True, no_quotes=True)
    found = read(tmp_path, plain, reading, "b.tsv")
    assert (found.texts, found.ids) == (("Fine.", '"so" so'), ("1", "2"))


def test_a_frame_is_a_table(tmp_path):
    frame = pl.DataFrame({"text": ["a", None], "label": [True, False]})
    with pytest.raises(
        DataError, match=r"frame: row 1 \(counted from 0\), column 'text': the text"
    ):
        examples_from_frame(frame, TEXT)
    found = examples_from_frame(
        pandas.DataFrame({"text": ["a", "b"], "label": [True, False]}), TEXT
    )
    assert (found.classes, found.labels.tolist()) == (("false", "true"), [1, 0])


def test_a_table_may_say_how_it_is_divided(tmp_path):
    content = "text,label,part\na,1,train\nb,0,Dev\nc,1,test\n"
    found = read(tmp_path, content, Reading(text="text", label="label", division="part"))
    assert found.division.tolist() == ["train", "validation", "test"]


def test_labels_are_not_asked_for_a_prediction(tmp_path):
    found = read(tmp_path, "text\na\nb\n", TEXT, classes=("0", "1"), labelled=False)
    assert (found.labels, found.classes) == (None, ("0", "1"))
    lines = read(tmp_path, "one line\nand another\n", TEXT, "a.txt", labelled=False)
    assert lines.texts == ("one line", "and another")


SERIES = "id,t,x,y,label\nb,1,1,10,up\na,1,5,50,down\nb,2,2,20,up\na,2,6,60,down\nb,3,3,30,up\n"


def test_series_in_rows_that_are_steps(tmp_path):
    found = read(tmp_path, SERIES, LONG.model_copy(update={"time": "t"}))
    assert (found.ids, found.channels) == (("b", "a"), ("x", "y"))
    assert found.classes == ("down", "up")
    assert found.labels.tolist() == [1, 0]
    assert found.inputs.lengths.tolist() == [3, 2]
    assert found.inputs[0].tolist() == [[1, 10], [2, 20], [3, 30]]
    assert found.inputs[1].tolist() == [[5, 50], [6, 60]]
    assert found.where == ("row 2", "row 3")


def test_series_in_rows_of_their_own(tmp_path):
    found = read(tmp_path, "label,t1,t2,t3\n1,1,2,3\n2,4,5,\n", WIDE)
    assert found.inputs.lengths.tolist() == [3, 2], "empty fields behind the end are no steps"
    assert found.inputs.values[:, 0].tolist() == [1, 2, 3, 4, 5]
    bare = read(tmp_path, "1,1.5,2\n2,4,5\n", Reading(label="1", no_header=True))
    assert bare.inputs.values[:, 0].tolist() == [1.5, 2, 4, 5]


@pytest.mark.parametrize(
    ("missing", "values"),
    [
        (Missing.MASK, [np.nan, 1, np.nan, 3, np.nan]),
        (Missing.LINEAR, [1, 1, 2, 3, 3]),
        (Missing.FORWARD, [1, 1, 1, 3, 3]),
        (Missing.ZERO, [0, 1, 0, 3, 0]),
    ],
)
def test_missing_values_become_what_was_asked(tmp_path, missing, values):
    content = "id,x,label\n" + "".join(f"s,{x},a\n" for x in ("", 1, "NA", 3, "nan"))
    reading = Reading(series="id", channel=("x",), label="label", fill=missing)
    found = read(tmp_path, content, reading)
    np.testing.assert_array_equal(found.inputs.values[:, 0], np.array(values, np.float32))
    dotted = tmp_path / "a.ts"
    dotted.write_text("@classLabel true a\n@data\n?,1,?,3,?:a\n")
    found = read_examples(dotted, Reading(fill=missing))
    np.testing.assert_array_equal(found.inputs.values[:, 0], np.array(values, np.float32))


ASK = "write it, or say what to do with it: --fill mask, forward, linear or zero"
DEFECTS = {
    "no such column": (TEXT, "txt,label\na,1\n", "there is no column 'text' (text); did you mean"),
    "a label missing": (
        TEXT, "text,label\na,1\nb,\n",
        "row 3, column 'label': the label value is missing; write it",
    ),
    "a text missing": (
        TEXT, "text,label\na,1\n ,0\n",
        "row 3, column 'text': the text value is missing; write it",
    ),
    "an id twice": (
        Reading(text="text", label="label", id="id"), "id,text,label\n7,a,1\n8,b,0\n7,c,0\n",
        "row 4: the id '7' is there twice, in row 2 as well; give each example its own, or leave "
        "ids out",
    ),
    "no part": (
        Reading(text="text", label="label", division="part"), "text,label,part\na,1,rest\n",
        "row 2, column 'part': 'rest' is no part; write train, validation or test",
    ),
    "not UTF-8": (TEXT, b"text,label\n\xe9,1\n", "row 2: not UTF-8 (byte 1 of the row is 0xe9)"),
    "NUL": (TEXT, b"text,label\na\0,1\n", "row 2: a NUL byte (byte 2 of the row)"),
    "100 MB in a line": (
        TEXT, b"text,label\n" + b"x" * 10**8, "row 2: the line is longer than 1024 KiB"
    ),
    "empty": (TEXT, "", "the file is empty; it needs a header and rows"),
    "two labels in a series": (
        LONG, "id,x,y,label\na,1,2,u\nb,1,2,v\na,3,4,v\n",
        "row 4, column 'label': 'v' where row 2 of the same series has 'u'; a series has one in "
        "all its rows",
    ),
    "times that go back": (
        LONG.model_copy(update={"time": "t"}), "id,t,x,y,label\na,2,1,1,u\nb,1,1,1,v\na,1,1,1,u\n",
        "row 4, column 't': the time is not after that of row 2 of the same series; sort the rows "
        "by it, and keep one for each time",
    ),
    "a value missing in a step": (
        LONG, "id,x,y,label\na,1,2,u\na,1,,u\n", f"row 3, column 'y': the value is missing; {ASK}"
    ),
    "a value that is none": (
        LONG, "id,x,y,label\na,1,2,u\na,1,high,u\n", "row 3, column 'y': 'high' is not a number"
    ),
    "infinite": (LONG, "id,x,y,label\na,1,inf,u\n", "row 2, column 'y': 'inf' is infinite or"),
    "beyond float32": (LONG, "id,x,y,label\na,1,1e39,u\n", "row 2, column 'y': the number is beyo"),
    "a series unnamed": (LONG, "id,x,y,label\n,1,2,u\n", "row 2, column 'id': the series value is"),
    "a value missing in a row": (
        WIDE, "label,a,b,c\n1,1,2,3\n2,1,,3\n", f"row 3, column 'b': the value is missing; {ASK}"
    ),
    "a row without values": (WIDE, "label,a,b\n1,1,2\n2,,\n", "row 3: the series has no values"),
    "ragged rows": (WIDE, "label,a,b\n1,1,2\n2,1\n", "row 3: 2 fields where the header has 3"),
    "texts taken for numbers": (
        WIDE, "label,words\n1,fine film\n",
        "row 2, column 'words': 'fine film' is not a number; write a number, or leave it empty if "
        "it is missing; a column of text is named with --text",
    ),
    "labels alone": (WIDE, "label\n1\n2\n", "there is no column of numbers; add some, or name"),
}  # fmt: skip


@pytest.mark.parametrize(("reading", "content", "why"), DEFECTS.values(), ids=DEFECTS.keys())
def test_a_defect_ends_in_one_line(tmp_path, reading, content, why):
    with pytest.raises(DataError) as caught:
        read(tmp_path, content, reading)
    line = str(caught.value)
    assert line.isprintable()
    assert line.removeprefix(f"{tmp_path / 'a.csv'}: ").startswith(why)


def test_a_channel_without_values_cannot_be_filled(tmp_path):
    reading = LONG.model_copy(update={"fill": Missing.LINEAR})
    with pytest.raises(DataError, match="row 2: channel 'y' has no value to fill from"):
        read(tmp_path, "id,x,y,label\na,1,,u\na,2,,u\n", reading)


def test_a_label_of_the_test_file_that_was_never_seen(tmp_path):
    with pytest.raises(DataError, match="row 3: the label '2' is none of the classes trained on"):
        read(tmp_path, "text,label\na,1\nb,2\n", TEXT, classes=("0", "1"))


OPTIONS = {
    "no label": (Reading(text="text"), "name the column of the class with --label"),
    "two kinds": (
        Reading(text="text", label="label", series="id"), "--text is for texts, --series and"
    ),
    "channels of nothing": (Reading(channel=("x",), label="label"), "--channel needs --series"),
    "series of nothing": (Reading(series="id", label="label"), "--series needs --channel"),
    "two names": (LONG.model_copy(update={"id": "id"}), "--id: a series is named by --series"),
    "a time of rows": (Reading(label="label", time="t"), "--time needs --series and --channel"),
}  # fmt: skip


@pytest.mark.parametrize(("reading", "why"), OPTIONS.values(), ids=OPTIONS.keys())
def test_columns_that_make_no_examples_are_refused(tmp_path, reading, why):
    with pytest.raises(OptionError) as caught:
        read(tmp_path, "id,t,x,y,text,label\na,1,1,1,w,u\n", reading)
    assert str(caught.value).startswith(why)


def test_columns_named_for_a_form_without_any_are_refused(tmp_path):
    with pytest.raises(OptionError, match=r"--label: a .ts file has no columns; leave it out"):
        read(tmp_path, "@data\n1\n", Reading(label="label"), "a.ts")
    found = read(
        tmp_path, "@data\n1\n", Reading(label="label"), "a.ts", classes=("u",), labelled=False
    )
    assert len(found) == 1, "a trained model keeps its columns, whatever it reads later"
