"""Files of sound and of features: what is read, and what is said of what cannot be."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from segue.data.audio.features import Filterbank, read_features, with_deltas
from segue.data.audio.files import Span, defect_of, read_sound, sound_of
from segue.errors import DataError

RATE = 8000


def _noise(seconds: float = 1.0) -> np.ndarray:
    generator = np.random.default_rng(0)
    return (generator.normal(size=int(seconds * RATE)) * 0.1).astype(np.float32)


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "au"])
def test_what_was_written_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, _noise(), RATE)
    np.testing.assert_allclose(read_sound(path), _noise(), atol=1e-4)


def test_another_rate_has_the_same_tone(tmp_path: Path) -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", tone, RATE)
    found = read_sound(tmp_path / "a.wav", 2 * RATE)
    spectrum = np.abs(np.fft.rfft(found * np.hanning(len(found))))
    assert len(found) == 2 * RATE
    assert int(spectrum.argmax()) == 440


def test_channels_are_chosen_or_mixed(tmp_path: Path) -> None:
    both = np.stack([np.full(100, 0.5), np.full(100, -0.25)], axis=1)
    soundfile.write(tmp_path / "a.wav", both, RATE, subtype="FLOAT")
    assert read_sound(tmp_path / "a.wav", channel=1)[0] == -0.25
    assert read_sound(tmp_path / "a.wav")[0] == 0.125
    with pytest.raises(DataError, match="has 2 channels, none of number 2"):
        read_sound(tmp_path / "a.wav", channel=2)


def test_a_part_is_read_alone(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _noise(), RATE, subtype="FLOAT")
    found = read_sound(tmp_path / "a.wav", span=Span(0.25, 0.5))
    assert np.array_equal(found, _noise()[2000:4000])
    with pytest.raises(DataError, match=r"no part from 0.5 to 3 s; it lasts 1.00 s"):
        read_sound(tmp_path / "a.wav", span=Span(0.5, 3))


def test_each_defect_is_named_in_one_line(tmp_path: Path) -> None:
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, _noise(), RATE)
    content = whole.read_bytes()
    flac = tmp_path / "whole.flac"
    soundfile.write(flac, _noise(), RATE)
    nowhere = np.array([0, np.nan], np.float32)
    soundfile.write(tmp_path / "nan.wav", nowhere, RATE, subtype="FLOAT")
    soundfile.write(tmp_path / "none.wav", _noise()[:0], RATE)
    files = {
        "empty.wav": (b"", "is empty"),
        "three.wav": (content[:3], "is no sound"),
        "head.wav": (content[:44], "cut short"),
        "cut.wav": (content[:9000], "cut short"),
        "cut.flac": (flac.read_bytes()[:5000], "damaged or cut short"),
        "text.wav": (b"hello there", "is no sound"),
        "nan.wav": (None, "not finite"),
        "none.wav": (None, "has no samples"),
        "absent.wav": (None, "no such file"),
    }
    for name, (held, message) in files.items():
        if held is not None:
            (tmp_path / name).write_bytes(held)
        with pytest.raises(DataError, match=message) as caught:
            read_sound(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)
    with pytest.raises(DataError, match="is a folder"):
        read_sound(tmp_path)


def test_ten_hours_are_refused_by_the_head_alone(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 1000, 1) as file:
        for _ in range(10):
            file.write(np.zeros(3600 * 1000, np.int16))
    with pytest.raises(DataError, match=r"lasts 10.0 hours"):
        sound_of(path)


def test_silent_and_clipped_recordings_are_known() -> None:
    assert defect_of(_noise()) is None
    assert defect_of(np.zeros(10, np.float32)) == "is silent"
    assert "clipped" in str(defect_of(np.clip(_noise() * 100, -1, 1)))


def test_a_stream_has_the_frames_of_the_whole_to_the_bit() -> None:
    bank, samples = Filterbank(RATE, 40), _noise(3)
    whole = bank.of(samples)
    generator = np.random.default_rng(1)
    stream, cuts = bank.stream(), np.sort(generator.integers(0, len(samples), 50))
    pieces = [stream.accept(piece) for piece in np.split(samples, cuts)]
    assert whole.shape == (298, 40)
    assert np.array_equal(np.concatenate(pieces), whole)


def test_bands_tell_a_low_tone_from_a_high_one() -> None:
    time = np.arange(RATE) / RATE
    low, high = (
        Filterbank(RATE, 40).of(np.sin(2 * np.pi * pitch * time)).mean(0).argmax()
        for pitch in (300, 3000)
    )
    assert low < 15 < 30 < high


def test_features_of_sphinx_and_numpy_are_read(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).normal(size=(7, 13)).astype(np.float32)
    np.save(tmp_path / "a.npy", frames)
    for order in "><":
        head = np.array([frames.size], f"{order}i4").tobytes()
        (tmp_path / "a.mfc").write_bytes(head + frames.astype(f"{order}f4").tobytes())
        assert np.array_equal(read_features(tmp_path / "a.mfc"), frames)
    assert np.array_equal(read_features(tmp_path / "a.npy"), frames)


def test_features_that_are_damaged_are_refused(tmp_path: Path) -> None:
    frames = np.zeros((7, 13), ">f4")
    (tmp_path / "cut.mfc").write_bytes(np.array([91], ">i4").tobytes() + frames.tobytes()[:-8])
    (tmp_path / "odd.mfc").write_bytes(np.array([14], ">i4").tobytes() + frames.tobytes()[:56])
    np.save(tmp_path / "flat.npy", np.zeros(5))
    np.save(tmp_path / "nan.npy", np.array([[0.0], [np.nan]]))
    for name, message in {
        "cut.mfc": "cut short",
        "odd.mfc": "no frames of 13",
        "flat.npy": "features are numbers",
        "nan.npy": "frame 1 is not finite",
    }.items():
        with pytest.raises(DataError, match=message):
            read_features(tmp_path / name)


def test_deltas_are_slopes() -> None:
    line = np.arange(20, dtype=np.float32)[:, None] * 3
    found = with_deltas(line)
    np.testing.assert_allclose(
        found[4:-4], np.stack([line[4:-4, 0], np.full(12, 3), np.zeros(12)], 1)
    )
