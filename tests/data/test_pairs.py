"""Pairs of texts: parallel files and tables, and what is refused in them."""

import gzip
from pathlib import Path

import polars as pl
import pytest

from segue.data.pairs import Columns, read_pairs, read_texts
from segue.data.source import Source
from segue.errors import DataError, OptionError


def files(folder: Path, left: bytes, right: bytes) -> Source:
    (folder / "a.de").write_bytes(left)
    (folder / "a.en").write_bytes(right)
    return Source.of(folder / "a.de", folder / "a.en")


def test_lines_of_two_files_belong_together(tmp_path: Path) -> None:
    source = files(tmp_path, "der Hund\r\n\tdie Kühe \n".encode(), b"the dog\nthe cows")
    found = read_pairs(source, Columns())
    assert found.sources == ("der Hund", "die Kühe")
    assert found.targets == ("the dog", "the cows")
    assert found.ids == ("1", "2")
    (tmp_path / "a.de").write_bytes(gzip.compress(b"der Hund\ndie Katze\n"))
    assert read_pairs(source, Columns()).sources == ("der Hund", "die Katze")


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (b"a\nb\n", b"x\n", r"a\.en: ends after row 1, and .*a\.de has 2 rows; line k of one"),
        (b"a\n", b"x\ny\nz\n", r"a\.de: ends after row 1, and .*a\.en has 3 rows"),
        (b"a\n \nc\n", b"x\ny\nz\n", r"a\.de: row 2: is empty; write the text, or remove the row"),
        (b"a\nb\n", b"x\n\n", r"a\.en: row 2: is empty"),
        (b"a\nb\0\n", b"x\ny\n", r"a\.de: row 2.*NUL"),
        (b"a\nb\n", b"x\n\xff\n", r"a\.en: row 2.*not UTF-8"),
        (b"a" * (2 << 20) + b"\n", b"x\n", r"a\.de: row 1: the line is longer than 1024 KiB"),
        (b"", b"", r"a\.de: the file is empty"),
        (b"a\nb\n", b"a\nb\n", r"both sides are the same text in every row"),
    ],
)
def test_what_is_no_pair_is_refused(
    tmp_path: Path, left: bytes, right: bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_pairs(files(tmp_path, left, right), Columns())
    assert "\n" not in str(caught.value)


def test_one_language_alone_is_refused(tmp_path: Path) -> None:
    source = files(tmp_path, b"a\n", b"x\n")
    with pytest.raises(OptionError, match="name the file of the other language after it"):
        read_pairs(Source.of(source.paths[0]), Columns())
    with pytest.raises(DataError, match="is named twice"):
        read_pairs(Source.of(source.paths[0], source.paths[0]), Columns())
    with pytest.raises(OptionError, match="with --target"):
        read_pairs(Source.of("a.tsv"), Columns("word"))
    with pytest.raises(OptionError, match="are one column"):
        read_pairs(Source.of("a.tsv"), Columns("word", "word"))
    with pytest.raises(OptionError, match="two files have none"):
        read_pairs(source, Columns("word", "sound"))


def test_tables_by_name_and_by_number(tmp_path: Path) -> None:
    named = tmp_path / "a.tsv"
    named.write_text("key\tword\tsound\nk1\tread\tR IY D\nk2\tcat\tK AE T\n")
    found = read_pairs(Source.of(named), Columns("word", "sound", "key"))
    assert found.ids == ("k1", "k2")
    assert found.targets == ("R IY D", "K AE T")
    plain = tmp_path / "b.tsv"
    plain.write_text('read\t"R IY D\ncat\tK AE T\n')
    found = read_pairs(Source.of(plain), Columns("1", "2", no_quotes=True))
    assert found.targets == ('"R IY D', "K AE T")
    lines = tmp_path / "c.jsonl"
    lines.write_text('{"de": "ja", "en": "yes"}\n{"de": "nein", "en": "no"}\n')
    assert read_pairs(Source.of(lines), Columns("de", "en")).sources == ("ja", "nein")
    frame = Source.of_frame(pl.DataFrame({"de": ["ja"], "en": ["yes"]}))
    assert read_pairs(frame, Columns("de", "en")).where == ("row 0 (counted from 0)",)
    lines.write_text('{"de": "ja", "en": "yes"}\n{"de": "nein"}\n')
    with pytest.raises(DataError, match="row 2, column 'en': the target value is missing"):
        read_pairs(Source.of(lines), Columns("de", "en"))


def test_texts_to_translate(tmp_path: Path) -> None:
    plain = tmp_path / "new.de"
    plain.write_text("ja\n\nnein\n")
    assert read_texts(Source.of(plain), Columns("de", "en")).sources == ("ja", "", "nein")
    table = tmp_path / "new.csv"
    table.write_text("key,de\n7,ja\n")
    found = read_texts(Source.of(table), Columns("de", "en", "key"))
    assert (found.ids, found.sources, found.table) == (("7",), ("ja",), True)
    with pytest.raises(OptionError, match="name the column of the texts with --source"):
        read_texts(Source.of(table), Columns())
