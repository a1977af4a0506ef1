"""What costs nothing, or nearly so: the usual text, and the mean sound of each name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from segue.data.audio.store import Heard
from segue.errors import RunError
from segue.tasks.artifact import require_array

_PARTS = 8  # of a recording, each of which is averaged


def usual_text(heard: Heard) -> str:
    """The text that is said most often; of several the first by its letters."""
    counts = Counter(item.text or "" for item in heard.utterances)
    return min(counts, key=lambda text: (-counts[text], text))


@dataclass(frozen=True)
class Means:
    """The mean sound of each name.

    Attributes:
        names: K of them.
        centres: float64 `[K, 8 F]`, of the means over each eighth of a recording.
    """

    names: tuple[str, ...]
    centres: NDArray[np.float64]

    @classmethod
    def of(cls, heard: Heard) -> Means:
        """The means over recordings to train on."""
        texts = np.array([item.text or "" for item in heard.utterances])
        names = tuple(sorted(set(texts.tolist())))
        places = _sketches(heard)
        return cls(names, np.stack([places[texts == name].mean(0) for name in names]))

    def nearest(self, heard: Heard) -> list[str]:
        """The name whose mean each recording is nearest to."""
        found = []
        for place in _sketches(heard):
            found.append(self.names[int(((self.centres - place) ** 2).sum(1).argmin())])
        return found

    def state(self) -> dict[str, object]:
        """For the artifact."""
        return {"names": list(self.names), "centres": self.centres}

    @classmethod
    def from_state(cls, state: object, names: Sequence[str], size: int) -> Means:
        """The means whose `state()` this is; nothing in it is trusted.

        Raises:
            RunError: they are of other names or sizes.
        """
        centres = state.get("centres") if isinstance(state, dict) else None
        if not isinstance(state, dict) or not isinstance(centres, np.ndarray):
            raise RunError("means: are damaged; train again")
        if state.get("names") != sorted(names):
            raise RunError("means: are of other names than the model's; train again")
        require_array("means", centres, np.float64, (len(names), _PARTS * size))
        return cls(tuple(sorted(names)), centres)


def _sketches(heard: Heard) -> NDArray[np.float64]:
    """Recordings as vectors of one length, `[n, 8 F]`."""
    found = []
    for row in range(len(heard.frames)):
        frames = np.asarray(heard.frames[row], np.float64)
        frames = frames - frames.mean(0)
        edges = np.linspace(0, len(frames), _PARTS + 1)
        parts = [
            frames[int(a) : max(int(np.ceil(b)), int(a) + 1)].mean(0) for a, b in pairwise(edges)
        ]
        found.append(np.concatenate(parts))
    return np.stack(found)
