"""Trees of tensors and plain values: mapped over, and taken apart into tensors and JSON.

Optimizers, schedules and carried state are such trees. `pack` splits one into named tensors, which
safetensors can hold, and a JSON document, which holds the rest; `unpack` gives the same tree back,
to the bit, with tuples, None, infinities and 0-dim tensors as they were. A named tuple comes back
as a named tuple of the same name and fields.
"""

import dataclasses
import math
from collections import Counter, namedtuple
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from segue.errors import SegueError

MOST_DEPTH = 64
MOST_FIELDS = 256


class TreeError(SegueError, TypeError):
    """A value cannot be kept in a checkpoint, or what a checkpoint holds is no tree."""


def map_tensors(tree: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Return `tree` with `change` applied to each tensor; what is no tensor stays as it is.

    >>> map_tensors({"a": (torch.ones(2), None)}, lambda t: t + 1)
    {'a': (tensor([2., 2.]), None)}
    """
    match tree:
        case Tensor():
            return change(tree)
        case tuple() if hasattr(tree, "_fields"):
            return type(tree)(*(map_tensors(item, change) for item in tree))
        case tuple() | list():
            return type(tree)(map_tensors(item, change) for item in tree)
        case Mapping():
            return {key: map_tensors(item, change) for key, item in tree.items()}
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        parts = {f.name: getattr(tree, f.name) for f in dataclasses.fields(tree) if f.init}
        return dataclasses.replace(tree, **{k: map_tensors(v, change) for k, v in parts.items()})
    return tree


def tensors_in(tree: Any, path: str) -> Iterator[tuple[str, Tensor]]:
    """Yield each tensor of `tree` with the path that leads to it.

    >>> [name for name, _ in tensors_in({"a": (torch.ones(2), None)}, "batch")]
    ["batch['a'][0]"]
    """
    match tree:
        case Tensor():
            yield path, tree
        case tuple() if hasattr(tree, "_fields"):
            for name, item in zip(tree._fields, tree, strict=True):
                yield from tensors_in(item, f"{path}.{name}")
        case tuple() | list():
            for index, item in enumerate(tree):
                yield from tensors_in(item, f"{path}[{index}]")
        case Mapping():
            for key, item in tree.items():
                yield from tensors_in(item, f"{path}[{key!r}]")
        case _ if dataclasses.is_dataclass(tree):
            for field in dataclasses.fields(tree):
                yield from tensors_in(getattr(tree, field.name), f"{path}.{field.name}")


def pack(tree: Any) -> tuple[dict[str, Tensor], Any]:
    """Take a tree apart.

    Returns:
        Tensors on the CPU, contiguous, none sharing memory with another, by their path; and a
        document that `json.dumps(..., allow_nan=False)` accepts.

    Raises:
        TreeError: the tree holds something else than tensors and plain values; its path is named.

    >>> tensors, document = pack({"m": torch.ones(2), "betas": (0.9, float("inf"))})
    >>> document
    {'dict': [['m', {'tensor': 'm'}], ['betas', {'tuple': [0.9, {'float': 'inf'}]}]]}
    >>> unpack(tensors, document)
    {'m': tensor([1., 1.]), 'betas': (0.9, inf)}
    """
    packer = _Packer()
    document = packer.document(tree, "")
    return packer.tensors, document


class _Packer:
    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.storages: set[int] = set()
        self.depth = 0

    def document(self, tree: Any, path: str) -> Any:
        """Return the JSON side of `tree` and keep its tensors."""
        if self.depth > MOST_DEPTH:
            raise TreeError(f"{path[:80]}...: is nested more than {MOST_DEPTH} levels deep")
        self.depth += 1
        try:
            return self.found(tree, path)
        finally:
            self.depth -= 1

    def found(self, tree: Any, path: str) -> Any:
        """Return the document of what is not too deep."""
        if isinstance(tree, np.generic):
            tree = tree.item()
        if tree is None or isinstance(tree, bool | int | str):
            return tree
        match tree:
            case float():
                document: Any = float(tree) if math.isfinite(tree) else {"float": str(tree)}
            case Tensor():
                document = {"tensor": self.keep(tree, path)}
            case np.ndarray():
                document = {"array": self.keep(torch.from_numpy(tree), path)}
            case list():
                document = self.items(tree, path)
            case tuple() if hasattr(tree, "_fields"):
                name, fields = type(tree).__name__, list(tree._fields)
                document = {"named": [name, fields, self.items(tree, path)]}
            case tuple():
                document = {"tuple": self.items(tree, path)}
            case Counter():
                document = {"counter": self.pairs(tree, path)}
            case Mapping():
                document = {"dict": self.pairs(tree, path)}
            case _:
                raise TreeError(
                    f"{path}: a {type(tree).__name__} cannot be kept in a checkpoint: use "
                    "tensors, numbers, strings, None, tuples, lists and dicts"
                )
        return document

    def items(self, items: tuple[Any, ...] | list[Any], path: str) -> list[Any]:
        """Return the documents of a sequence."""
        return [self.document(item, f"{path}/{index}") for index, item in enumerate(items)]

    def pairs(self, mapping: Mapping[Any, Any], path: str) -> list[list[Any]]:
        """Return the documents of keys and values."""
        prefix = f"{path}/" if path else ""
        return [
            [self.document(key, f"{prefix}key"), self.document(value, f"{prefix}{key}")]
            for key, value in mapping.items()
        ]

    def keep(self, tensor: Tensor, path: str) -> str:
        """Keep a copy that shares no memory with another; return its name."""
        plain = tensor.detach().cpu().contiguous()
        storage = plain.untyped_storage().data_ptr()
        if storage in self.storages:
            plain = plain.clone()
            storage = plain.untyped_storage().data_ptr()
        self.storages.add(storage)
        name = path
        while name in self.tensors:
            name += "'"
        self.tensors[name] = plain
        return name


def unpack(tensors: Mapping[str, Tensor], document: Any) -> Any:
    """Put together what `pack` took apart.

    Raises:
        TreeError: the document is none that `pack` makes.
    """
    try:
        return _unpack(tensors, document, 0)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise TreeError(f"is no tree of a checkpoint: {error}") from None


def _unpack(tensors: Mapping[str, Tensor], document: Any, depth: int) -> Any:
    if depth > MOST_DEPTH:
        raise TreeError(f"is nested more than {MOST_DEPTH} levels deep")
    below = depth + 1
    if isinstance(document, list):
        return [_unpack(tensors, item, below) for item in document]
    if isinstance(document, dict) and len(document) != 1:
        raise TreeError("is no tree of a checkpoint")
    match document:
        case {"float": str(text)}:
            tree: Any = float(text)
        case {"tensor": str(name)}:
            tree = tensors[name]
        case {"array": str(name)}:
            tree = tensors[name].numpy()
        case {"named": [str(name), list(fields), list(values)]}:
            tree = _named(name, fields, [_unpack(tensors, each, below) for each in values])
        case {"tuple": list(items)}:
            tree = tuple(_unpack(tensors, item, below) for item in items)
        case {"counter": list(pairs)}:
            tree = Counter(_mapping(tensors, pairs, below))
        case {"dict": list(pairs)}:
            tree = _mapping(tensors, pairs, below)
        case dict():
            raise TreeError(f"has a value of no known kind, {next(iter(document))[:40]!r}")
        case _:
            tree = document
    return tree


def _named(name: str, fields: list[Any], values: list[Any]) -> Any:
    """A named tuple of a name and fields that were a class's."""
    if len(fields) > MOST_FIELDS or len(name) > MOST_FIELDS:
        raise TreeError("has a named tuple with too many fields")
    kind: Any = namedtuple(name, fields)  # type: ignore[misc]
    return kind(*values)


def _mapping(tensors: Mapping[str, Tensor], pairs: list[Any], depth: int) -> dict[Any, Any]:
    return {_unpack(tensors, key, depth): _unpack(tensors, value, depth) for key, value in pairs}
