"""What a finished training leaves for `predict` beside the weights, and proof of the weights.

The file is written when the training is over: a run that has it is finished. It checks itself, as
a checkpoint does, and holds the SHA-256 of `weights.safetensors`.
"""

import hashlib
from pathlib import Path
from typing import Any

from segue.errors import RunError
from segue.training import RunFolder
from segue.training.checkpoint import DamagedError, from_bytes, to_bytes
from segue.training.files import write_whole


def write_artifact(run: RunFolder, name: str, tree: dict[str, Any]) -> None:
    """Keep a tree of arrays, numbers and text under the name of a file."""
    weights = hashlib.sha256(run.weights_path.read_bytes()).hexdigest()
    write_whole(run.path / name, to_bytes({"weights": weights, **tree}))


def read_artifact(run: RunFolder, name: str) -> tuple[dict[str, Any], bytes]:
    """What `write_artifact` kept, and the content of `weights.safetensors`.

    Raises:
        RunError: the training has not finished, or a file is not what was written.
    """
    path = run.path / name
    try:
        tree = from_bytes(path.read_bytes())
        weights = run.weights_path.read_bytes()
    except FileNotFoundError as error:
        if Path(error.filename) == path:
            raise RunError(
                f"{run.path}: its training has not finished: segue train --resume {run.path}"
            ) from None
        raise RunError(f"{error.filename}: is missing: train again") from None
    except OSError as error:
        raise RunError(f"{error.filename}: cannot be read: {error.strerror}") from None
    except DamagedError as error:
        raise RunError(f"{path}: is damaged: {error}: train again") from None
    if hashlib.sha256(weights).hexdigest() != tree.get("weights"):
        raise RunError(f"{run.weights_path}: is not what the training wrote: train again")
    return tree, weights
