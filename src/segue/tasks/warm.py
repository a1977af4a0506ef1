"""Warm starts: a model begins with the weights of another run, as far as they fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from segue.data.units import Vocabulary
from segue.data.wording import count
from segue.errors import RunError
from segue.training import RunFolder
from segue.training.files import read_file
from segue.training.weights import read_weights

_DIRECTION = "forward_layer"

Vocabularies = Mapping[str, Vocabulary]


class Taken(NamedTuple):
    """What was taken from a run.

    Attributes:
        line: says so to a person.
        names: of the model's own tensors.
    """

    line: str
    names: frozenset[str]


def warm_start(
    model: nn.Module,
    run: RunFolder,
    own_units: Vocabularies | None = None,
    units: Vocabularies | None = None,
    kin: Mapping[str, str] | None = None,
) -> Taken:
    """Take over the layers of a run's weights that have the name and shapes of the model's own.

    A layer of which a tensor does not fit begins anew. A member of an ensemble begins with the
    weights of a single model, and the forward direction of a bidirectional layer with those of a
    layer that reads forward. Where both modules have a row for each unit of a vocabulary, a row is
    that of the same unit; units that the run does not know get the mean of all (as in ULMFiT).

    Args:
        model: what begins.
        run: whose weights.
        own_units: the vocabularies of the model's modules, by the last part of their names.
        units: those of the run's.
        kin: modules of another task that a module may begin with, by name.

    Raises:
        RunError: the run has no weights, or nothing of them fits.
    """
    name = run.weights_path.name
    data = run.read(name)[0] if run.finished else read_file(run.weights_path)
    weights = read_weights(data, run.identity, str(run.weights_path))
    own = model.state_dict()
    known = _Rows(own_units or {}, units or {})
    fits: dict[str, Tensor] = {}
    for module in dict.fromkeys(name.rpartition(".")[0] for name in own):
        fits |= _of_module(module, own, weights, known, kin or {})
    if not any(name in fits for name, _ in model.named_parameters()):
        raise RunError(f"{run.path}: none of its layers has a name and shapes of this model")
    model.load_state_dict({**own, **fits})
    line = f"begun with {count(len(fits), 'tensor')} of {len(own)} from {run.path}"
    for rows in known.used():
        line += f", {int((rows >= 0).sum()):,} of {len(rows):,} units known there"
    return Taken(line, frozenset(fits))


def _of_module(
    module: str,
    own: Mapping[str, Tensor],
    weights: Mapping[str, Tensor],
    known: _Rows,
    kin: Mapping[str, str],
) -> dict[str, Tensor]:
    """The tensors of one module that fit, by their own names."""
    mine = {name for name in own if name.rpartition(".")[0] == module}
    other = [kin[name] + module[len(name) :] for name in kin if _within(module, name)]
    for source in [*_sources(module), *other]:
        rows = known.of(module, source)
        found: dict[str, Tensor] = {}
        for name in mine:
            tensor = weights.get(f"{source}.{name.rpartition('.')[2]}".lstrip("."))
            if tensor is None or own[name].dtype != tensor.dtype:
                continue
            if rows is not None:
                tensor = _by_unit(tensor, rows)
            if tensor is not None and own[name].shape == tensor.shape:
                found[name] = tensor
        if len(found) == len(mine):
            known.note(module, source)
            return found
    return {}


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


class _Rows:
    """Of each unit of a module its row in another run's module, where both have vocabularies."""

    def __init__(self, own: Vocabularies, other: Vocabularies) -> None:
        self.own, self.other = own, other
        self.made: dict[tuple[int, int], Tensor] = {}
        self.noted: list[tuple[int, int]] = []

    def of(self, module: str, source: str) -> Tensor | None:
        """The rows, int64 `[V]`, -1 for units that the other does not know."""
        pair = self._pair(module, source)
        if pair is None:
            return None
        key = (id(pair[0]), id(pair[1]))
        if key not in self.made:
            self.made[key] = _rows(*pair)
        return self.made[key]

    def note(self, module: str, source: str) -> None:
        """Remember that these were used."""
        pair = self._pair(module, source)
        if pair is not None:
            self.noted.append((id(pair[0]), id(pair[1])))

    def used(self) -> list[Tensor]:
        """All that were, each once."""
        return [self.made[key] for key in dict.fromkeys(self.noted)]

    def _pair(self, module: str, source: str) -> tuple[Vocabulary, Vocabulary] | None:
        own = self.own.get(module.rpartition(".")[2])
        other = self.other.get(source.rpartition(".")[2])
        return None if own is None or other is None else (own, other)


def _sources(module: str) -> list[str]:
    """The names by which another run may have a module, the same one first.

    >>> _sources("members.1.layers.layers.0.forward_layer")[1:]
    ['layers.layers.0.forward_layer', 'layers.layers.0', 'members.0.layers.layers.0']
    """
    parts = module.split(".")
    single = parts[2:] if parts[0] == "members" and len(parts) > 2 else parts
    ahead = [part for part in single if part != _DIRECTION]
    first = ["members", "0", *ahead]
    return list(dict.fromkeys(".".join(each) for each in (parts, single, ahead, first)))


def _rows(own: Vocabulary, other: Vocabulary) -> Tensor:
    """Of each unit its number in the other vocabulary, -1 for none: int64 `[V]`."""
    number = {other.token(index): index for index in range(other.size)}
    return torch.tensor([number.get(own.token(index), -1) for index in range(own.size)])


def _by_unit(tensor: Tensor, rows: Tensor) -> Tensor | None:
    """Rows of a tensor in the order of another vocabulary; None where it has none of that many."""
    if tensor.dim() == 0 or len(tensor) <= max(0, int(rows.max())):
        return None
    mean = tensor.mean(0, keepdim=True)
    known = (rows >= 0).view(-1, *[1] * (tensor.dim() - 1))
    return torch.where(known, tensor[rows.clamp_min(0)], mean)
