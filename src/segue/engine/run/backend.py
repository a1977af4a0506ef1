"""Which backend computes a scan, and why: the only place that decides it."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from segue.engine.run.fused import Fused
from segue.engine.run.problem import Problem, State
from segue.engine.run.processors import TARGETS
from segue.engine.run.reference import Reference
from segue.engine.run.stepwise import Stepwise
from segue.engine.step.graph import Graph


class Backend(Protocol):
    """Something that computes a `Problem`."""

    @property
    def name(self) -> str:
        """One word."""

    @property
    def summary(self) -> str:
        """What it is."""

    @property
    def reason(self) -> str:
        """Why it is taken when it does not refuse."""

    def refusal(self, graph: Graph, device: torch.device) -> str | None:
        """The rule that keeps this graph from running here, and what to change; None if none."""

    def saved_bytes(self, graph: Graph) -> int:
        """What is kept for the backward pass, for each step and row."""

    def run(self, problem: Problem) -> tuple[Tensor, State]:
        """Outputs `[T, B, ...]` and the final state, differentiable by autograd."""


# In order of preference; the last refuses nothing.
BACKENDS: tuple[Backend, ...] = (*map(Fused, TARGETS), Reference())
WITH_CONTEXT: tuple[Backend, ...] = (Stepwise(), Reference())


@dataclass(frozen=True)
class Choice:
    """The backend taken, and what each one before it said."""

    backend: Backend
    refusals: tuple[tuple[Backend, str], ...]


def candidates(graph: Graph) -> tuple[Backend, ...]:
    """All backends for a graph, in order of preference."""
    return WITH_CONTEXT if graph.contexts else BACKENDS


def choose(graph: Graph, device: torch.device) -> Choice:
    """The first backend that does not refuse the graph."""
    refusals: list[tuple[Backend, str]] = []
    for backend in candidates(graph):
        refusal = backend.refusal(graph, device)
        if refusal is None:
            return Choice(backend, tuple(refusals))
        refusals.append((backend, refusal))
    raise AssertionError(f"every backend refuses {graph.name}")
