"""Units of two languages, unknown words, the dictionary, and the division of pairs."""

import numpy as np
import pytest

from segue.data.bilingual import Units, learn
from segue.data.dictionary import learn_dictionary
from segue.data.paired import encode, short_enough
from segue.data.pairs import Pairs, divide
from segue.data.unit import Cut
from segue.data.units import EOS, UNKNOWN
from segue.errors import DataError, RunError
from segue.insight.translation import quality
from segue.nn.decoding.beam import Hypothesis

GERMAN = ("ein Hund läuft", "eine Katze läuft", "ein Hund schläft", "eine Katze schläft")
ENGLISH = ("a dog runs", "a cat runs", "a dog sleeps", "a cat sleeps")


def learned(source: Cut, target: Cut, *, joint: bool = False) -> Units:
    return learn(
        GERMAN * 2, ENGLISH * 2, (source, target), joint=joint, unigram=False, lower=False, size=300
    )


def pairs(sources: tuple[str, ...], targets: tuple[str, ...]) -> Pairs:
    numbers = tuple(str(i) for i in range(len(sources)))
    return Pairs("pairs", numbers, tuple(f"row {i}" for i in numbers), sources, targets)


@pytest.mark.parametrize("cut", list(Cut))
@pytest.mark.parametrize("joint", [False, True])
def test_units_survive_their_state_and_give_texts_back(cut: Cut, joint: bool) -> None:
    units = learned(cut, cut, joint=joint)
    again = Units.from_state(units.state())
    assert again.joint is joint
    for text in ENGLISH:
        (ids,) = again.encode_targets([text])
        assert again.text(Hypothesis(tuple(ids.tolist()), 0.0, 0.0), "ein Hund") == text
    assert units.encode_sources(["ein Hund"])[0][-1] == EOS


def test_an_unknown_word_is_that_of_the_source_where_attention_was() -> None:
    units = learned(Cut.token, Cut.token)
    dog = int(units.target.encode("dog")[0])
    looked = np.array([[0.1, 0.8, 0.1], [0.9, 0.05, 0.05], [0, 0, 1]], np.float32)
    found = Hypothesis((UNKNOWN, dog), 0.0, 0.0, looked)
    assert units.text(found, "Hund Rex") == "Rex dog"
    assert learned(Cut.piece, Cut.piece).never == (0, 2, 1)
    assert UNKNOWN not in units.never


def test_words_are_joined_as_the_texts_join_them() -> None:
    texts = ("a dog, (big) runs.", "a t-shirt.")
    units = learn(texts * 2, texts * 2, (Cut.word, Cut.word), joint=False, unigram=False,
                  lower=False, size=None)  # fmt: skip
    (ids,) = units.encode_targets(["a t-shirt, (big) dog."])
    made = Units.from_state(units.state()).text(Hypothesis(tuple(ids.tolist()), 0.0, 0.0), "")
    assert made == "a t-shirt, (big) dog."


def test_a_received_state_is_not_trusted() -> None:
    state = learned(Cut.token, Cut.token).state()
    for bad in (
        None,
        {},
        {"target": 3},
        {**state, "source": {"settings": {}, "tokens": ["a", "a"]}},
    ):
        with pytest.raises(RunError):
            Units.from_state(bad)


def test_the_dictionary_pairs_what_stands_together() -> None:
    found = learn_dictionary(GERMAN, ENGLISH, (Cut.word, Cut.word))
    assert found.translate("Hund Rex schläft") == "dog Rex sleeps"
    assert found.words["läuft"] == "runs"


def test_no_source_stands_in_two_parts() -> None:
    words = tuple(f"w{i % 40}" for i in range(100))
    parts = divide(pairs(words, tuple(map(str, range(100)))), None, None, seed=0)
    of = [set(part.sources) for part in (parts.train, parts.validation, parts.test)]
    assert [len(each) for each in of] == [32, 4, 4]
    assert not of[0] & of[1] | of[0] & of[2] | of[1] & of[2]
    with pytest.raises(DataError, match="5 different sources; at least 10"):
        divide(pairs(words[:5], words[:5]), None, None, seed=0)


def test_long_pairs_are_left_out_of_the_training() -> None:
    units = learned(Cut.token, Cut.token)
    some = pairs(("ein Hund", "ein " * 9), ("a dog", "a"))
    kept, encoded = short_enough(some, units, (Cut.token, Cut.token), 5)
    assert kept.sources == ("ein Hund",)
    assert len(encoded.sources) == 1
    assert encode(some, units).targets.lengths.tolist() == [4, 3]
    with pytest.raises(DataError, match="every pair has more than 1 units"):
        short_enough(some, units, (Cut.token, Cut.token), 1)


def test_measures_are_sacrebleus_and_by_hand() -> None:
    from sacrebleu import corpus_bleu, corpus_chrf

    wanted = ["a dog runs over the grass", "two men sit on a bench in a park"]
    found = ["a dog runs on the grass", "two men sit on the bench in a park"]
    measured = quality(["1", "2"], found, wanted, str.split)
    assert measured.bleu == pytest.approx(corpus_bleu(found, [wanted]).score)
    assert measured.chrf == pytest.approx(corpus_chrf(found, [wanted]).score)
    assert measured.edit_distance == pytest.approx(2 / 15)
    assert measured.word_accuracy == 0
    several = quality(["x", "x", "y"], ["A", "A", "C"], ["B", "A", "D E"], str.split)
    assert several.word_accuracy == 0.5
    assert several.edit_distance == pytest.approx(2 / 3)
