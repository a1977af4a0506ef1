"""Warm starts: a model begins with the weights of another run, as far as they fit."""

import safetensors
import safetensors.torch
from torch import nn

from segue.data.wording import count
from segue.errors import RunError
from segue.training import RunFolder


def warm_start(model: nn.Module, run: RunFolder) -> str:
    """Take over the tensors of a run's weights that have the name and shape of the model's own.

    Returns:
        A line that says what was taken.

    Raises:
        RunError: the run has no weights, or nothing of them fits.
    """
    try:
        weights = safetensors.torch.load(run.weights_path.read_bytes())
    except OSError as error:
        why = error.strerror or error
        raise RunError(f"{run.weights_path}: cannot be read: {why}") from None
    except safetensors.SafetensorError as error:
        raise RunError(f"{run.weights_path}: is damaged: {error}") from None
    own = model.state_dict()
    fits = {
        name: tensor
        for name, tensor in weights.items()
        if name in own and own[name].shape == tensor.shape and own[name].dtype == tensor.dtype
    }
    if not fits:
        raise RunError(f"{run.path}: none of its weights has a name and shape of this model")
    model.load_state_dict({**own, **fits})
    return f"begun with {count(len(fits), 'tensor')} of {len(own)} from {run.path}"
