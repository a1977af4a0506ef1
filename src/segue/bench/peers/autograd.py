"""Contestants that run on torch: a function of leaf tensors, differentiated by autograd."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from segue.bench.configs import Pass, Work
from segue.bench.peers.contestant import Numbers, Ready


def leaves(work: Work, task: Pass) -> tuple[Tensor, Mapping[str, Tensor]]:
    """Input and parameters of a work, as leaves that require gradients if the pass wants them."""

    def leaf(tensor: Tensor) -> Tensor:
        return tensor.clone().requires_grad_(task is Pass.TRAINING)

    return leaf(work.xs), {name: leaf(param) for name, param in work.params.items()}


def ready(work: Work, task: Pass, run: Callable[[], Tensor], inputs: Sequence[Tensor]) -> Ready:
    """The function on its leaves.

    Args:
        work: the tensors.
        task: forward, under `no_grad`; or forward and backward.
        run: outputs `[T, B, H]`, from the leaves.
        inputs: the leaves whose gradients are wanted: the input, then parameters of which the first
            are the work's, in order.
    """

    def forward() -> Numbers:
        with torch.no_grad():
            return (run(),)

    def training() -> Numbers:
        loss = (run() * work.cotangent).sum()
        return torch.autograd.grad(loss, inputs)

    call = training if task is Pass.TRAINING else forward
    return Ready(call, lambda: call()[: 1 + len(work.params)])
