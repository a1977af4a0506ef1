"""The processors that kernels are made for: the only place outside `cpu/` that names one."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import torch
from torch import Tensor

from segue.engine.cpu.processor import Cpu
from segue.engine.plan.explain_stages import Section as Lines
from segue.engine.plan.processor import Processor
from segue.engine.plan.schedule import Program, Section
from segue.engine.plan.stepper import Stepper
from segue.engine.step.graph import Graph


class Target(Processor, Protocol):
    """What a processor's room offers: it runs programs, steps them on, and explains both."""

    @property
    def device(self) -> str:
        """Torch's name for the kind of device."""

    def lacks(self, weights: torch.dtype) -> str | None:
        """What it would need for products of a type, and what to change; None if nothing."""

    def stepper(
        self,
        backend: str,
        program: Program,
        section: Section,
        params: Sequence[Tensor],
        rows: int,
        graph: Graph,
    ) -> Stepper:
        """What goes on step by step, from a state of zeros; `backend` is who asks."""

    def schedule(self, program: Program) -> Lines:
        """A heading with lines: what runs when."""

    def kernels(self, program: Program) -> Lines:
        """A heading with lines: how each loop is computed."""

    def code(self, program: Program) -> Iterable[Lines]:
        """Headings with lines of the code that is compiled for each loop."""


TARGETS: tuple[Target, ...] = (Cpu(),)


def target(device: torch.device) -> Target:
    """The processor of a device; the first for one that none has, such as meta, for its shapes."""
    return next((each for each in TARGETS if each.device == device.type), TARGETS[0])
