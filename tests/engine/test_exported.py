"""Keys of cells, and exported layers in another process."""

import copy
import io
import os
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from segue import cells
from segue.engine.step.cell import cell_of
from segue.errors import CellError
from segue.nn import Recurrent

RUN_EXPORTED = """
import io, sys, torch, segue.cells, segue.errors, segue.nn
program = torch.export.load(io.BytesIO(sys.stdin.buffer.read()))
try:
    print(program.module()(torch.ones(4, 2, 3))[0].sum().item())
except segue.errors.CellError as error:
    print(error)
"""


class Outputs(nn.Module):
    """A layer without its state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.layer(x)[0],)


def elsewhere(layer: nn.Module) -> str:
    """What another process prints that runs the exported layer on ones."""
    file = io.BytesIO()
    torch.export.save(torch.export.export(layer, (torch.ones(4, 2, 3),)), file)
    done = subprocess.run(
        [sys.executable, "-c", RUN_EXPORTED],
        input=file.getvalue(), capture_output=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_an_exported_layer_runs_in_another_process_that_has_its_cell() -> None:
    layer = Recurrent(cells.gru, 3, 5)
    wanted = layer(torch.ones(4, 2, 3))[0].sum().item()
    assert float(elsewhere(layer)) == pytest.approx(wanted, rel=1e-5)
    made = Recurrent(cells.rnn(torch.relu), 3, 5)
    assert elsewhere(Outputs(made)) == (
        f"cell {made.cell.key}: this process has no such cell; define it at the top of a module,"
        " which is imported"
    )


def test_a_key_names_one_cell() -> None:
    first, second = cells.rnn(), cells.rnn(torch.relu)
    assert first.key != second.key
    assert cell_of(first.key) is first
    assert cell_of(copy.deepcopy(second).key) is second
    assert cell_of("segue.cells.gru.gru") is cells.gru
    with pytest.raises(CellError, match=r"^cell a\.b: .* no such cell; import its module$"):
        cell_of("a.b")
