"""Matrix products against torch's, at awkward sizes and strides, with memory full of NaN."""

import pytest
import torch

from segue.engine import graph, products
from segue.engine.graph import Node, Size, Value
from segue.engine.products import matmul

SIZES = [
    (1, 1, 1), (5, 3, 7), (6, 256, 64), (7, 257, 65), (200, 600, 130), (385, 1, 3), (3, 513, 1),
    (0, 3, 4), (3, 0, 4), (3, 4, 0), (64, 64, 64), (193, 5, 129),
    (13, 1000, 70),
]  # fmt: skip


@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_as_torch(size: tuple[int, int, int], dtype: torch.dtype) -> None:
    rows, shared, columns = size
    draw = torch.Generator().manual_seed(0)

    def lay(n: int, m: int) -> list[torch.Tensor]:
        """One matrix by rows, by columns, inside another one, and with no contiguous side."""
        matrix = torch.randn(n, m, generator=draw, dtype=torch.float64).to(dtype)
        inside = torch.full((n + 2, m + 3), torch.nan, dtype=dtype)
        inside[1:-1, 1:-2] = matrix
        apart = torch.full((2 * n, 2 * m), torch.nan, dtype=dtype)
        apart[::2, ::2] = matrix
        return [matrix, matrix.T.contiguous().T, inside[1:-1, 1:-2], apart[::2, ::2]]

    for left in lay(rows, shared):
        for right in lay(shared, columns):
            found, truth = matmul(left, right), left.double() @ right.double()
            scale = left.double().abs() @ right.double().abs() + 1
            assert ((found - truth).abs() <= 2 * shared * torch.finfo(dtype).eps * scale).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_repeated_rows_and_columns(side: str) -> None:
    plain = torch.arange(12.0).reshape(4, 3)
    for repeated in (torch.arange(3.0)[:, None].expand(3, 4), torch.arange(4.0).expand(3, 4)):
        pair = (repeated, plain) if side == "left" else (plain.T.T, repeated)
        torch.testing.assert_close(matmul(*pair), pair[0].contiguous() @ pair[1].contiguous())


def test_threads_give_the_same_numbers() -> None:
    left, right = torch.randn(65, 300), torch.randn(300, 33)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = matmul(left, right)
        torch.set_num_threads(3)
        assert torch.equal(matmul(left, right), alone)
    finally:
        torch.set_num_threads(before)


def test_nodes_run_as_torch_runs_them() -> None:
    aten = torch.ops.aten
    sizes = [Size(64), Size(128), Size(80)]
    a, b, c = (
        Value(name, shape, torch.float64)
        for name, shape in (("a", sizes[:2]), ("b", sizes[1:]), ("c", sizes[2:]))
    )
    y = Value("y", (sizes[0], sizes[2]), torch.float64)
    draw = torch.Generator().manual_seed(0)
    known = {
        v: torch.randn([s.count for s in v.shape], generator=draw, dtype=torch.float64)
        for v in (a, b, c)
    }
    for node in (
        Node(aten.mm.default, (a, b), {}, (y,)),
        Node(aten.addmm.default, (c, a, b), {}, (y,)),
        Node(aten.addmm.default, (c, a, b), {"beta": 2}, (y,)),
    ):
        torch.testing.assert_close(products.call(node, known, 1), graph.call(node, known, 1))
