"""`LazyAdamW`: AdamW that leaves alone the rows of a table that a batch did not look at."""

from typing import Any

import torch
from torch import Tensor
from torch.optim import AdamW


class LazyAdamW(AdamW):
    """`torch.optim.AdamW`; of weights with a sparse gradient only the rows in it are changed.

    A table of a large vocabulary then costs a step as much as the rows that its batch used, not
    as much as all of them. The moments and the decay of the other rows wait until they are used
    again, so it is not the same method as AdamW where a row is used now and then (it is
    TensorFlow's LazyAdam, with decoupled decay). Gradients are sparse where
    `torch.nn.Embedding(..., sparse=True)` or `segue.nn.SampledSoftmax(..., sparse=True)` makes
    them. For `amsgrad` and `maximize` use AdamW.

    Example:
        >>> table = torch.nn.Embedding(1000, 4, sparse=True)
        >>> before = table.weight.detach().clone()
        >>> optimizer = LazyAdamW(table.parameters(), lr=0.1)
        >>> table(torch.tensor([7, 3, 7])).sum().backward()
        >>> optimizer.step()
        >>> (table.weight != before).any(1).nonzero().flatten().tolist()
        [3, 7]
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Change the weights by their gradients; sparse ones by rows."""
        kept: list[tuple[Tensor, Tensor]] = []
        for group in self.param_groups:
            if group["amsgrad"] or group["maximize"]:
                raise ValueError("LazyAdamW has no amsgrad and no maximize: use AdamW")
            for weight in group["params"]:
                if weight.grad is not None and weight.grad.is_sparse:
                    kept.append((weight, weight.grad))
                    self._step_rows(weight, weight.grad.coalesce(), group)
                    weight.grad = None
        super().step()
        for weight, gradient in kept:
            weight.grad = gradient

    def _step_rows(self, weight: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        rows, values = gradient._indices()[0], gradient._values()
        rate, decay, eps = (float(group[name]) for name in ("lr", "weight_decay", "eps"))
        beta1, beta2 = group["betas"]
        state = self.state[weight]
        if not state:
            state["step"] = torch.tensor(0.0)
            state["exp_avg"] = torch.zeros_like(weight)
            state["exp_avg_sq"] = torch.zeros_like(weight)
        state["step"] += 1
        first, second = state["exp_avg"][rows], state["exp_avg_sq"][rows]
        first.lerp_(values, 1 - beta1)
        second.mul_(beta2).addcmul_(values, values, value=1 - beta2)
        state["exp_avg"][rows], state["exp_avg_sq"][rows] = first, second
        steps = float(state["step"])
        spread = second.sqrt_().div_((1 - beta2**steps) ** 0.5).add_(eps)
        kept = weight[rows].mul_(1 - rate * decay)
        weight[rows] = kept.addcdiv_(first, spread, value=-rate / (1 - beta1**steps))
