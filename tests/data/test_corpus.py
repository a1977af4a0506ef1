"""Corpora on disk, and n-grams against counts by hand."""

from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from segue.data.corpus import SUFFIXES, encode_lines, files_in, line_encoder, lines_of, positions
from segue.data.kneser_ney import KneserNey
from segue.data.vocabulary import VocabularySettings, fit_vocabulary
from segue.errors import DataError


def test_a_corpus_is_its_lines(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("äb\n\nc\n")
    (tmp_path / "a.txt").write_text("cab")
    (tmp_path / ".hidden.txt").write_text("no")
    paths = files_in([tmp_path], SUFFIXES, "text")
    letters = fit_vocabulary(
        (line + "\n" for line in lines_of(paths)), VocabularySettings(unit="char")
    )
    found = encode_lines(lines_of(paths), line_encoder(letters), letters.size)
    assert letters.decode(found.tokens) == "cab\näb\n\nc\n"
    assert found.lines.tolist() == [[4, 4, 4], [7, 7, 8], [8, 8, 9], [10, 10, 11]]
    part = found.divided(0.5, 0.5)
    assert [each.measured for each in part] == [
        {"character": 7, "byte": 8},
        {"character": 3, "byte": 3},
    ]
    assert letters.decode(part[1].tokens) == "\nc\n"


def test_words_end_their_lines_with_a_token_of_their_own() -> None:
    words = fit_vocabulary(["a b"], VocabularySettings(ends=True))
    found = encode_lines(["a c", "b"], line_encoder(words), words.size)
    assert found.tokens.tolist() == [4, 1, 3, 5, 3]
    assert found.unknown == 1


def test_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no text"):
        files_in([tmp_path], SUFFIXES, "text")
    with pytest.raises(DataError, match="there is no text"):
        encode_lines([], lambda lines: [], 5)
    with pytest.raises(DataError, match="too few"):
        encode_lines(["a"], lambda lines: [np.array([2])] * len(lines), 5).divided(0.9, 0.1)


@pytest.mark.parametrize(("rows", "context"), [(1, 0), (3, 2), (4, 100)])
def test_every_token_of_a_stretch_is_foretold_once(rows: int, context: int) -> None:
    lines = ["x" * n for n in (3, 5, 2, 7, 4, 6)]
    corpus = encode_lines(lines, lambda some: [np.full(len(x) + 1, 2) for x in some], 5)
    for stretch in (*corpus.divided(0.5, 0.5), corpus.whole):
        places, before = positions(stretch, rows, context)
        scored = places[before:]
        told = np.sort(scored[scored >= 0] + 1)
        assert told.tolist() == list(range(max(stretch.start, 1), stretch.end))
        assert (places[:before] >= 0).all()


def _probability(tokens: list[int], size: int, context: tuple[int, ...], word: int) -> float:
    """Modified Kneser-Ney of order 3, written as the paper has it."""
    order = 3
    grams = {
        n: Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
        for n in range(1, order + 1)
    }

    def count(gram: tuple[int, ...]) -> int:
        if len(gram) == order:
            return grams[order][gram]
        return sum(1 for longer in grams[len(gram) + 1] if longer[1:] == gram)

    def discount(n: int, value: int) -> float:
        every = Counter(count(gram) for gram in grams[n])
        if not all(every[k] for k in (1, 2, 3, 4)):
            return [0.0, 0.5, 0.75, 0.9][min(value, 3)]
        y = every[1] / (every[1] + 2 * every[2])
        table = [0.0] + [k - (k + 1) * y * every[k + 1] / every[k] for k in (1, 2, 3)]
        assert min(table[1:]) > 0
        return table[min(value, 3)]

    def of(context: tuple[int, ...]) -> float:
        n = len(context) + 1
        lower = of(context[1:]) if context else 1 / size
        followers = [gram for gram in grams[n] if gram[:-1] == context]
        total = sum(count(gram) for gram in followers)
        if total == 0:
            return lower
        gram = (*context, word)
        value = count(gram) if gram in grams[n] else 0
        back = sum(discount(n, count(each)) for each in followers)
        return (max(value - discount(n, value), 0) + back * lower) / total

    return of(context)


@pytest.mark.parametrize("seed", range(3))
def test_n_grams_are_the_papers(seed: int) -> None:
    generator = np.random.default_rng(seed)
    size = 4
    tokens = generator.choice(size, 60, p=[0.5, 0.3, 0.15, 0.05])
    model = KneserNey(tokens, size + 1, order=3)
    for context in product(range(size), repeat=2):
        found = [
            model.log_probs(np.array([*context, word]), np.array([2]))[0]
            for word in range(size + 1)
        ]
        wanted = [
            _probability(tokens.tolist(), size + 1, context, word) for word in range(size + 1)
        ]
        np.testing.assert_allclose(np.exp(found), wanted, rtol=1e-10)
        assert np.exp(found).sum() == pytest.approx(1)


def test_n_grams_at_the_beginning_have_less_before_them() -> None:
    tokens = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    model = KneserNey(tokens, 3, order=3)
    alone = model.log_probs(tokens, np.array([0, 1, 2, 5]))
    assert np.isfinite(alone).all()
    assert alone[3] == alone[2]
    assert alone[2] > alone[0]


def test_nothing_is_impossible_after_a_text_of_many_repetitions() -> None:
    verse = np.random.default_rng(0).integers(0, 20, 40)
    tokens = np.tile(verse, 4)  # n-grams come four times, which leaves estimates below 0
    tokens = np.concatenate([tokens, [20, 21, 22, 23, 24] * 2, np.arange(20)])
    model = KneserNey(tokens, 26)
    told = [model.log_probs(np.array([*verse[:4], word]), np.array([4]))[0] for word in range(26)]
    assert np.isfinite(told).all()
    assert np.exp(told).sum() == pytest.approx(1)
