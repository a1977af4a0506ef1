"""The recogniser beside the same model of torch's own layers."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from segue.tasks.speech.spoken import Batch
from segue.tasks.transcribe.model import Emitted, TranscribeConfig, TranscribeModel
from segue.tasks.transcribe.objective import ctc

_BATCHES, _ROWS, _BANDS, _UNITS = 1, 16, 64, 30
Turn = Callable[[], object]


class Plain(nn.Module):
    """`TranscribeModel` as one would write it with torch's layers."""

    def __init__(self, config: TranscribeConfig) -> None:
        super().__init__()
        kind = {"gru": nn.GRU, "lstm": nn.LSTM}[config.cell]
        self.window, self.stride = 2 * config.stride, config.stride
        self.front = nn.Linear(self.window * config.features, config.width)
        self.layers = nn.ModuleList(
            kind(config.width, config.hidden, bidirectional=config.ahead)
            for _ in range(config.layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) for _ in range(config.layers))
        self.drop = nn.Dropout(config.dropout)
        self.head = nn.Linear(config.width, config.units)

    def forward(self, frames: Tensor, lengths: Tensor) -> Emitted:
        padded = nn.functional.pad(frames, (0, 0, 0, 0, 0, self.window))
        steps = padded.unfold(0, self.window, self.stride).flatten(2)
        lengths = -(-lengths // self.stride)
        y = self.drop(self.front(steps[: int(lengths.max())]).relu())
        for layer, norm in zip(self.layers, self.norms, strict=True):
            packed = pack_padded_sequence(y, lengths, enforce_sorted=False)
            y = self.drop(norm(pad_packed_sequence(layer(packed)[0])[0]))
        return Emitted(self.head(y), lengths)


def cases() -> dict[str, tuple[Turn, Turn]]:
    """A pass of training: recordings of 2 to 5 seconds, read both ways, and as a stream is."""
    found = {}
    batches = _data()
    for name, cell, given in (
        ("gru 160 x 2, both ways", "gru", {"hidden": 160}),
        ("lstm 160 x 2, both ways", "lstm", {"hidden": 160}),
        ("gru 320 x 3, one way", "gru", {"hidden": 320, "layers": 3, "chunk": 5, "ahead": False}),
    ):
        config = TranscribeConfig.model_validate(
            {"features": _BANDS, "units": _UNITS, "cell": cell, **given}
        )
        torch.manual_seed(0)
        found[name] = (
            _training(TranscribeModel(config), batches),
            _training(Plain(config), batches),
        )
    return found


def _data() -> list[Batch]:
    chance = torch.Generator().manual_seed(0)
    found = []
    for _ in range(_BATCHES):
        lengths = torch.randint(200, 500, (_ROWS,), generator=chance)
        frames = torch.randn(int(lengths.max()), _ROWS, _BANDS, generator=chance)
        spoken = lengths // 10
        labels = torch.randint(2, _UNITS, (_ROWS, int(spoken.max())), generator=chance)
        found.append(Batch(frames, lengths, labels, spoken))
    return found


def _training(model: nn.Module, batches: list[Batch]) -> Turn:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def turn() -> None:
        for batch in batches:
            optimizer.zero_grad()
            emitted = model(batch.frames, batch.lengths)
            loss = ctc(emitted.logits.log_softmax(-1), emitted.lengths, batch)
            (loss / batch.label_lengths.sum()).backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()

    return turn
