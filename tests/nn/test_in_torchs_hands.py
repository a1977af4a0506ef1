"""What torch users do to recurrent modules, and what public reports say went wrong there."""

from typing import Any

import pytest
import torch
from drop_in_cases import KINDS
from test_composition import assert_same
from torch import Tensor, nn
from torch.nn.utils import prune
from torch.utils.checkpoint import checkpoint

import segue

T, B, D, H = 5, 2, 3, 4
pytestmark = pytest.mark.parametrize("kind", KINDS)


def both(kind: str) -> tuple[nn.Module, nn.Module, Tensor]:
    ours, theirs = (getattr(each, kind)(D, H).double() for each in (segue.nn, nn))
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(T, B, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return ours, theirs, x.requires_grad_()


def results(module: nn.Module, x: Tensor) -> tuple[Tensor, ...]:
    y, _ = module(x)
    leaves = [x, *module.parameters()]
    return y, *torch.autograd.grad(y.square().sum(), leaves, allow_unused=True)


CHANGES: dict[str, Any] = {
    "weight_norm of old": lambda module: nn.utils.weight_norm(module, "weight_hh_l0"),
    "spectral_norm": lambda module: nn.utils.parametrizations.spectral_norm(module, "weight_hh_l0"),
    "orthogonal": lambda module: nn.utils.parametrizations.orthogonal(module, "weight_hh_l0"),
    "prune": lambda module: prune.l1_unstructured(module, "weight_hh_l0", amount=0.5),
    "assigned state_dict": lambda module: module.load_state_dict(
        {name: each * 2 for name, each in module.state_dict().items()}, assign=True
    ),
    "to and back": lambda module: module.float().double(),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("change", CHANGES)
def test_changed_weights(kind: str, change: str) -> None:
    found = []
    *modules, x = both(kind)
    for module in modules:
        torch.manual_seed(0)  # some parametrizations draw numbers
        CHANGES[change](module)
        module.eval()
        found.append(results(module, x))
    assert_same(*found)


def test_a_gradient_penalty(kind: str) -> None:
    """Second derivatives, which cuDNN refuses."""
    found = []
    *modules, x = both(kind)
    for module in modules:
        (slope,) = torch.autograd.grad(module(x)[0].sum(), x, create_graph=True)
        loss = (slope.norm() - 1).square()
        found.append(torch.autograd.grad(loss, list(module.parameters()), allow_unused=True)[:2])
    assert_same(*found)


def test_hooks_are_called(kind: str) -> None:
    ours, _, x = both(kind)
    called: list[str] = []
    ours.register_forward_pre_hook(lambda *_: called.append("before"))
    ours.register_forward_hook(lambda *_: called.append("after"))
    ours.register_full_backward_hook(lambda *_: called.append("backward"))
    ours.weight_ih_l0.register_post_accumulate_grad_hook(lambda _: called.append("grad"))
    ours.weight_hh_l0.register_hook(lambda gradient: gradient * 0)
    ours(x)[0].sum().backward()
    assert called[:2] == ["before", "after"]
    assert set(called[2:]) == {"backward", "grad"}
    assert not ours.weight_hh_l0.grad.any()


def test_gradients_of_each_example(kind: str) -> None:
    ours, _, x = both(kind)
    params = {name: each.detach() for name, each in ours.named_parameters()}

    def loss(params: dict[str, Tensor], x: Tensor) -> Tensor:
        return torch.func.functional_call(ours, params, (x,))[0].square().sum()

    each = torch.vmap(torch.func.grad(loss), (None, 1))(params, x.detach())
    for row in range(B):
        wanted = torch.func.grad(loss)(params, x.detach()[:, row])
        assert_same([each[name][row] for name in params], [wanted[name] for name in params])


def test_checkpointed_and_in_inference_mode(kind: str) -> None:
    ours, _, x = both(kind)
    y = checkpoint(lambda x: ours(x)[0], x, use_reentrant=False)
    found = torch.autograd.grad(y.square().sum(), [x, *ours.parameters()])
    assert_same(found, results(ours, x)[1:])
    with torch.inference_mode():
        assert_same(ours(x)[0], y.detach())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_weights_in_half_precision_under_autocast(kind: str, dtype: torch.dtype) -> None:
    layer = getattr(segue.nn, kind)(D, H).to(dtype)
    x = torch.randn(T, B, D)
    plain = layer(x.to(dtype))[0]
    with torch.autocast("cpu", dtype):
        y, _ = layer(x.to(dtype))
    torch.testing.assert_close(y, plain, rtol=0.05, atol=0.05)
