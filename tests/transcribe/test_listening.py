"""A stream says what the recording says, to the bit, however it comes in pieces."""

import numpy as np
import pytest
import torch

from segue.data.audio.hearing import Hearing
from segue.data.audio.voices import RATE, Voice, speak
from segue.errors import OptionError
from segue.tasks.speech.answers import Emission
from segue.tasks.transcribe.listening import Listener, whole
from segue.tasks.transcribe.model import TranscribeConfig, TranscribeModel

FORMS = {
    "forward": {"chunk": 5, "ahead": False},
    "looks ahead": {"chunk": 7, "ahead": True},
    "transducer": {"chunk": 4, "ahead": False, "transducer": True},
    "one step": {"chunk": 1, "ahead": False, "stride": 3},
}


def model_of(form: dict[str, object]) -> TranscribeModel:
    torch.manual_seed(0)
    given = {"features": 12, "units": 6, "hidden": 16, **form}
    return TranscribeModel(TranscribeConfig.model_validate(given)).eval()


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("frames", [1, 2, 10, 61, 200])
def test_pieces_have_the_bits_of_the_whole(name: str, frames: int) -> None:
    model, chance = model_of(FORMS[name]), np.random.default_rng(frames)
    x = chance.normal(size=(frames, 12)).astype(np.float32)
    once = whole(model, x)
    assert len(once) == -(-frames // model.config.stride)
    listener, found, place = Listener(model), [], 0
    while place < frames:
        size = int(chance.integers(1, 9))
        found += listener.accept(x[place : place + size])
        place += size
    pieces = Emission.joined([*found, *listener.end()])
    assert np.array_equal(once.shares, pieces.shares)
    if once.heard is not None:
        assert pieces.heard is not None
        assert np.array_equal(once.heard, pieces.heard)


@pytest.mark.parametrize("name", FORMS)
def test_a_stream_says_what_is_trained(name: str) -> None:
    model = model_of(FORMS[name])
    x = torch.randn(83, 1, 12)
    with torch.no_grad():
        emitted = model(x, torch.tensor([83]))
    wanted = emitted.logits.log_softmax(-1)[:, 0].numpy()
    np.testing.assert_allclose(whole(model, x[:, 0].numpy()).shares, wanted, atol=2e-5)


def test_what_hears_whole_recordings_does_not_stream() -> None:
    with pytest.raises(OptionError, match="--streaming"):
        Listener(model_of({"chunk": None}))


def test_samples_in_pieces_have_the_bits_of_the_file() -> None:
    chance = np.random.default_rng(0)
    samples = speak(["one", "two"], Voice.drawn(chance), chance)
    hearing = Hearing(rate=RATE, size=20, running=True, start=(8.0,) * 20)
    stream, found, place = hearing.stream(), [], 0
    while place < len(samples):
        size = int(chance.integers(1, 700))
        found.append(stream.accept(samples[place : place + size]))
        place += size
    once = hearing.stream().accept(samples)
    assert np.array_equal(once, np.concatenate(found))


def test_a_long_silence_moves_the_mean_little() -> None:
    chance = np.random.default_rng(1)
    samples = speak(["nine"], Voice.drawn(chance), chance)
    quiet = (chance.normal(size=30 * RATE) * 1e-4).astype(np.float32)
    hearing = Hearing(rate=RATE, size=20, running=True, start=(12.0,) * 20)
    alone = hearing.stream().accept(samples)
    later = hearing.stream().accept(np.concatenate([quiet, samples]))[-len(alone) :]
    assert np.abs(alone[10:] - later[10:]).mean() < 2
