"""Voices made by rule: digits spoken by resonances, for demos and tests. No person is heard.

A voice is a train of pulses, or noise, through three resonances that move from sound to sound
(G. Fant, "Acoustic theory of speech production", 1960).
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.data.wording import one_line
from segue.errors import DataError

RATE = 8000
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WIDTHS = (80.0, 110.0, 160.0)  # Hz, of the resonances
_PACE = 0.09  # seconds of a sound


class _Sound(NamedTuple):
    """Resonances in Hz, how much voice and how much noise, and where the noise lies in Hz."""

    resonances: tuple[float, float, float]
    voice: float
    noise: float = 0.0
    centre: float = 2500.0


_SOUNDS = {
    "a": _Sound((750, 1250, 2500), 1.0),
    "e": _Sound((500, 1850, 2500), 1.0),
    "i": _Sound((300, 2250, 3000), 1.0),
    "I": _Sound((400, 1950, 2550), 1.0),
    "o": _Sound((480, 850, 2400), 1.0),
    "u": _Sound((320, 850, 2250), 1.0),
    "r": _Sound((400, 1150, 1600), 0.7),
    "w": _Sound((300, 650, 2200), 0.6),
    "n": _Sound((260, 1450, 2400), 0.4),
    "v": _Sound((300, 1100, 2300), 0.3, 0.1, 3000),
    "z": _Sound((300, 1600, 2500), 0.2, 0.3, 3600),
    "s": _Sound((300, 1600, 2500), 0.0, 0.5, 3600),
    "f": _Sound((300, 1100, 2300), 0.0, 0.2, 2600),
    "T": _Sound((300, 1400, 2500), 0.0, 0.15, 3000),
    "t": _Sound((300, 1700, 2600), 0.0, 0.3, 3300),
    "k": _Sound((300, 1900, 2500), 0.0, 0.3, 1800),
    "_": _Sound((300, 1500, 2500), 0.0),
}
_SPOKEN = {
    "zero": "zIro", "one": "wan", "two": "tuu", "three": "Trii", "four": "foor", "five": "faIv",
    "six": "sI_ks", "seven": "seven", "eight": "eI_t", "nine": "naIn",
}  # fmt: skip


class Voice(NamedTuple):
    """Who speaks: the pitch in Hz, the size of the head, and how fast."""

    pitch: float
    size: float
    pace: float

    @classmethod
    def drawn(cls, chance: np.random.Generator) -> Voice:
        """Some voice."""
        size = chance.uniform(0.85, 1.2)
        return cls(110 * size**3 * chance.uniform(0.8, 1.3), size, chance.uniform(0.8, 1.25))


def speak(words: list[str], voice: Voice, chance: np.random.Generator) -> NDArray[np.float32]:
    """Digits as samples `[N]` at 8,000 Hz, with pauses around them and some hiss.

    >>> chance = np.random.default_rng(0)
    >>> said = speak(["one", "two"], Voice.drawn(chance), chance)
    >>> said.dtype, 6000 < len(said) < 16000
    (dtype('float32'), True)
    """
    parts = [_pause(chance)]
    for word in words:
        parts += [_word(word, voice, chance), _pause(chance)]
    whole = np.concatenate(parts)
    whole = whole * chance.uniform(0.2, 0.5) + chance.normal(0, 0.003, len(whole))
    return np.clip(whole, -0.95, 0.95).astype(np.float32)


def write_digits(folder: Path, count: int, seed: int = 0, voices: int = 12) -> Path:
    """Write recordings of one to four digits, and `digits.tsv`, which lists them.

    Args:
        folder: an empty folder.
        count: recordings.
        seed: of all that is drawn.
        voices: how many there are.

    Returns:
        The list: file, text, speaker.
    """
    import soundfile

    chance = np.random.default_rng(seed)
    known = [Voice.drawn(chance) for _ in range(voices)]
    lines = ["file\ttext\tspeaker"]
    for number in range(count):
        who = number % voices
        words = chance.choice(DIGITS, size=chance.integers(1, 5)).tolist()
        name = f"{number:04d}.flac"
        soundfile.write(folder / name, speak(words, known[who], chance), RATE)
        lines.append(f"{name}\t{' '.join(words)}\tvoice {who + 1}")
    place = folder / "digits.tsv"
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return place


def _pause(chance: np.random.Generator) -> NDArray[np.float64]:
    return np.zeros(int(RATE * chance.uniform(0.08, 0.25)))


def _word(word: str, voice: Voice, chance: np.random.Generator) -> NDArray[np.float64]:
    """Sounds that glide into each other."""
    if word not in _SPOKEN:
        raise DataError(f"{one_line(word)}: is no digit; these voices say {', '.join(DIGITS)}")
    sounds = [_SOUNDS[letter] for letter in _SPOKEN[word]]
    length = int(RATE * _PACE * voice.pace * chance.uniform(0.85, 1.2) * (len(sounds) + 1))
    at = np.linspace(-0.5, len(sounds) - 0.5, length)
    knots = np.arange(len(sounds))

    def glide(values: list[float], sharp: float) -> NDArray[np.float64]:
        """Values that stay for a while and then move on."""
        base = np.floor(at)
        bent = base + 0.5 + 0.5 * np.tanh(sharp * (at - base - 0.5)) / np.tanh(sharp / 2)
        found: NDArray[np.float64] = np.interp(bent, knots, values)
        return found

    pitch = voice.pitch * (1 + 0.1 * np.cos(np.linspace(0, np.pi, length)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    resonances = [
        glide([one.resonances[k] * chance.uniform(0.96, 1.04) for one in sounds], 4.0) * voice.size
        for k in range(3)
    ]
    harmonics = np.arange(1, int(0.45 * RATE / pitch.min()))
    tone = np.zeros(length)
    for number in harmonics:
        height = number * pitch
        gain = sum(
            1 / (1 + ((height - f) / w) ** 2) for f, w in zip(resonances, _WIDTHS, strict=True)
        )
        tone += np.where(height < 0.45 * RATE, gain, 0) * np.cos(number * phase) / np.sqrt(number)
    noise = np.zeros(length)
    for one, knot in zip(sounds, knots, strict=True):
        if one.noise:
            near = np.clip(1.5 - 2 * np.abs(at - knot), 0, 1)
            noise += one.noise * near * _hiss(length, one.centre * voice.size**0.5, chance)
    made: NDArray[np.float64] = glide([one.voice for one in sounds], 8.0) * tone + noise
    return made * np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / 80)


def _hiss(length: int, centre: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """Noise around a frequency."""
    spectrum = np.fft.rfft(chance.normal(size=length))
    height = np.fft.rfftfreq(length, 1 / RATE)
    shaped: NDArray[np.float64] = np.fft.irfft(
        spectrum / (1 + ((height - min(centre, 3700)) / 500) ** 2), length
    )
    return shaped / max(float(shaped.std()), 1e-9)
