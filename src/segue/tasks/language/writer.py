"""What a model writes: a unit costs a step of a stream, and is there at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segue.errors import RunError
from segue.nn import Softmax
from segue.nn.decoding.sampling import SamplingSettings, sample
from segue.tasks.language.model import LanguageModel
from segue.training import RunFolder
from segue.training.checkpoint import DamagedError, from_bytes, metadata, to_bytes
from segue.training.files import read_file, write_whole
from segue.training.identity import check_identity


class Writer:
    """Writes on from where it is. What it has written so far is its state and its last unit.

    Args:
        model: in eval mode.
        end: the unit that ends a line or a piece, behind which a new one begins.
        never: units that are not drawn.
        settings: how units are drawn.
        seed: of the drawing.
    """

    def __init__(
        self,
        model: LanguageModel,
        end: int,
        never: Sequence[int],
        settings: SamplingSettings,
        seed: int = 0,
    ) -> None:
        self.model, self.settings = model, settings
        self.stream = model.layers.stream()
        self.generator = torch.Generator().manual_seed(seed)
        self.table = model.embed.weight.numpy(force=True)
        self.scores = _scores(model)
        self.seen = np.zeros((1, model.config.vocabulary), bool)
        self.never, self.last = np.array(never, np.int64), end

    def read(self, tokens: Iterable[int]) -> None:
        """Take a prompt in."""
        for token in tokens:
            self._step()
            self._take(int(token))

    def write(self) -> int:
        """Draw the next unit."""
        scores = self.scores(self._step())[None]
        scores[:, self.never] = -np.inf
        seen = None if self.settings.repetition_penalty == 1 else self.seen
        token = int(sample(scores, self.settings, self.generator, seen)[0])
        self._take(token)
        return token

    def _step(self) -> NDArray[np.floating]:
        """What the layers say behind the last unit, `[H]`."""
        if self.last == self.model.config.fresh:
            self.stream.reset()
        return self.stream.step(self.table[self.last])

    def _take(self, token: int) -> None:
        self.last = token
        self.seen[0, token] = True

    def state(self) -> dict[str, Any]:
        """All that writing on needs."""
        return {
            "layers": self.stream.state,
            "last": self.last,
            "seen": torch.from_numpy(self.seen.astype(np.uint8)),
            "generator": self.generator.get_state(),
        }

    def go_on(self, state: dict[str, Any]) -> None:
        """Take up a `state()`.

        Raises:
            ValueError: it is none of this model.
        """
        try:
            self.stream.state = _like(state["layers"], self.stream.state)
            last, seen = state["last"], state["seen"]
            self.generator.set_state(state["generator"])
        except (KeyError, TypeError, RuntimeError) as error:
            raise ValueError("it is of another model") from error
        if type(last) is not int or not 0 <= last < self.seen.shape[1]:
            raise ValueError("its last unit is none")
        if not isinstance(seen, Tensor) or tuple(seen.shape) != self.seen.shape:
            raise ValueError("it is of another vocabulary")
        self.last, self.seen = last, seen.numpy() != 0


def _scores(model: LanguageModel) -> Callable[[NDArray[np.floating]], NDArray[np.floating]]:
    """From features `[H]` to scores `[V]`; as one product where it is one, a call costing more."""
    head = model.head
    if isinstance(head, Softmax) and head.weight.shape[1] == head.hidden_size:
        weight, bias = head.weight.numpy(force=True), head.bias.numpy(force=True)
        return lambda y: weight @ y + bias

    @torch.no_grad()
    def read(y: NDArray[np.floating]) -> NDArray[np.floating]:
        found: NDArray[np.floating] = head.log_prob(torch.from_numpy(y)[None])[0].numpy()
        return found

    return read


def _like(found: Any, wanted: Any) -> Any:
    """A state of the form of another one.

    Raises:
        TypeError: it has another.
    """
    if isinstance(wanted, Tensor):
        if not isinstance(found, Tensor) or found.shape != wanted.shape:
            raise TypeError
        if found.dtype != wanted.dtype or not found.isfinite().all():
            raise TypeError
        return found
    if not isinstance(found, (tuple, list)) or len(found) != len(wanted):
        raise TypeError
    parts = [_like(a, b) for a, b in zip(found, wanted, strict=True)]
    return type(wanted)(*parts) if hasattr(wanted, "_fields") else tuple(parts)


def keep(writer: Writer, path: Path, run: RunFolder, written: Sequence[int] = ()) -> None:
    """Keep where a writer is in a file, with what it has written where that is needed again."""
    tree = {"text": writer.state(), "written": torch.tensor(written, dtype=torch.int64)}
    write_whole(path, to_bytes(tree, identity=run.identity))


def take_up(writer: Writer, path: Path, run: RunFolder) -> list[int]:
    """Go on where a file says, and return what had been written; without a file nothing is done.

    Raises:
        RunError: the file is damaged, or of another run.
    """
    if not path.exists():
        return []
    try:
        data = read_file(path)
        tree = from_bytes(data)
        check_identity(metadata(data), run.identity, str(path))
        state, written = tree.get("text"), tree.get("written")
        writer.go_on(state if isinstance(state, dict) else {})
        if not isinstance(written, Tensor) or written.dtype != torch.int64 or written.dim() != 1:
            raise ValueError("what was written is not there")
        if len(written) and not 0 <= int(written.min()) <= int(written.max()) < len(writer.seen[0]):
            raise ValueError("what was written is of another vocabulary")
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (DamagedError, ValueError) as error:
        raise RunError(f"{path}: is no text to go on from: {error}") from None
    found: list[int] = written.tolist()
    return found
