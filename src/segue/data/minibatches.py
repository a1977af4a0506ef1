"""Which minibatch is when, where what they are of is gathered on the way."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Plan:
    """Which minibatch is when: numbers, that `batch` says of an epoch's parts.

    Attributes:
        rollouts: in an epoch.
        passes: over each rollout.
        parts: minibatches of a pass.
    """

    rollouts: int
    passes: int
    parts: int

    def __len__(self) -> int:
        return self.rollouts * self.passes * self.parts

    def batch(self, epoch: int, index: int) -> Tensor:
        """Rollout, pass and part `[3]`; rollouts are counted over all epochs."""
        rollout, rest = divmod(index, self.passes * self.parts)
        which, part = divmod(rest, self.parts)
        return torch.tensor([epoch * self.rollouts + rollout, which, part])
