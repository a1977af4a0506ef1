"""Text that a model writes: a unit costs a step of a stream, and is shown when it is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segue.data.speaker import Speaker
from segue.data.units import Vocabulary
from segue.errors import OptionError, RunError
from segue.nn.decoding.sampling import SamplingSettings, sample
from segue.tasks.generate.model import GenerateModel
from segue.tasks.generate.settings import GenerateAsked
from segue.training import RunFolder
from segue.training.checkpoint import DamagedError, from_bytes, metadata, to_bytes
from segue.training.files import read_file, write_whole
from segue.training.identity import check_identity


class Writer:
    """Writes on from where it is. What it has written so far is its state and its last unit.

    Args:
        model: in eval mode.
        vocabulary: its units.
        settings: how units are drawn.
        seed: of the drawing.
    """

    def __init__(
        self,
        model: GenerateModel,
        vocabulary: Vocabulary,
        settings: SamplingSettings,
        seed: int = 0,
    ) -> None:
        self.model, self.vocabulary, self.settings = model, vocabulary, settings
        self.stream = model.layers.stream()
        self.generator = torch.Generator().manual_seed(seed)
        self.seen = torch.zeros(1, model.config.vocabulary, dtype=torch.bool)
        special = len(vocabulary.settings.special)
        self.never = [n for n in range(special) if n != vocabulary.eos]
        self.end = line_end(vocabulary)
        self.last = self.end

    def read(self, tokens: np.ndarray) -> None:
        """Take a prompt in."""
        for token in tokens.tolist():
            self._step()
            self._take(int(token))

    def write(self) -> int:
        """Draw the next unit."""
        logits = self._step()
        logits[:, self.never] = -torch.inf
        seen = None if self.settings.repetition_penalty == 1 else self.seen
        token = int(sample(logits, self.settings, self.generator, seen))
        self._take(token)
        return token

    @torch.no_grad()
    def _step(self) -> Tensor:
        """Logits `[1, V]` of what follows the last unit."""
        weight = self.model.embed.weight
        y = self.stream.step(weight[self.last].detach()[None])
        return self.model.read(torch.as_tensor(y)).clone()

    def _take(self, token: int) -> None:
        self.last = token
        self.seen[0, token] = True

    def state(self) -> dict[str, Any]:
        """All that writing on needs."""
        return {
            "layers": self.stream.state,
            "last": self.last,
            "seen": self.seen.to(torch.uint8),
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
        if not isinstance(seen, Tensor) or seen.shape != self.seen.shape:
            raise ValueError("it is of another vocabulary")
        self.last, self.seen = last, seen != 0


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


def line_end(vocabulary: Vocabulary) -> int:
    """The unit that ends a line."""
    if vocabulary.eos is not None:
        return vocabulary.eos
    found = vocabulary.encode("\n")
    return int(found[-1])


def text_of(
    run: RunFolder, model: GenerateModel, vocabulary: Vocabulary, asked: GenerateAsked
) -> Iterator[str]:
    """The prompt and what the model writes behind it, as it is made.

    Raises:
        OptionError: the prompt has nothing that the model knows.
        RunError: the file of the state is damaged, or of another run.
    """
    settings = SamplingSettings(
        asked.repetition_penalty, asked.temperature, asked.top_k, asked.top_p, asked.min_p
    )
    writer = Writer(model, vocabulary, settings, asked.seed)
    path = None if asked.state is None else Path(asked.state)
    if path is not None and path.exists():
        _restore(writer, path, run)
    prompt = vocabulary.encode(asked.prompt)
    if asked.prompt.strip() and not len(prompt):
        raise OptionError("prompt: it has no unit that the model reads")
    writer.read(prompt)
    yield asked.prompt
    spoken = Speaker(vocabulary, begun=bool(asked.prompt))
    lines = 0
    for _ in range(asked.length):
        token = writer.write()
        lines += token == writer.end
        yield spoken.say(token)
        if asked.lines is not None and lines == asked.lines:
            break
    yield spoken.rest()
    if path is not None:
        write_whole(path, to_bytes({"text": writer.state()}, identity=run.identity))


def _restore(writer: Writer, path: Path, run: RunFolder) -> None:
    try:
        data = read_file(path)
        tree = from_bytes(data)
        check_identity(metadata(data), run.identity, str(path))
        state = tree.get("text")
        writer.go_on(state if isinstance(state, dict) else {})
    except OSError as error:
        raise RunError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (DamagedError, ValueError) as error:
        raise RunError(f"{path}: is no text to go on from: {error}") from None
