"""Weights as a safetensors file: written with the identity of their run, and read with care."""

from collections.abc import Mapping
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from segue.errors import RunError
from segue.training.checkpoint import DamagedError, metadata
from segue.training.finite import TrainingError
from segue.training.identity import Identity, check_identity
from segue.training.tree import pack


def weights_bytes(weights: Mapping[str, Any], identity: Identity | None = None) -> bytes:
    """Return a state_dict as a safetensors file; tensors that share memory are written in full.

    Args:
        weights: tensors by name.
        identity: the run that they belong to.

    Raises:
        TrainingError: an entry is no tensor.
    """
    for name, value in weights.items():
        if not isinstance(value, Tensor):
            raise TrainingError(
                f"state_dict entry {name} is a {type(value).__name__}: "
                "weights.safetensors holds tensors only"
            )
    return safetensors.torch.save(pack(weights)[0], identity.metadata() if identity else None)


def read_weights(data: bytes, identity: Identity | None, where: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file that a training wrote.

    Args:
        data: the file's content.
        identity: the run that it must belong to; None for a run of a version that gave none.
        where: the file, for errors.

    Raises:
        RunError: it is damaged or another run's, or a number in it is not finite.

    >>> data = weights_bytes({"weight": torch.tensor([1.0, float("nan")])})
    >>> read_weights(data, None, "weights.safetensors")
    Traceback (most recent call last):
    segue.errors.RunError: weights.safetensors: weight[1] is nan: train again
    """
    try:
        check_identity(metadata(data), identity, where)
        weights: dict[str, Tensor] = safetensors.torch.load(data)
    except (DamagedError, safetensors.SafetensorError) as error:
        raise RunError(f"{where}: is damaged ({error}): train again") from None
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            place = (~torch.isfinite(tensor)).nonzero()[0].tolist()
            value = tensor[tuple(place)].item()
            at = f"{name}[{', '.join(map(str, place))}]" if place else name
            raise RunError(f"{where}: {at} is {value}: train again")
    return weights
