"""Word errors against jiwer, and by hand."""

import jiwer
import numpy as np
import pytest

from segue.insight.word_errors import character_errors, word_errors

SAID = ["turn the light on", "stop", "one two three", "go go go"]
HEARD = ["turn light of", "stop it now", "one two three", "go"]


def test_rates_are_jiwers() -> None:
    found, wanted = word_errors(SAID, HEARD), jiwer.process_words(SAID, HEARD)
    assert found.rate == pytest.approx(wanted.wer)
    assert found.substitutions.sum() == wanted.substitutions
    assert found.deletions.sum() == wanted.deletions
    assert found.insertions.sum() == wanted.insertions
    assert character_errors(SAID, HEARD).rate == pytest.approx(jiwer.cer(SAID, HEARD))


def test_nothing_recognised_is_all_deleted() -> None:
    found = word_errors(["a b", ""], ["", "c"])
    assert found.deletions.tolist() == [2, 0]
    assert found.insertions.tolist() == [0, 1]
    assert found.rate == 1.5


def test_an_interval_holds_the_rate_and_narrows_with_more_utterances() -> None:
    generator = np.random.default_rng(0)
    said = ["a b c d"] * 400
    heard = ["a b c x" if wrong else "a b c d" for wrong in generator.random(400) < 0.3]
    few, many = word_errors(said[:40], heard[:40]), word_errors(said, heard)
    low, high = many.interval()
    assert low < many.rate < high
    assert high - low < few.interval()[1] - few.interval()[0]
