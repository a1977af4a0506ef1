"""What a finished training leaves for `predict` beside the weights.

The file checks itself, as a checkpoint does, and names its run. One of a run by version 0.1 holds
the SHA-256 of the weights instead.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segue.data.values import LARGEST
from segue.errors import RunError
from segue.training import RunFolder
from segue.training.checkpoint import DamagedError, from_bytes, metadata, to_bytes
from segue.training.identity import Identity, check_identity


def artifact_bytes(tree: Mapping[str, Any], identity: Identity | None, weights: bytes) -> bytes:
    """The content of the file that keeps a tree of arrays, numbers and text.

    Args:
        tree: what to keep.
        identity: of the run; None for one that was begun by version 0.1.
        weights: the content of its `weights.safetensors`.
    """
    proof = {} if identity else {"weights": hashlib.sha256(weights).hexdigest()}
    return to_bytes({**proof, **tree}, identity=identity)


def read_artifact(run: RunFolder, name: str) -> tuple[dict[str, Any], bytes]:
    """The tree that a run's end wrote, and the content of its `weights.safetensors`.

    Raises:
        RunError: the training has not finished, or a file is not what was written.
    """
    path = run.path / name
    data, weights = run.read(name, run.weights_path.name)
    try:
        tree = from_bytes(data)
        check_identity(metadata(data), run.identity, str(path))
    except DamagedError as error:
        raise RunError(f"{path}: is damaged: {error}: train again") from None
    if run.identity is None and hashlib.sha256(weights).hexdigest() != tree.get("weights"):
        raise RunError(f"{run.weights_path}: is not what the training wrote: train again")
    return tree, weights


def require_array(name: str, array: np.ndarray, kind: type, shape: tuple[int, ...]) -> None:
    """Check that an array of a received tree is of a kind and a shape, its numbers those of a file.

    Raises:
        RunError: it is another.

    >>> require_array("time", np.zeros((3, 1)), np.int64, (3,))
    Traceback (most recent call last):
    segue.errors.RunError: time: must be int64 [3], not float64 [3, 1]; train again
    """
    if array.dtype != np.dtype(kind) or array.shape != shape:
        raise RunError(
            f"{name}: must be {np.dtype(kind)} {list(shape)}, not {array.dtype}"
            f" {list(array.shape)}; train again"
        )
    if array.dtype.kind == "f" and not bool((np.abs(array) <= LARGEST).all()):
        raise RunError(f"{name}: holds a number that no file can hold; train again")


def weights_like(
    own: Mapping[str, Tensor], arrays: Mapping[str, np.ndarray], where: str
) -> dict[str, Tensor]:
    """Arrays of a received tree as weights that stand in for some of a model's own.

    Raises:
        RunError: they do not fit these, or are not finite.
    """
    found = {name: torch.from_numpy(array) for name, array in arrays.items()}
    for name, tensor in found.items():
        like = own.get(name)
        if like is None or (like.dtype, like.shape) != (tensor.dtype, tensor.shape):
            raise RunError(f"{where}.{name}: does not fit config.json; train again")
        if not bool(tensor.isfinite().all()):
            raise RunError(f"{where}.{name}: is not finite; train again")
    return found
