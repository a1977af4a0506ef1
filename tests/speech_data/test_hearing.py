"""What a network hears of a recording: in a whole or as it comes."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from pydantic import ValidationError

from segue.data.audio.files import Span
from segue.data.audio.hearing import Hearing
from segue.data.audio.noise import Noises, faster
from segue.errors import DataError

RATE, BANDS = 8000, 20
HEARING = Hearing(rate=RATE, size=BANDS)


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    values = np.random.default_rng(0).normal(size=2 * RATE) * 0.1
    soundfile.write(tmp_path / "noise.wav", values, RATE, subtype="FLOAT")
    return tmp_path / "noise.wav"


def test_frames_are_centred_and_derivatives_stand_beside(noise: Path) -> None:
    raw, found = HEARING.raw(noise), Hearing(rate=RATE, size=BANDS, deltas=True).of(noise)
    assert raw.shape == (198, BANDS)
    assert found.shape == (198, 3 * BANDS)
    np.testing.assert_allclose(found[:, :BANDS], raw - raw.mean(0), atol=1e-4)


def test_a_faster_recording_is_shorter_and_higher(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE) * 0.5
    soundfile.write(tmp_path / "tone.wav", tone, RATE)
    plain, fast = (HEARING.raw(tmp_path / "tone.wav", alter=faster(speed)) for speed in (1.0, 1.25))
    assert len(plain) == 98
    assert len(fast) == 78
    assert fast.mean(0).argmax() > plain.mean(0).argmax()


def test_a_recording_shorter_than_a_frame_is_named(noise: Path) -> None:
    for read in (HEARING.raw, HEARING.sound):
        with pytest.raises(DataError, match=r"noise.wav: lasts 0.020 s, less than a frame"):
            read(noise, Span(0.0, 0.02))


def test_peaks_are_looked_at_before_the_rate_changes(tmp_path: Path) -> None:
    values = np.random.default_rng(1).normal(size=2 * RATE)
    soundfile.write(tmp_path / "loud.wav", np.clip(values, -1, 1), 2 * RATE)
    assert len(HEARING.raw(tmp_path / "loud.wav")) == 98
    with pytest.raises(DataError, match=r"loud.wav: is clipped"):
        HEARING.sound(tmp_path / "loud.wav")


def test_sound_has_the_frames_of_raw(noise: Path) -> None:
    other = Hearing(rate=RATE // 2, size=BANDS)
    assert np.array_equal(HEARING.sound(noise), HEARING.raw(noise))
    assert np.array_equal(other.sound(noise, Span(0.5, 1.0)), other.raw(noise, Span(0.5, 1.0)))


def test_what_is_heard_live_is_what_is_heard_in_the_whole_to_the_bit(noise: Path) -> None:
    start = tuple(HEARING.raw(noise).mean(0).astype(float).tolist())
    hearing = Hearing(rate=RATE, size=BANDS, running=True, start=start)
    samples = soundfile.read(noise, dtype="float32")[0]
    stream, cuts = hearing.stream(), [1, 150, 151, 4000, 9999]
    pieces = [stream.accept(piece) for piece in np.split(samples, cuts)]
    assert np.array_equal(np.concatenate(pieces), hearing.of(noise))


def test_a_running_mean_begins_with_that_of_the_training() -> None:
    frames = np.full((3, 1), 5.0, np.float32)
    told = Hearing(rate=RATE, size=1, running=True, start=(5.0,))
    assert told.centred(frames).tolist() == [[0.0], [0.0], [0.0]]
    untold = Hearing(rate=RATE, size=1, running=True)
    assert untold.centred(frames)[0, 0] == np.float32(5 - 5 / 101)


def test_what_looks_ahead_has_no_stream() -> None:
    with pytest.raises(DataError, match="does not listen live"):
        HEARING.stream()
    with pytest.raises(ValidationError, match="look ahead"):
        Hearing(rate=RATE, size=BANDS, deltas=True, running=True)
    with pytest.raises(ValidationError, match="another size"):
        Hearing(rate=RATE, size=BANDS, running=True, start=(1.0,))


def test_features_must_be_like_the_others(tmp_path: Path) -> None:
    given = Hearing(size=13)
    np.save(tmp_path / "good.npy", np.ones((5, 13), np.float32))
    np.save(tmp_path / "wide.npy", np.ones((5, 14), np.float32))
    assert given.sound(tmp_path / "good.npy").shape == (5, 13)
    with pytest.raises(DataError, match="has frames of 14 values, the others of 13"):
        given.raw(tmp_path / "wide.npy")
    with pytest.raises(DataError, match="is no file of features"):
        given.raw(tmp_path / "a.wav")
    with pytest.raises(DataError, match="parts are taken of sound"):
        given.raw(tmp_path / "good.npy", Span(0.0, 1.0))


def test_noise_is_laid_under_a_recording(noise: Path, tmp_path: Path) -> None:
    tone = 0.5 * np.sin(np.arange(3 * RATE, dtype=np.float32))
    (tmp_path / "noises").mkdir()
    for number in range(2):
        hiss = np.random.default_rng(number).normal(size=RATE // 2) * 0.1
        soundfile.write(tmp_path / "noises" / f"{number}.wav", hiss.clip(-1, 1), RATE)
    noises = Noises.of(tmp_path / "noises", seed=3)
    for number in range(6):
        mixed = noises.under(number)(tone, RATE)
        again = noises.under(number)(tone, RATE)
        assert np.array_equal(mixed, again)
        level = 10 * np.log10(np.mean(tone**2) / np.mean((mixed - tone) ** 2))
        assert 4.9 < level < 20.1
    with pytest.raises(DataError, match="is no folder"):
        Noises.of(noise, seed=0)
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="holds no sounds"):
        Noises.of(tmp_path / "none", seed=0)
