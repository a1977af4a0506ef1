"""What comes through a pipe, as from `segue predict RUN <(command)`, which can be read once."""

import gzip
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segue.data.corpus import require_files
from segue.data.pairs import Columns, read_texts
from segue.data.sentences import Fields, read_sentences
from segue.data.source import Source
from segue.errors import DataError
from segue.tasks.examples.columns import Reading
from segue.tasks.examples.reading import read_examples

Piped = Callable[[bytes], Path]


@pytest.fixture
def piped() -> Iterator[Piped]:
    opened = []

    def path(content: bytes) -> Path:
        end, start = os.pipe()
        opened.append(end)
        os.write(start, content)
        os.close(start)
        return Path(f"/dev/fd/{end}")

    yield path
    for end in opened:
        os.close(end)


@pytest.mark.parametrize("packed", [bytes, gzip.compress])
def test_texts_and_series_in_tables(piped: Piped, packed: Callable[[bytes], bytes]) -> None:
    texts = Reading(text="text", label="mood")
    found = read_examples(piped(packed(b"text,mood\nfine,good\ndull,bad\n")), texts)
    assert found.texts == ("fine", "dull")
    plain = Reading(text="1", label="2", no_header=True)
    found = read_examples(piped(packed(b"fine,good\ndull,bad\n")), plain)
    assert found.texts == ("fine", "dull")
    found = read_examples(piped(packed(b"a,b,kind\n1,2,x\n3,4,y\n")), Reading(label="kind"))
    assert len(found) == 2


@pytest.mark.parametrize(
    "text", ["Rome N\nis V\n", '{"tokens": ["Rome", "is"], "tags": ["N", "V"]}']
)
@pytest.mark.parametrize("encoding", [None, "utf-16"])
def test_sentences(piped: Piped, text: str, encoding: str | None) -> None:
    path = piped(text.encode(encoding or "utf-8"))
    (found,) = read_sentences(path, Fields(encoding=encoding), tagged=True)
    assert (found.tokens, found.tags) == (("Rome", "is"), ("N", "V"))


def test_texts_to_translate(piped: Piped) -> None:
    assert read_texts(Source.of(piped(b"ein Hund\n")), Columns()).sources == ("ein Hund",)


def test_a_text_to_train_on_is_asked_for_as_a_file(piped: Piped, tmp_path: Path) -> None:
    require_files([tmp_path, tmp_path / "none.txt"])  # what is not there is told where it is read
    with pytest.raises(DataError, match="is no file, and a text to train on is read more than"):
        require_files([piped(b"a text\n")])
