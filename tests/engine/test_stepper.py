"""Any step, one at a time: kernels or the Python loop, with what the scan gives."""

import numpy as np
import pytest
import torch
from accepted_steps import ACCEPTED
from torch import Tensor

import segue
from cells import CELLS, read_out
from segue.engine.run.stream import Stepper, stream
from segue.engine.step.cell import Cell, cell

T, B = 6, 3
ACCEPTED_CELLS = tuple(cell(step) for step in ACCEPTED)


def drawn(cell: Cell, dtype: torch.dtype = torch.float64) -> tuple[Stepper, Tensor, Tensor]:
    """A stepper from a random state; inputs, and the outputs that `scan` gives for them."""
    random = torch.Generator().manual_seed(1)

    def normal(*shape: int) -> Tensor:
        return (torch.randn(shape, generator=random, dtype=torch.float64) / 2).to(dtype)

    # A step may slice its input and state by numbers that fit these sizes.
    sizes = {symbol: 6 if symbol == "D" else 5 for symbol in cell.symbols}
    params = {field.name: normal(*field.shape(sizes)) for field in cell.params}
    xs = normal(T, B, *cell.input.shape(sizes))
    state = tuple(normal(B, *field.shape(sizes)) for field in cell.state)
    made = stream(cell, params or {}, sizes, B)
    made.write(state)
    return made, xs, segue.scan(cell, params, xs, state)[0]


@pytest.mark.parametrize("cell", [*CELLS, *ACCEPTED_CELLS], ids=lambda cell: cell.name)
def test_steps_are_those_of_the_scan(cell: Cell) -> None:
    dtype = torch.float64 if cell.params else torch.get_default_dtype()
    made, xs, wanted = drawn(cell, dtype)
    start = made.read()
    at_once = made.run(xs)
    torch.testing.assert_close(at_once, wanted)
    assert at_once.dtype == wanted.dtype
    made.write(start)
    one_by_one = np.stack([made.step(x) for x in xs.numpy()])
    assert one_by_one.dtype == at_once.numpy().dtype
    assert (one_by_one == at_once.numpy()).all()


def test_a_product_that_only_the_output_needs_is_in_the_step() -> None:
    made, _, _ = drawn(read_out)
    assert (made.backend, made.refusal) == ("fused", "")


@pytest.mark.parametrize("name", ["solved"])
def test_what_kernels_refuse_is_stepped_by_the_python_loop(name: str) -> None:
    made, _, _ = drawn(next(cell for cell in ACCEPTED_CELLS if cell.name == name))
    assert made.backend == "reference"
    assert made.refusal


@pytest.mark.parametrize("name", ["read_out", "matrix_state"])
def test_a_stream_shares_no_memory(name: str) -> None:
    found = next(cell for cell in (*CELLS, *ACCEPTED_CELLS) if cell.name == name)
    made, xs, wanted = drawn(found)
    state = made.read()
    for field in state:
        field.fill_(torch.nan)
    first = made.step(xs[0].numpy())
    kept = first.copy()
    second = made.step(xs[1].numpy())
    assert (first == kept).all()
    torch.testing.assert_close(torch.from_numpy(second), wanted[1])
    second[:] = np.nan
    torch.testing.assert_close(made.run(xs[2:]), wanted[2:])
