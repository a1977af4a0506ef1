"""How fast a recogniser listens live, on one core.

    python -m benchmarks.suites.listening [--hidden N] [--layers N] [--seconds S] [--json]

Weights are random: they do not change how long a step takes. The real-time factor is processor time
for a second of sound, from samples to partial texts; the delay of a text is a chunk of sound, what
its last step reads on, and the time that the chunk is worked on.
"""

import argparse
import io
import json
import sys
import time

import numpy as np
import torch

from segue.data.audio.hearing import Hearing
from segue.data.unit import Unit
from segue.data.vocabulary import VocabularySettings, fit_vocabulary
from segue.tasks.speech.answers import Speller
from segue.tasks.speech.search import GREEDY, Search
from segue.tasks.speech.segments import PAUSE, Segments
from segue.tasks.transcribe.listening import live
from segue.tasks.transcribe.model import TranscribeConfig, TranscribeModel

_RATE, _BANDS, _CHUNK = 16_000, 64, 5


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.suites.listening", description=__doc__
    )
    parser.add_argument("--hidden", type=int, default=320, help="features of the state")
    parser.add_argument("--layers", type=int, default=3, help="recurrent layers")
    parser.add_argument("--seconds", type=float, default=60.0, help="of sound")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    found = measured(asked.hidden, asked.layers, asked.seconds)
    if asked.json:
        print(json.dumps(found))
    else:
        print(
            f"{asked.layers} layers of {asked.hidden}, one core: real-time factor"
            f" {found['processor_factor']:.4f} by the processor, {found['real_time_factor']:.4f} by"
            f" the clock; delay {found['delay_ms']['50%']:.0f} ms at the median,"
            f" {found['delay_ms']['99%']:.0f} ms at the 99th percentile"
        )
    return 0


def measured(hidden: int, layers: int, seconds: float) -> dict[str, object]:
    """What `live` says at its end, and processor time for a second of sound."""
    units = fit_vocabulary(["abcdefghijklmnopqrstuvwxyz '"], VocabularySettings(unit=Unit.CHAR))
    config = TranscribeConfig(
        features=_BANDS, units=units.size, hidden=hidden, layers=layers, chunk=_CHUNK, ahead=False
    )
    torch.manual_seed(0)
    model = TranscribeModel(config).eval()
    hearing = Hearing(rate=_RATE, size=_BANDS, running=True, start=(10.0,) * _BANDS)
    search = Search.of(Speller.of(units, config.stride), GREEDY, None)
    sound = np.random.default_rng(0).normal(size=round(_RATE * seconds)) * 3000
    listen(model, hearing, search, sound[:_RATE])  # kernels are built at the first call
    start = time.process_time()
    found = listen(model, hearing, search, sound)
    return {**found, "processor_factor": (time.process_time() - start) / seconds}


def listen(
    model: TranscribeModel, hearing: Hearing, search: Search, sound: np.ndarray
) -> dict[str, object]:
    """What is said at the end of a stream of these samples."""
    read = io.BytesIO(sound.astype("<i2").tobytes()).read
    *_, last = live(model, hearing, Segments(search, PAUSE), read, _RATE)
    return last


if __name__ == "__main__":
    sys.exit(main())
