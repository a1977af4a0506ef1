"""Several inputs of a step as one tensor, in which they lie flat beside each other.

A loop has one input. What a step takes as several is packed, `[..., P]`, before the loop, and taken
apart in the step: views, which cost nothing and through which each input's product leaves the loop.
"""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import Tensor

from segue.engine.step.signature import Beside, Field


def packed_field(inputs: tuple[Field, ...]) -> Field:
    """What several inputs are packed into."""
    return Field("_".join(each.name for each in inputs), (Beside(inputs),))


def pack(parts: Sequence[Tensor], lead: int) -> Tensor:
    """Tensors that share their first `lead` dimensions, flat beside each other: `[..., P]`."""
    return torch.cat([part.reshape(*part.shape[:lead], -1) for part in parts], lead)


def unpacked(
    inputs: tuple[Field, ...], packed: Tensor, sizes: Mapping[str, int]
) -> tuple[Tensor, ...]:
    """The parts of `packed` `[B, P]`, each `[B, ...]`."""
    shapes = [each.shape(sizes) for each in inputs]
    flat = torch.split(packed, [prod(shape) for shape in shapes], 1)
    return tuple(
        part if len(shape) == 1 else part.view(len(packed), *shape)
        for part, shape in zip(flat, shapes, strict=True)
    )


def in_order(
    inputs: tuple[Field, ...], given: object, error: Callable[[str], Exception]
) -> list[Any]:
    """Several inputs, given as a tuple or by name, in the order of the signature.

    Raises:
        Exception: what `error` makes of a line, where one is missing or unknown.
    """
    names = [each.name for each in inputs]
    wanted = f"pass a tuple with {', '.join(names)}, or tensors by these names"
    if isinstance(given, Mapping):
        if set(given) != set(names):
            raise error(f"the inputs are {', '.join(map(str, given)) or 'none'}; {wanted}")
        return [given[name] for name in names]
    if not isinstance(given, (tuple, list)):
        raise error(f"the input is a {type(given).__name__}; {wanted}")
    if len(given) != len(names):
        raise error(f"{len(given)} of the cell's {len(names)} inputs are given; {wanted}")
    return list(given)
