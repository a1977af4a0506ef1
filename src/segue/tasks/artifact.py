"""What a finished training leaves for `predict` beside the weights.

The file checks itself, as a checkpoint does, and names its run. One of a run by version 0.1 holds
the SHA-256 of the weights instead.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

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
