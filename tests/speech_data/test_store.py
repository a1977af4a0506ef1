"""The frames of many recordings: kept on disk, bad ones named or left out."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.data.audio.hearing import Hearing
from segue.data.audio.store import hear, mean_of
from segue.data.audio.utterances import Utterance, Utterances
from segue.errors import DataError

RATE = 8000
HEARING = Hearing(rate=RATE, size=20)


@pytest.fixture
def utterances(tmp_path: Path) -> Utterances:
    """Two recordings of noise and a silent one between them."""
    generator = np.random.default_rng(0)
    for number, loudness in enumerate((0.1, 0.0, 0.2)):
        values = generator.normal(size=RATE * (number + 1)) * loudness
        soundfile.write(tmp_path / f"{number}.wav", values, RATE, subtype="FLOAT")
    items = [
        Utterance(str(number), tmp_path / f"{number}.wav", where=f"row {number + 2}")
        for number in range(3)
    ]
    return Utterances("list.csv", tuple(items))


def test_frames_lie_in_order_as_they_are_heard(utterances: Utterances) -> None:
    good = utterances.take([0, 2])
    heard = hear(good, HEARING)
    assert heard.frames.lengths.tolist() == [98, 298]
    for number, item in enumerate(good):
        assert np.array_equal(heard.frames[number], HEARING.raw(item.path))
    assert heard.left_out == ()
    assert heard.sha256 == hear(good, HEARING).sha256
    assert heard.sha256 != hear(utterances.take([2, 0]), HEARING).sha256


def test_each_recording_is_opened_once(
    utterances: Utterances, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    real = soundfile.SoundFile
    monkeypatch.setattr(soundfile, "SoundFile", lambda file: opened.append(file.name) or real(file))
    hear(utterances.take([0, 2]), HEARING)
    assert [Path(name).name for name in opened] == ["0.wav", "2.wav"]


def test_a_silent_recording_ends_it_or_is_left_out(utterances: Utterances) -> None:
    with pytest.raises(
        DataError, match=r"^list.csv: row 3: .*1.wav: is silent; .*; --skip-bad leaves"
    ):
        hear(utterances, HEARING)
    heard = hear(utterances, HEARING, skip_bad=True)
    assert [item.id for item in heard.utterances] == ["0", "2"]
    assert len(heard.left_out) == 1
    assert "row 3" in heard.left_out[0]
    with pytest.raises(DataError, match=r"no recording can be used; the first: .*is silent"):
        hear(utterances.take([1]), HEARING, skip_bad=True)


def test_the_one_who_asks_may_refuse_too(utterances: Utterances) -> None:
    def brief(item: Utterance, frames: int) -> str | None:
        return "is too long" if frames > 100 else None

    with pytest.raises(DataError, match=r"^list.csv: row 4: 2.wav: is too long; --skip-bad"):
        hear(utterances.take([0, 2]), HEARING, usable=brief)
    heard = hear(utterances, HEARING, skip_bad=True, usable=brief)
    assert [item.id for item in heard.utterances] == ["0"]


def test_the_mean_is_that_of_all_frames(utterances: Utterances) -> None:
    heard = hear(utterances.take([0, 2]), HEARING)
    wanted = np.concatenate([heard.frames[0], heard.frames[1]]).mean(0, dtype=np.float64)
    np.testing.assert_allclose(mean_of(heard.frames), wanted)
    np.testing.assert_allclose(mean_of([heard.frames[0], heard.frames[1]]), wanted)
