"""Writing, a unit at a time and one text alone: the loop of `generate` beside torch's layers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from segue.nn.decoding.sampling import SamplingSettings
from segue.tasks.language.model import LanguageConfig, LanguageModel
from segue.tasks.language.writer import Writer

UNITS, FEATURES, HIDDEN, WRITTEN = 100, 64, 512, 400
_END = 2
Turn = Callable[[], object]


class Plain:
    """The usual loop: an embedding, torch's layer for one step, a linear layer, a draw."""

    def __init__(self, layer: type[nn.GRU] | type[nn.LSTM]) -> None:
        torch.manual_seed(0)
        self.embed = nn.Embedding(UNITS, FEATURES)
        self.layer, self.head = layer(FEATURES, HIDDEN), nn.Linear(HIDDEN, UNITS)

    @torch.inference_mode()
    def write(self) -> list[int]:
        """So many units, drawn by their probabilities."""
        torch.manual_seed(0)
        token, state = torch.tensor([[_END]]), None
        found: list[int] = []
        for _ in range(WRITTEN):
            y, state = self.layer(self.embed(token), state)
            logits: Tensor = self.head(y[0])
            token = torch.multinomial(logits.softmax(-1), 1)
            found.append(int(token))
        return found


class Own:
    """What `segue generate` does."""

    def __init__(self, cell: str) -> None:
        torch.manual_seed(0)
        config = LanguageConfig(vocabulary=UNITS, embedding=FEATURES, hidden=HIDDEN, cell=cell)
        self.model = LanguageModel(config).eval()

    def write(self) -> list[int]:
        """So many units, drawn by their probabilities."""
        writer = Writer(self.model, _END, (0, 1), SamplingSettings())
        return [writer.write() for _ in range(WRITTEN)]


def cases() -> dict[str, tuple[Turn, Turn]]:
    """By name: what segue does, and what plain torch does."""
    return {
        f"{WRITTEN} units, {cell} of {HIDDEN}": (Own(cell).write, Plain(layer).write)
        for cell, layer in (("gru", nn.GRU), ("lstm", nn.LSTM))
    }
