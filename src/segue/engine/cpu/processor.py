"""The processor as the rooms outside see it: nothing else of `cpu/` is used there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from segue.engine.cpu import build, explain_kernels, memory, products, threads
from segue.engine.cpu.kernel import JOINED_ROWS, Kernel
from segue.engine.cpu.stepper import KernelStepper
from segue.engine.plan import processor
from segue.engine.plan.explain_stages import Section as Lines
from segue.engine.plan.loop import Loop
from segue.engine.plan.processor import Matrix
from segue.engine.plan.schedule import Program, Section
from segue.engine.plan.stepper import Stepper
from segue.engine.step.graph import Graph

Compile = Callable[[Loop], processor.Kernel]


@dataclass(frozen=True)
class Cpu:
    """The processor at hand, with the threads and the memory of this process.

    Attributes:
        compile: what makes a kernel of a loop.
        device: torch's name for the kind of device.
    """

    compile: Compile = Kernel.of
    device: str = "cpu"

    def kernel(self, loop: Loop) -> processor.Kernel:
        """What runs a loop."""
        return self.compile(loop)

    def empty(self, *shape: int, dtype: torch.dtype) -> Tensor:
        """A new tensor with anything in it, of memory that is kept."""
        return memory.empty(*shape, dtype=dtype)

    def multiply(
        self, left: Matrix, rights: Sequence[Matrix], lead: tuple[int, ...]
    ) -> list[Tensor] | None:
        """`left @ right` for each right side, if a kernel of our own pays."""
        return products.matmul(left, rights, lead) if products.pays(left, rights) else None

    @property
    def joined_rows(self) -> int:
        """Rows of the batch from which on products of the input are cheaper in the loop."""
        return JOINED_ROWS * threads.available()

    def lacks(self, weights: torch.dtype) -> str | None:
        """What it would need for products of a type, and what to change; None if nothing."""
        machine = build.host()
        if weights != torch.bfloat16 or machine.bfloat16:
            return None
        return (
            "products in bfloat16 need a processor with AVX512-BF16, and this one is"
            f" {machine.cpu}; use float32, without autocast"
        )

    def stepper(
        self,
        backend: str,
        program: Program,
        section: Section,
        params: Sequence[Tensor],
        rows: int,
        graph: Graph,
    ) -> Stepper:
        """A kernel that goes on step by step, from a state of zeros."""
        return KernelStepper(backend, program, section, params, rows, graph)

    def schedule(self, program: Program) -> Lines:
        """A heading with lines: what runs when, on how many threads."""
        return explain_kernels.schedule(program, threads.available())

    def kernels(self, program: Program) -> Lines:
        """A heading with lines: how each loop is computed here."""
        return explain_kernels.kernels(program, build.host())

    def code(self, program: Program) -> Iterator[Lines]:
        """Headings with lines of the code that is compiled for each loop."""
        return explain_kernels.code(program, build.host())
