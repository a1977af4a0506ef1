"""`jax.lax.scan` under `jax.jit`, with the input's product before the loop, as its users write it.

Each step is written for JAX here, from the equation of the cell.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from segue.bench.configs import Pass, Work
from segue.bench.peers.contestant import LeftOut, Numbers, Ready

_EPSILON = 1e-5  # of torch's layer norm

# One step: what came from the input, the state, the parameters; to the next state, output first.
Step = Callable[[Any, tuple[Any, ...], Mapping[str, Any]], tuple[Any, ...]]
Before = Callable[[Any, Mapping[str, Any]], Any]


def lax_scan(work: Work, task: Pass, threads: int) -> Ready:
    """The work as JAX computes it."""
    if work.cell.name not in _CELLS:
        raise LeftOut(f"no {work.cell.name} is written for it")
    import jax
    from jax import numpy as jnp

    before, step = _CELLS[work.cell.name]
    keep = None if work.reset is None else _array((~work.reset)[..., None].float())
    real = None
    if work.lengths is not None:
        real = _array((torch.arange(work.config.time)[:, None] < work.lengths)[..., None])
    start = tuple(
        jnp.zeros((work.config.batch, *field.shape(work.config.sizes))) for field in work.cell.state
    )

    def run(xs: Any, params: Mapping[str, Any]) -> Any:
        def body(state: tuple[Any, ...], at: tuple[Any, Any, Any]) -> tuple[tuple[Any, ...], Any]:
            x, kept, there = at
            if kept is not None:
                state = tuple(field * kept for field in state)
            after = step(x, state, params)
            if there is None:
                return after, after[0]
            y = after[0] * there
            return tuple(jnp.where(there, *pair) for pair in zip(after, state, strict=True)), y

        return jax.lax.scan(body, start, (before(xs, params), keep, real))[1]

    return _ready(work, task, run)


def _ready(work: Work, task: Pass, run: Callable[[Any, Mapping[str, Any]], Any]) -> Ready:
    import jax

    xs, params = _array(work.xs), {name: _array(param) for name, param in work.params.items()}
    cotangent = _array(work.cotangent)
    if task is Pass.FORWARD:
        forward = jax.jit(run)
        return Ready(
            lambda: jax.block_until_ready(forward(xs, params)),
            lambda: (_tensor(forward(xs, params)),),
        )

    def loss(xs: Any, params: Mapping[str, Any]) -> Any:
        return (run(xs, params) * cotangent).sum()

    both = jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))

    def numbers() -> Numbers:
        of_xs, of_params = both(xs, params)[1]
        return _tensor(of_xs), *(_tensor(of_params[name]) for name in work.params)

    return Ready(lambda: jax.block_until_ready(both(xs, params)), numbers)


def _array(tensor: Tensor) -> Any:
    from jax import numpy as jnp

    return jnp.asarray(tensor.numpy())


def _tensor(array: Any) -> Tensor:
    import numpy as np

    return torch.from_numpy(np.array(array))


def _lstm_before(xs: Any, p: Mapping[str, Any]) -> Any:
    return xs @ p["weight_ih"].T + p["bias"]


def _lstm(x: Any, state: tuple[Any, ...], p: Mapping[str, Any]) -> tuple[Any, ...]:
    from jax import nn
    from jax import numpy as jnp

    h, c = state
    i, f, g, o = jnp.split(x + h @ p["weight_hh"].T, 4, -1)
    c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
    return nn.sigmoid(o) * jnp.tanh(c), c


def _gru_before(xs: Any, p: Mapping[str, Any]) -> Any:
    return xs @ p["weight_ih"].T + p["bias_ih"]


def _gru(x: Any, state: tuple[Any, ...], p: Mapping[str, Any]) -> tuple[Any, ...]:
    from jax import nn
    from jax import numpy as jnp

    (h,) = state
    r_x, z_x, n_x = jnp.split(x, 3, -1)
    r_h, z_h, n_h = jnp.split(h @ p["weight_hh"].T + p["bias_hh"], 3, -1)
    z = nn.sigmoid(z_x + z_h)
    n = jnp.tanh(n_x + nn.sigmoid(r_x + r_h) * n_h)
    return ((1 - z) * n + z * h,)


def _rnn(x: Any, state: tuple[Any, ...], p: Mapping[str, Any]) -> tuple[Any, ...]:
    from jax import numpy as jnp

    return (jnp.tanh(x + state[0] @ p["weight_hh"].T),)


def _normal(x: Any) -> Any:
    from jax import lax

    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt((centred**2).mean(-1, keepdims=True) + _EPSILON)


def _layer_norm_before(xs: Any, p: Mapping[str, Any]) -> Any:
    return _normal(xs @ p["weight_ih"].T) * p["gain_ih"] + p["bias"]


def _layer_norm_lstm(x: Any, state: tuple[Any, ...], p: Mapping[str, Any]) -> tuple[Any, ...]:
    from jax import nn
    from jax import numpy as jnp

    h, c = state
    i, f, g, o = jnp.split(x + _normal(h @ p["weight_hh"].T) * p["gain_hh"], 4, -1)
    c = nn.sigmoid(f) * c + nn.sigmoid(i) * jnp.tanh(g)
    return nn.sigmoid(o) * jnp.tanh(_normal(c) * p["gain_c"] + p["bias_c"]), c


_CELLS: Mapping[str, tuple[Before, Step]] = MappingProxyType(
    {
        "lstm": (_lstm_before, _lstm),
        "gru": (_gru_before, _gru),
        "rnn": (_lstm_before, _rnn),
        "lstm_layer_norm": (_layer_norm_before, _layer_norm_lstm),
    }
)
