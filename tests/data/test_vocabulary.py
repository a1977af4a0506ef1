"""Vocabularies: text to ids and back, the same from their state; nothing received is trusted."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segue.data import vocabulary as module
from segue.data.vocabulary import (
    PAD,
    UNKNOWN,
    PieceModel,
    Split,
    Unit,
    VocabularySettings,
    count_unknown,
    encode_all,
    fit_vocabulary,
    vocabulary_from_state,
)
from segue.errors import DataError, RunError

CORPUS = [
    "The cat sat on the mat.",
    "The dog didn't sit, did it?",
    "Čeština: ŝ, 日本語 und Äpfel",
] * 3

KINDS = [
    VocabularySettings(unit=unit, pieces=pieces, lower=lower, ends=ends)
    for unit, pieces, lower, ends in itertools.product(
        Unit, PieceModel, (False, True), (False, True)
    )
    if unit is Unit.PIECE or pieces is PieceModel.BPE
]


@pytest.fixture(params=KINDS, ids=lambda s: f"{s.unit}-{s.pieces}-{s.lower}-{s.ends}")
def vocabulary(request):
    return fit_vocabulary(iter(CORPUS), request.param)


def test_ids_names_and_tokens_agree(vocabulary):
    for text in [*CORPUS, "", " \t", "never seen: ☃ 🜁"]:
        ids = vocabulary.encode(text)
        assert ids.dtype == np.int32
        assert len(ids) == len(vocabulary.tokens(text))
        assert (ids != PAD).all()
        assert ((ids == UNKNOWN) | (ids >= len(vocabulary.settings.special))).all()
        assert (ids < vocabulary.size).all()
    assert vocabulary.token(PAD) == "<pad>"
    assert vocabulary.token(UNKNOWN) == "<unk>"
    assert all(isinstance(vocabulary.token(i), str) for i in range(vocabulary.size))
    ends = vocabulary.settings.ends
    assert (vocabulary.bos, vocabulary.eos) == ((2, 3) if ends else (None, None))


def test_the_state_is_json_and_gives_the_same_vocabulary(vocabulary):
    state = json.loads(json.dumps(vocabulary.state()))
    again = vocabulary_from_state(state)
    assert again.size == vocabulary.size
    assert again.settings == vocabulary.settings
    for text in [*CORPUS, "a dog of mine ☃"]:
        assert again.encode(text).tolist() == vocabulary.encode(text).tolist()
    assert again.state() == vocabulary.state()


def test_many_at_once_is_one_by_one(vocabulary):
    many = encode_all(vocabulary, iter([*CORPUS, ""]))
    assert [many[i].tolist() for i in range(len(many))] == [
        vocabulary.encode(text).tolist() for text in [*CORPUS, ""]
    ]


@pytest.mark.parametrize("pieces", PieceModel)
@pytest.mark.parametrize("unit", [Unit.PIECE, Unit.BYTE])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
@settings(max_examples=60, deadline=None)
def test_pieces_and_bytes_know_every_text(unit, pieces, text):
    made = made_once(unit, pieces)
    ids = made.encode(text)
    assert count_unknown(ids) == 0
    assert made.decode(ids) == text


MADE = {}


def made_once(unit, pieces):
    if (unit, pieces) not in MADE:
        MADE[unit, pieces] = fit_vocabulary(CORPUS, VocabularySettings(unit=unit, pieces=pieces))
    return MADE[unit, pieces]


def test_bpe_is_the_same_on_every_fit():
    chosen = VocabularySettings(unit=Unit.PIECE, size=40)
    states = [fit_vocabulary(CORPUS, chosen).state() for _ in range(3)]
    assert states[0] == states[1] == states[2]


def test_unknown_words_are_counted_and_shown():
    words = fit_vocabulary(CORPUS, VocabularySettings())
    ids = words.encode("The cat meowed")
    assert count_unknown(ids) == 1
    assert words.tokens("The cat meowed") == ["The", "cat", "meowed"]
    assert words.decode(ids) == "The cat <unk>"


def test_words_follow_annex_29():
    words = fit_vocabulary(["x"], VocabularySettings())
    assert words.tokens("don't pay $3.14 (e.g.) to a_b\u00a0日本 naïve") == [
        "don't", "pay", "$", "3.14", "(", "e.g", ".", ")", "to", "a_b", "日", "本", "naïve",
    ]  # fmt: skip


def test_composed_and_decomposed_letters_are_one():
    for unit in (Unit.CHAR, Unit.WORD):
        made = fit_vocabulary(["café"], VocabularySettings(unit=unit))
        assert count_unknown(made.encode("cafe\u0301")) == 0


def test_rare_words_and_those_beyond_the_size_are_unknown():
    corpus = ["b a a a c c d"]
    frequent = fit_vocabulary(corpus, VocabularySettings(min_count=2))
    assert frequent.state()["tokens"] == ["a", "c"]
    two = fit_vocabulary(corpus, VocabularySettings(size=3))
    assert two.state()["tokens"] == ["a", "c", "b"], "equal counts go by their text"


def test_a_word_longer_than_a_token_may_be_is_unknown():
    long = "x" * 300
    made = fit_vocabulary([f"a {long}"], VocabularySettings(split=Split.SPACE))
    assert made.encode(long).tolist() == [UNKNOWN]
    assert vocabulary_from_state(made.state()).size == made.size


def test_counting_forgets_rare_words_and_keeps_frequent_ones(monkeypatch):
    monkeypatch.setattr(module, "MOST_COUNTED", 50)
    rare = (f"the w{i} of" for i in range(5000))
    made = fit_vocabulary(rare, VocabularySettings(split=Split.SPACE))
    assert made.size < 60
    assert made.state()["tokens"][:2] == ["of", "the"]


def test_a_corpus_is_never_held():
    """3 MB of text go by in less than 1 MB."""
    import tracemalloc

    texts = (f"{'some words of no weight ' * 40}{i % 7}" for i in range(3_000))
    tracemalloc.start()
    fit_vocabulary(texts, VocabularySettings())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize("unit", [Unit.WORD, Unit.CHAR, Unit.PIECE])
@pytest.mark.parametrize("texts", [[], [""]])
def test_nothing_to_learn_is_refused(unit, texts):
    with pytest.raises(DataError, match="give more text"):
        fit_vocabulary(texts, VocabularySettings(unit=unit))


def state_of(**chosen):
    return fit_vocabulary(CORPUS, VocabularySettings(**chosen)).state()


def changed(state, **parts):
    return {**state, **parts}


WORDS = state_of()
BPE = state_of(unit="piece")
UNIGRAM = state_of(unit="piece", pieces="unigram")
HOSTILE = {
    "nothing": None,
    "a list": [],
    "empty": {},
    "no tokens": {"settings": {}},
    "a unit that is none": {"settings": {"unit": "sound"}, "tokens": ["a"]},
    "a huge size": changed(WORDS, settings={**WORDS["settings"], "size": 10**12}),
    "tokens that are numbers": changed(WORDS, tokens=[1, 2]),
    "an empty token": changed(WORDS, tokens=["a", ""]),
    "a token twice": changed(WORDS, tokens=["a", "a"]),
    "a long token": changed(WORDS, tokens=["a" * 10_000]),
    "no pieces": changed(BPE, tokens=[]),
    "a byte is missing": changed(BPE, tokens=[*BPE["tokens"][1:], "zz"]),
    "a piece twice": changed(BPE, tokens=[*BPE["tokens"], BPE["tokens"][0]]),
    "a merge of nothing": changed(BPE, merges=[["q", "qq"]]),
    "a merge of three": changed(BPE, merges=[["a", "b", "c"]]),
    "a tokenizer": changed(BPE, model={"type": "WordLevel"}),
    "scores missing": changed(UNIGRAM, scores=UNIGRAM["scores"][:-1]),
    "scores that are no numbers": changed(UNIGRAM, scores=[float("nan")] * len(UNIGRAM["scores"])),
    "scores beyond all": changed(UNIGRAM, scores=[-1e300] * len(UNIGRAM["scores"])),
}


@pytest.mark.parametrize("state", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_state_that_is_none_ends_in_one_line(state):
    with pytest.raises(RunError) as caught:
        vocabulary_from_state(state)
    line = str(caught.value)
    assert line.startswith("vocabulary: ")
    assert line.isprintable()
    assert len(line) < 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@pytest.mark.parametrize("state", [WORDS, BPE, UNIGRAM], ids=["words", "bpe", "unigram"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_state_changed_anywhere_is_a_vocabulary_or_ends_in_one_line(state, data):
    name = data.draw(st.sampled_from(list(state)))
    changed = state[name]
    if isinstance(changed, dict):
        inner = data.draw(st.sampled_from(list(changed)))
        changed = {**changed, inner: data.draw(json_values)}
    elif data.draw(st.booleans()):
        changed = list(changed)
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(json_values)
    else:
        changed = data.draw(json_values)
    try:
        made = vocabulary_from_state({**state, name: changed})
    except RunError as error:
        line = str(error)
    else:
        assert (made.encode("The cat ☃") < made.size).all()
        line = made.decode(range(made.size)) and "a vocabulary"
    assert line.isprintable()
    assert len(line) < 300
