"""`LinearSystem`: a linear state-space model as a layer."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segue.engine.run.scan import State, scan
from segue.engine.step.cell import cell
from segue.nn.stream import CellStream

Matrix = NDArray[np.float64]


@cell
def linear_system(  # type: ignore
    x: "D",  # type: ignore  # noqa: F821
    h: "N",  # type: ignore  # noqa: F821
    *,
    transition: "N N",  # type: ignore  # noqa: F722
    drive: "N D",  # type: ignore  # noqa: F722
    readout: "K N",  # type: ignore  # noqa: F722
    direct: "K D",  # type: ignore  # noqa: F722
):
    """Outputs y = C h + D x, h = A h + B x (L. Ljung, "System Identification", 1999, ch. 4)."""
    y = h @ readout.T + x @ direct.T
    h = h @ transition.T + x @ drive.T
    return y, (h,)


class LinearSystem(nn.Module):
    """A linear system that is given, not learned: its matrices are buffers.

    It reads its inputs `[T, B, D]`, and beside them `[T, B, N]` a state that is put in where a
    sequence begins and that is 0 at all other steps: `layer(torch.cat([inputs, start], -1))`.

    Args:
        inputs: D.
        outputs: K.
        order: N, features of the state.

    State:
        The cell's named tuple with one field, `h` `[B, N]`.

    Example:
        >>> system = LinearSystem(1, 1, 1)
        >>> half = np.array([[0.5]])
        >>> system.take(half, np.ones((1, 1)), np.ones((1, 1)), np.zeros((1, 1)))
        >>> x = torch.tensor([1.0, 0.0, 0.0, 0.0])[:, None, None]
        >>> y, _ = system(torch.cat([x, torch.zeros(4, 1, 1)], -1))
        >>> y.flatten().tolist()
        [0.0, 1.0, 0.5, 0.25]
    """

    batch_first = False

    def __init__(self, inputs: int, outputs: int, order: int) -> None:
        super().__init__()
        self.inputs, self.outputs, self.order = inputs, outputs, order
        self.transition: Tensor
        self.drive: Tensor
        self.readout: Tensor
        self.direct: Tensor
        self.register_buffer("transition", torch.zeros(order, order))
        self.register_buffer("drive", torch.zeros(order, inputs + order))
        self.register_buffer("readout", torch.zeros(outputs, order))
        self.register_buffer("direct", torch.zeros(outputs, inputs + order))

    def take(self, transition: Matrix, drive: Matrix, readout: Matrix, direct: Matrix) -> None:
        """Take over the matrices A `[N, N]`, B `[N, D]`, C `[K, N]` and D `[K, D]`."""
        self.transition.copy_(torch.from_numpy(transition))
        self.readout.copy_(torch.from_numpy(readout))
        self.drive.copy_(torch.from_numpy(np.concatenate([drive, transition], 1)))
        self.direct.copy_(torch.from_numpy(np.concatenate([direct, readout], 1)))

    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Outputs `[T, B, K]` of inputs and starts `[T, B, D + N]`, and the state behind them."""
        return scan(linear_system, self._params(), x, state, lengths=lengths, reset=reset)

    def stream(self, batch: int = 1) -> CellStream:
        """Make of the system a stream, as `Recurrent.stream` does."""
        sizes = {"D": self.inputs + self.order, "N": self.order, "K": self.outputs}
        return CellStream(linear_system, self._params(), sizes, batch)

    def _params(self) -> dict[str, Tensor]:
        return {
            "transition": self.transition,
            "drive": self.drive,
            "readout": self.readout,
            "direct": self.direct,
        }
