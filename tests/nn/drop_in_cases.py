"""Random uses of a recurrent module, and the comparison of segue's module with torch's."""

from dataclasses import dataclass
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import segue
from segue.engine.run.measure import SAMPLES, Rounding, allowed

KINDS = ("RNN", "LSTM", "GRU")
SIZES = st.sampled_from([1, 2, 3, 5, 7, 8, 13, 17])


@dataclass(frozen=True)
class Use:
    """A module's arguments and what it is given."""

    kind: str
    args: dict[str, Any]  # of the constructor
    dtype: torch.dtype
    steps: int
    batch: int | None  # None: unbatched
    lengths: tuple[int, ...] | None  # packed when given
    sort: bool  # enforce_sorted
    hx: bool
    training: bool
    seed: int


@st.composite
def uses(draw: st.DrawFn) -> Use:
    kind = draw(st.sampled_from(KINDS))
    hidden = draw(SIZES)
    layers = draw(st.integers(1, 3))
    args = {
        "input_size": draw(SIZES),
        "hidden_size": hidden,
        "num_layers": layers,
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "bidirectional": draw(st.booleans()),
        "dropout": draw(st.sampled_from([0.0, 0.0, 0.3, 1.0])) if layers > 1 else 0.0,
    }
    if kind == "RNN":
        args["nonlinearity"] = draw(st.sampled_from(["tanh", "relu"]))
    if kind == "LSTM" and hidden > 1 and draw(st.booleans()):
        args["proj_size"] = draw(st.integers(1, hidden - 1))
    steps = draw(st.integers(1, 7))
    form = draw(st.sampled_from(["packed", "padded", "unbatched"]))
    batch = None if form == "unbatched" else draw(st.integers(1, 5))
    lengths, sort = None, False
    if form == "packed":
        lengths = draw(st.lists(st.integers(1, steps), min_size=batch, max_size=batch))
        sort = draw(st.booleans())
        lengths = tuple(sorted(lengths, reverse=True) if sort else lengths)
    return Use(
        kind=kind,
        args=args,
        dtype=draw(st.sampled_from([torch.float32, torch.float64])),
        steps=steps,
        batch=batch,
        lengths=lengths,
        sort=sort,
        hx=draw(st.booleans()),
        training=draw(st.booleans()),
        seed=draw(st.integers(0, 2**31)),
    )


def build(library: Any, use: Use) -> nn.Module:
    torch.manual_seed(use.seed)
    module = getattr(library, use.kind)(**use.args, dtype=use.dtype)
    return module.train(use.training)


def given(use: Use, dtype: torch.dtype) -> tuple[Tensor, tuple[Tensor, ...] | None]:
    """The padded input and the initial state, as leaves of a type."""
    random = torch.Generator().manual_seed(use.seed + 1)
    args = use.args

    def leaf(*shape: int) -> Tensor:
        drawn = torch.randn(shape, generator=random, dtype=use.dtype)
        return drawn.to(dtype).requires_grad_()

    batch = () if use.batch is None else (use.batch,)
    time_first = use.batch is None or not args["batch_first"]
    x = leaf(*((use.steps, *batch) if time_first else (*batch, use.steps)), args["input_size"])
    if not use.hx:
        return x, None
    runs = args["num_layers"] * (2 if args["bidirectional"] else 1)
    widths = [args.get("proj_size") or args["hidden_size"]]
    if use.kind == "LSTM":
        widths.append(args["hidden_size"])
    return x, tuple(leaf(runs, *batch, width) for width in widths)


def results(module: nn.Module, use: Use) -> tuple[dict[str, Tensor], PackedSequence | None]:
    """Outputs, final states and every gradient, driven by random cotangents."""
    dtype = next(module.parameters()).dtype
    x, state = given(use, dtype)
    fed: Any = x
    if use.lengths is not None:
        fed = pack_padded_sequence(
            x,
            torch.tensor(use.lengths),
            batch_first=use.args["batch_first"],
            enforce_sorted=use.sort,
        )
    hx = state if state is None or use.kind == "LSTM" else state[0]
    torch.manual_seed(use.seed)  # the dropout masks
    out, final = module(fed, hx)
    packed = out if isinstance(out, PackedSequence) else None
    finals = (final,) if isinstance(final, Tensor) else final
    found = {"output": out.data if packed else out}
    found |= {f"final state {i}": s for i, s in enumerate(finals)}
    random = torch.Generator().manual_seed(use.seed + 2)
    cotangents = [
        torch.randn(y.shape, generator=random, dtype=use.dtype).to(dtype) for y in found.values()
    ]
    leaves = {"input": x, **{f"hx {i}": s for i, s in enumerate(state or ())}}
    leaves |= dict(module.named_parameters())
    grads = torch.autograd.grad(list(found.values()), list(leaves.values()), cotangents)
    found |= {f"gradient of {name}": g for name, g in zip(leaves, grads, strict=True)}
    return {name: each.detach() for name, each in found.items()}, packed


def of_torch(use: Use, dtype: torch.dtype, rounding: int | None = None) -> dict[str, Tensor]:
    """What torch's module gives in a type; with other roundings when they are numbered."""
    module = build(nn, use).to(dtype)
    if rounding is None:
        return results(module, use)[0]
    with Rounding(rounding), torch.backends.mkldnn.flags(enabled=False):  # step by step
        return results(module, use)[0]


def distance(a: Tensor, b: Tensor) -> float:
    """The largest difference, relative to the reference `b` where that is larger than 1."""
    if b.numel() == 0:
        return 0.0
    a, b = a.detach(), b.detach()
    return float((a - b).abs().max() / b.abs().max().clamp(min=1))


def check_like_torch(use: Use) -> None:
    """Compare with torch's module in float64; how far apart follows from its error in float32."""
    ours, theirs = build(segue.nn, use), build(nn, use)
    for (name, a), (other, b) in zip(
        ours.state_dict().items(), theirs.state_dict().items(), strict=True
    ):
        assert name == other
        assert torch.equal(a, b), f"{name} starts from other weights"
    found, packed = results(ours, use)
    wanted, packed_wanted = results(theirs, use)  # for its form
    truth, others = of_torch(use, torch.float64), [of_torch(use, torch.float32)]
    for name, value in found.items():
        assert value.shape == wanted[name].shape, name
        assert value.dtype == wanted[name].dtype, name
        true = truth[name].double()
        if not true.numel():
            continue
        apart = float((value.double() - true).abs().max())
        limit = allowed(true, [each[name] for each in others], use.dtype)
        if apart > limit and len(others) == 1:
            others += [of_torch(use, torch.float32, seed) for seed in range(SAMPLES)]
            others += [of_torch(use, torch.float64, seed) for seed in range(SAMPLES)]
            limit = allowed(true, [each[name] for each in others], use.dtype)
        assert apart <= limit, f"{name} is off by {apart:.3g}, where {limit:.3g} is allowed"
    assert (packed is None) == (packed_wanted is None)
    if packed is not None:
        for part in ("batch_sizes", "sorted_indices", "unsorted_indices"):
            a, b = getattr(packed, part), getattr(packed_wanted, part)
            assert (a is None and b is None) or torch.equal(a, b), part
