"""Files of word vectors: their forms, and what is wrong with them."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from segue.data.vectors import read_vectors
from segue.errors import DataError

WORDS = ["the", "of", "New_York", "Zürich", "Rome"]
VALUES = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)


def text(head: bool) -> bytes:
    lines = [f"{w} {' '.join(map(repr, v.tolist()))}" for w, v in zip(WORDS, VALUES, strict=True)]
    return "\n".join([*(["5 7"] if head else []), *lines, ""]).encode()


def binary(newline: bytes = b"\n") -> bytes:
    rows = [w.encode() + b" " + v.tobytes() for w, v in zip(WORDS, VALUES, strict=True)]
    return b"5 7\n" + b"".join(row + newline for row in rows)


FORMS = {
    "glove": text(False),
    "word2vec text": text(True),
    "word2vec binary": binary(),
    "gensim binary": binary(b""),
    "compressed": gzip.compress(binary()),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same(form: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(FORMS[form])
    found = read_vectors(path, {"Rome", "New_York", "Oslo"}, first=1)
    assert found.words == ("the", "New_York", "Rome")
    assert np.array_equal(found.values, VALUES[[0, 2, 4]])
    assert read_vectors(path, set(), first=99).words == tuple(WORDS)


def test_chunks_may_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for size in (40, 41, 64, 77):
        monkeypatch.setattr("segue.data.raw.CHUNK", size)
        for form in ("glove", "word2vec binary"):
            path = tmp_path / "vectors"
            path.write_bytes(FORMS[form])
            assert np.array_equal(read_vectors(path, set(WORDS)).values, VALUES)


DEFECTS = {
    "empty": (b"", "the file is empty"),
    "no numbers": (b"the quick brown\n", "row 1: holds something else than numbers"),
    "one number": (b"the 1\n", "row 1: is no word with"),
    "short row": (text(False) + b"last 1 2\n", "row 6: has 2 numbers where 7 are needed"),
    "not finite": (b"the 1 2\nof nan 1\n", "row 2: the vector of 'of' is not finite"),
    "cut": (binary()[:-9], "word 5 of 5: the file is cut short"),
    "more": (binary() + b"x", "goes on behind its 5 words"),
    "far too many": (b"9999999999 7\n" + binary()[4:], "word 6 of 9,999,999,999: the file is cut"),
    "wide": (b"5 99999\n" + binary()[4:], "row 1: says 5 words of 99999 features"),
    "long line": (b"a 1 2\nb " + b"1 " * (1 << 20), "row 2: is longer than"),
    "others": (b"le 1 2\nla 2 3\n", "has a vector for none of the words"),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_named_in_one_line(name: str, tmp_path: Path) -> None:
    data, says = DEFECTS[name]
    path = tmp_path / "vectors"
    path.write_bytes(data)
    with pytest.raises(DataError) as error:
        read_vectors(path, {"Rome", "the", "of"} if name != "others" else {"Rome"})
    assert str(error.value).startswith(str(path))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_words_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "vectors"
    path.write_bytes(b"a\xff 1 2\nNew York 5 6\nRome 3 4\n")
    assert read_vectors(path, {"Rome"}, first=5).words == ("New York", "Rome")
