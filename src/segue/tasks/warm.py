"""Warm starts: a model begins with the weights of another run, as far as they fit."""

from torch import nn

from segue.data.wording import count
from segue.errors import RunError
from segue.training import RunFolder
from segue.training.files import read_file
from segue.training.weights import read_weights


def warm_start(model: nn.Module, run: RunFolder) -> str:
    """Take over the tensors of a run's weights that have the name and shape of the model's own.

    Returns:
        A line that says what was taken.

    Raises:
        RunError: the run has no weights, or nothing of them fits.
    """
    name = run.weights_path.name
    data = run.read(name)[0] if run.finished else read_file(run.weights_path)
    weights = read_weights(data, run.identity, str(run.weights_path))
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
