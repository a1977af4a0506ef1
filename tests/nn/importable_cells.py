"""Cells as a user's module has them, for processes that import it."""

# ruff: noqa: F722, F821

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

import segue


@segue.cell
def leaky(x: "H", h: "H", *, decay: "H"):
    h = decay * h + x
    return h, (h,)


@segue.factory
def gated(f: Callable[[Tensor], Tensor], scale: float = 1.0) -> segue.Cell:
    @segue.cell
    def gated(x: "D", h: "H", *, weight: "H D"):
        h = scale * f(x @ weight.T) * h
        return h, (h,)

    return gated


class Cells:
    @segue.cell
    def inner(x: "H", h: "H"):  # noqa: N805 - a step is no method
        return h, (x,)


def unmarked() -> segue.Cell:
    @segue.cell
    def hidden(x: "H", h: "H"):
        return h, (x,)

    return hidden


def plain(x: "H", h: "H"):
    return h, (x,)


renamed = segue.cell(plain)


class Steps(torch.utils.data.Dataset[Any]):
    """Results of a layer, computed in the process of a DataLoader's worker."""

    def __init__(self, layer: torch.nn.Module, xs: Tensor) -> None:
        self.layer, self.xs = layer, xs

    def __len__(self) -> int:
        return len(self.xs)

    @torch.no_grad()
    def __getitem__(self, index: int) -> Any:
        return self.layer(self.xs[index])
