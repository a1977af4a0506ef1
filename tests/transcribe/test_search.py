"""What words are likely: counted, read, and told to the search."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from segue.data.unit import Unit
from segue.data.vocabulary import VocabularySettings, fit_vocabulary
from segue.data.word_fusion import WordFusion
from segue.data.word_ngrams import END, count_words, ngrams_from_state, read_ngrams
from segue.errors import DataError, RunError
from segue.nn.ctc import single_labels
from segue.tasks.speech.answers import Emission, Speller
from segue.tasks.speech.search import GREEDY, How, Search, choose

TEXTS = ["no on", "on no no", "on on"]
LETTERS = fit_vocabulary(TEXTS, VocabularySettings(unit=Unit.CHAR))
SPELLER = Speller.of(LETTERS, 2)


def heard(text: str, doubt: float = 0.02) -> Emission:
    """What is said where each letter is one step, with a blank behind it."""
    found = []
    for label in LETTERS.encode(text).tolist():
        for likely in (label, 0):
            step = np.full(LETTERS.size, doubt)
            step[likely] = 1
            found.append(step / step.sum())
    return Emission(np.log(np.array(found)))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_what_may_follow_adds_up_to_one(order: int) -> None:
    model = count_words(TEXTS, order)
    for before in ((), ("<s>",), ("on",), ("on", "no"), ("never", "heard")):
        words = [*model.words, END, "something new"]
        total = sum(math.exp(model.log_prob(before, word)) for word in words)
        assert total == pytest.approx(1)


def test_n_grams_come_back_from_a_run() -> None:
    model = count_words(TEXTS, 3)
    assert ngrams_from_state(model.state()).grams == model.grams


@pytest.mark.parametrize("name", ["words", "lengths", "ids", "logs"])
def test_damaged_n_grams_are_refused(name: str) -> None:
    state = count_words(TEXTS, 2).state()
    for value in (None, state[name][:-1], np.array([np.nan]), "text"):
        with pytest.raises(RunError, match="n-grams"):
            ngrams_from_state({**state, name: value})


def test_an_arpa_file_with_remarks_before_it(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    path.write_text(
        "# made by hand\n\n\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1 <UNK>\n"
        "-0.5 NO -0.3\n-0.5 </s>\n\n\\2-grams:\n-0.1 NO NO\n\n\\end\\\n"
    )
    model = read_ngrams(path, 2, str.lower)
    assert model.log_prob(("no",), "no") == pytest.approx(-0.1 * math.log(10))
    assert model.log_prob(("no",), END) == pytest.approx(-0.8 * math.log(10))
    assert model.log_prob((), "maybe") == pytest.approx(-1 * math.log(10))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\\data\\\n\\1-grams:\n-1 a\n", "cut short"),
        ("\\data\\\n\\1-grams:\nx a\n\\end\\\n", "row 3"),
        ("\\data\\\n\\1-grams:\n-1 a b c\n\\end\\\n", "row 3"),
        ("\\data\\\n\\99-grams:\n\\end\\\n", "row 2"),
        ("\\data\\\n\\end\\\n", "holds no n-grams"),
        ("", "no words"),
    ],
)
def test_a_defect_of_a_file_of_n_grams(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "lm"
    path.write_text(text)
    with pytest.raises(DataError, match=says):
        read_ngrams(path, 2)


def test_what_a_search_adds_is_what_the_n_grams_say() -> None:
    model = count_words(TEXTS, 2)
    texts = ["" if k < 2 else LETTERS.decode([k]) for k in range(LETTERS.size)]
    fusion = WordFusion(texts, model, weight=0.7, bonus=0.4)
    state, total = fusion.begin(), 0.0
    for label in LETTERS.encode("on no").tolist():
        step = fusion.extend(state, label)
        assert step is not None
        total, state = total + step[0], step[1]
    last = fusion.end(state)
    assert last is not None
    steps = (("<s>", "on"), ("on", "no"), ("no", END))
    wanted = sum(model.log_prob((before,), word) for before, word in steps)
    assert total + last == pytest.approx(0.7 * wanted + 2 * 0.4)


def test_only_words_of_the_lexicon_are_heard() -> None:
    model = count_words(TEXTS, 2)
    shares = heard("nn no")
    closed = Search.of(SPELLER, How(beam=16, weight=0.5), model)
    free = Search.of(SPELLER, How(beam=16, weight=0.01, closed=False), model)
    assert Search.of(SPELLER, GREEDY, None).text(shares) == "nn no"
    assert free.text(shares) == "nn no"
    assert set(closed.text(shares).split()) <= {"on", "no"}


def test_the_simplest_search_without_an_error_is_chosen() -> None:
    model = count_words(TEXTS, 2)
    simple = Search.of(SPELLER, GREEDY, None)
    assert choose(lambda search: 0.0, simple, model, 8) == GREEDY
    best = choose(lambda search: 0.0 if search.how.closed and search.how.beam else 1.0,
                  simple, model, 8)  # fmt: skip
    assert best.beam == 8
    assert best.closed


def test_words_have_their_times() -> None:
    answer = Search.of(SPELLER, GREEDY, None).answer(heard("on no"), first=10)
    assert [word.word for word in answer.words] == ["on", "no"]
    assert answer.words[0].start == pytest.approx(0.2)  # the tenth step of 20 ms
    assert answer.words[1].start == pytest.approx(0.2 + 6 * 0.02)
    assert 0.8 < answer.confidence < 1


def test_the_probability_of_a_single_label_is_the_sum_over_its_paths() -> None:
    shares = np.random.default_rng(0).dirichlet(np.ones(4), size=5)
    wanted = np.zeros(4)
    for path in product(range(4), repeat=5):
        said = [k for place, k in enumerate(path) if k and (not place or path[place - 1] != k)]
        if len(said) == 1:
            wanted[said[0]] += np.prod(shares[range(5), path])
    np.testing.assert_allclose(np.exp(single_labels(np.log(shares))), wanted)
