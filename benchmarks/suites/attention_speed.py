"""The attention decoder beside the same decoder of torch's own cell in a loop: one training step.

B = 64 rows of T = 25 steps read memories of S = 24 steps, 12 to 24 of them real; D = 256 features
of the input, a GRU of H features, a memory of 2H, as of a bidirectional encoder.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

import segue
from segue.nn import AdditiveAttention, AttentionDecoder, MultiplicativeAttention

_ROWS, _STEPS, _PLACES, _SIZE = 64, 25, 24, 256
Turn = Callable[[], object]


class Plain(nn.Module):
    """`AttentionDecoder` as one would write it with torch's layers."""

    def __init__(self, hidden: int, *, additive: bool, feeding: bool) -> None:
        super().__init__()
        self.hidden, self.feeding = hidden, feeding
        self.cell = nn.GRUCell(_SIZE + hidden * feeding, hidden)
        self.layer = nn.GRU(_SIZE, hidden)
        self.combine = nn.Linear(3 * hidden, hidden, bias=False)
        self.query = nn.Linear(hidden, hidden if additive else 2 * hidden, bias=additive)
        self.keys = nn.Linear(2 * hidden, hidden, bias=False) if additive else None
        self.score = nn.Linear(hidden, 1, bias=False)

    def forward(self, x: Tensor, memory: Tensor, padding: Tensor) -> Tensor:
        memory = memory.transpose(0, 1)
        keys = memory if self.keys is None else self.keys(memory)
        if not self.feeding:
            y, _ = self.layer(x)
            return self.attend(y.transpose(0, 1), memory, keys, padding).transpose(0, 1)
        h = fed = x.new_zeros(_ROWS, self.hidden)
        outputs = []
        for step in x:
            h = self.cell(torch.cat([step, fed], 1), h)
            fed = self.attend(h[:, None], memory, keys, padding).squeeze(1)
            outputs.append(fed)
        return torch.stack(outputs)

    def attend(self, y: Tensor, memory: Tensor, keys: Tensor, padding: Tensor) -> Tensor:
        asked = self.query(y)
        if self.keys is None:
            scores = torch.bmm(asked, keys.transpose(1, 2))
        else:
            scores = self.score(torch.tanh(asked[:, :, None] + keys[:, None])).squeeze(3)
        weights = scores.masked_fill(padding[:, None], -torch.inf).softmax(2)
        read = torch.bmm(weights, memory)
        return torch.tanh(self.combine(torch.cat([read, y], 2)))


def cases() -> dict[str, tuple[Turn, Turn]]:
    """Both forms with input feeding, and the multiplicative one without, by name."""
    return {
        f"{'additive' if additive else 'multiplicative'}, H = {hidden},"
        f" {'input feeding' if feeding else 'no input feeding'}": _case(hidden, additive, feeding)
        for hidden in (256, 512)
        for additive, feeding in ((False, True), (True, True), (False, False))
    }


def _case(hidden: int, additive: bool, feeding: bool) -> tuple[Turn, Turn]:
    torch.manual_seed(0)
    lengths = torch.randint(_PLACES // 2, _PLACES + 1, (_ROWS,))
    padding = torch.arange(_PLACES) >= lengths[:, None]
    x = torch.randn(_STEPS, _ROWS, _SIZE, requires_grad=True)
    memory = torch.randn(_PLACES, _ROWS, 2 * hidden, requires_grad=True)
    cotangent = torch.randn(_STEPS, _ROWS, hidden)
    attention = (
        AdditiveAttention(hidden, 2 * hidden, hidden)
        if additive
        else MultiplicativeAttention(hidden, 2 * hidden)
    )
    ours = AttentionDecoder(segue.cells.gru, _SIZE, hidden, attention, input_feeding=feeding)
    plain = Plain(hidden, additive=additive, feeding=feeding)

    def turn(model: nn.Module, run: Callable[[], Tensor]) -> Turn:
        def trained() -> None:
            model.zero_grad()
            x.grad = memory.grad = None
            run().backward(cotangent)  # type: ignore[no-untyped-call]

        return trained

    return (
        turn(ours, lambda: ours(x, memory, lengths=lengths)[0]),
        turn(plain, lambda: plain(x, memory, padding)),
    )
