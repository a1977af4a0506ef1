"""Matrix products against torch's, at awkward sizes and strides, with memory full of NaN."""

import pytest
import torch

from segue.engine.cpu.processor import Cpu
from segue.engine.cpu.products import matmul
from segue.engine.plan.environment import Environment, Timing, together
from segue.engine.plan.processor import Matrix
from segue.engine.step import graph
from segue.engine.step.graph import ROWS, Node, Size, Value

SIZES = [
    (1, 1, 1), (5, 3, 7), (6, 256, 64), (7, 257, 65), (200, 600, 130), (385, 1, 3), (3, 513, 1),
    (0, 3, 4), (3, 0, 4), (3, 4, 0), (64, 64, 64), (193, 5, 129),
    (13, 1000, 70),
]  # fmt: skip


def multiply(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    (found,) = matmul(Matrix.of(left), [Matrix.of(right)], (len(left),))
    return found


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
            found, truth = multiply(left, right), left.double() @ right.double()
            scale = left.double().abs() @ right.double().abs() + 1
            assert ((found - truth).abs() <= 2 * shared * torch.finfo(dtype).eps * scale).all()


@pytest.mark.parametrize("side", ["left", "right"])
def test_repeated_rows_and_columns(side: str) -> None:
    plain = torch.arange(12.0).reshape(4, 3)
    for repeated in (torch.arange(3.0)[:, None].expand(3, 4), torch.arange(4.0).expand(3, 4)):
        pair = (repeated, plain) if side == "left" else (plain.T.T, repeated)
        torch.testing.assert_close(multiply(*pair), pair[0].contiguous() @ pair[1].contiguous())


def test_threads_give_the_same_numbers() -> None:
    left, right = torch.randn(65, 300), torch.randn(300, 33)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = multiply(left, right)
        torch.set_num_threads(3)
        assert torch.equal(multiply(left, right), alone)
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
    given = {
        v: torch.randn([s.count for s in v.shape], generator=draw, dtype=torch.float64)
        for v in (a, b, c)
    }
    for node in (
        Node(aten.mm.default, (a, b), {}, (y,)),
        Node(aten.addmm.default, (c, a, b), {}, (y,)),
        Node(aten.addmm.default, (c, a, b), {"beta": 2}, (y,)),
    ):
        known = Environment(Timing(1, 1), {}, Cpu())
        known |= given
        known.compute([(node,)])
        torch.testing.assert_close(known[y], *graph.call(node, given, 1))


@pytest.mark.parametrize("lengths", [None, torch.tensor([3, 1])])
def test_the_environment_gives_rows_as_each_asks_for_them(lengths: torch.Tensor | None) -> None:
    """All rows for a loop, the real ones for a stage; turned for who asks for the transpose."""
    xs = torch.randn(3, 2, 5)
    real = torch.tensor(
        [[t < n for n in ([3, 3] if lengths is None else [3, 1])] for t in range(3)]
    )
    x, turned, y = (
        Value("x", (ROWS, Size(5)), torch.float32),
        Value("t", (Size(5), ROWS), torch.float32),
        Value("y", (Size(5), Size(5)), torch.float32),
    )
    turn = Node(torch.ops.aten.permute.default, (x, (1, 0)), {}, (turned,))
    known = Environment(Timing(3, 2, lengths), {turned: turn}, Cpu())
    known.whole[x] = xs
    known.compute([(Node(torch.ops.aten.mm.default, (turned, x), {}, (y,)),)])
    torch.testing.assert_close(known[y], xs[real].T @ xs[real])
    assert torch.equal(known[turned], xs[real].T)
    assert torch.equal(known.returned(x), xs * real[..., None])


@pytest.mark.usefixtures("memory_full_of_nan")
@pytest.mark.parametrize("rows", [9, 200])
def test_one_left_side_and_several_right_ones(rows: int) -> None:
    left = torch.randn(900, rows).T
    rights = [torch.randn(900, 130), torch.randn(40, 900).T, torch.randn(900, 1)]
    found = matmul(Matrix.of(left), [Matrix.of(right) for right in rights], (rows,))
    for one, right in zip(found, rights, strict=True):
        assert torch.equal(one, multiply(left, right))


def test_products_of_one_left_side_go_together() -> None:
    aten = torch.ops.aten
    x, a, b, c, p, q, r, s, t = (
        Value(name, (Size(4), Size(4)), torch.float32) for name in "xabcpqrst"
    )
    first = Node(aten.mm.default, (x, a), {}, (p,))
    other = Node(aten.mm.default, (b, x), {}, (q,))
    joins = Node(aten.mm.default, (x, c), {}, (r,))
    needs_first = Node(aten.mm.default, (x, p), {}, (s,))
    turn = Node(aten.permute.default, (q, (1, 0)), {}, (t,))
    needs_turned = Node(aten.mm.default, (x, t), {}, (a,))
    found = together((first, other, joins, needs_first, needs_turned), {t: turn})
    assert found == ((first, joins), (other,), (needs_first, needs_turned))
