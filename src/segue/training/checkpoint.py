"""Checkpoints: one self-checking safetensors file each, and the folder that keeps the newest.

A file holds a tree (see `segue.training.tree`): its tensors as safetensors, the rest as JSON in the
safetensors metadata. The metadata also names the run that the file belongs to, and holds the
SHA-256 of the whole file, taken while 64 zeros stand in its place, so any byte that changes is
noticed. A digest proves no good will: what stands behind it is checked as well.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch

from segue.errors import RunError
from segue.training.files import own_folder, read_file, refuse_link, remove_temporary, write_whole
from segue.training.identity import Identity, check_identity
from segue.training.tree import TreeError, pack, unpack

_MOST_HEADER = 2**30
NO_DIGEST = "0" * 64
DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
NAME = re.compile(r"step-([0-9]{8,18})\.safetensors")


class DamagedError(RunError):
    """A checkpoint is not what was written."""


def to_bytes(
    tree: Mapping[str, Any], needs: Iterable[int] = (), identity: Identity | None = None
) -> bytes:
    """Return the file's content for `tree`.

    Args:
        tree: tensors and plain values.
        needs: steps of other checkpoints that must stay as long as this one does.
        identity: the run that the file belongs to.

    Raises:
        TreeError: a value cannot be kept; its path is named.

    >>> from_bytes(to_bytes({"step": 3, "lr": (0.1, None)}))
    {'step': 3, 'lr': (0.1, None)}
    """
    tensors, document = pack(tree)
    metadata = {
        "tree": json.dumps(document, allow_nan=False),
        "needs": json.dumps(sorted(needs)),
        "sha256": NO_DIGEST,
        **(identity.metadata() if identity else {}),
    }
    data = bytearray(safetensors.torch.save(tensors, metadata))
    start, end = _digest_span(data)
    data[start:end] = hashlib.sha256(data).hexdigest().encode()
    return bytes(data)


def from_bytes(data: bytes) -> dict[str, Any]:
    """Return the tree that `to_bytes` was given.

    Raises:
        DamagedError: a byte is missing or is not what it was, or what stands there is no tree.
    """
    verify(data)
    try:
        document = json.loads(metadata(data)["tree"])
        tree = unpack(safetensors.torch.load(data), document)
    except (TreeError, ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise DamagedError("it holds something else than a training writes") from None
    except safetensors.SafetensorError:
        raise DamagedError("it is no safetensors file") from None
    if not isinstance(tree, dict):
        raise DamagedError("it holds something else than a training writes")
    return tree


def metadata(data: bytes) -> dict[str, str]:
    """Return the metadata of a safetensors file.

    Raises:
        DamagedError: it is no such file.
    """
    length = int.from_bytes(data[:8], "little")
    try:
        found = json.loads(data[8 : 8 + length]) if 8 + length <= len(data) else None
        pairs = found.get("__metadata__", {}) if isinstance(found, dict) else None
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict) or not all(isinstance(v, str) for v in pairs.values()):
        raise DamagedError("it is cut short or is no safetensors file")
    return pairs


def verify(data: bytes) -> None:
    """Raise `DamagedError` unless `data` is, byte for byte, what `to_bytes` gave."""
    start, end = _digest_span(data)
    digest = hashlib.sha256(memoryview(data)[:start])
    digest.update(NO_DIGEST.encode())
    digest.update(memoryview(data)[end:])
    if digest.hexdigest().encode() != data[start:end]:
        raise DamagedError("its checksum does not fit")


def _digest_span(data: bytes | bytearray) -> tuple[int, int]:
    """Return where the digest stands in the header."""
    end = 8 + int.from_bytes(data[:8], "little")
    found = DIGEST.search(data, 8, end) if 8 < end <= len(data) else None
    if not found:
        raise DamagedError("it is cut short or is no checkpoint")
    return found.span(1)


class CheckpointFolder:
    """The checkpoints of a run, named by step.

    Args:
        path: the folder; made at the first save.
        keep: how many of the newest to keep, beside those that they need.
        identity: the run's; checkpoints of another run are refused.
    """

    def __init__(self, path: Path, keep: int, identity: Identity | None = None) -> None:
        self.path = path
        self.keep = keep
        self.identity = identity

    def file(self, step: int) -> Path:
        """Return the path of the checkpoint of `step`."""
        return self.path / f"step-{step:08d}.safetensors"

    def steps(self) -> list[int]:
        """Return the steps of the checkpoints that are there, damaged or not, oldest first."""
        refuse_link(self.path)
        if not self.path.is_dir():
            return []
        return sorted(int(m[1]) for p in self.path.iterdir() if (m := NAME.fullmatch(p.name)))

    def save(self, step: int, data: bytes) -> None:
        """Write the checkpoint of `step`, then remove those that are no longer needed.

        Raises:
            RunError: it cannot be written; those before it stay.
        """
        own_folder(self.path)
        write_whole(self.file(step), data)
        for later in self.steps():
            if later > step:  # damaged, or this would not be the newest
                self.file(later).unlink(missing_ok=True)
        self.tidy(step)

    def load(self, step: int) -> bytes:
        """Return the content of the checkpoint of `step`, checked.

        Raises:
            DamagedError: it is missing or not what was written; the file is named.
            RunError: it is another run's.
        """
        path = self.file(step)
        try:
            data = read_file(path)
            verify(data)
            found = metadata(data)
        except OSError as error:
            raise DamagedError(f"{path}: cannot be read: {error.strerror or error}") from error
        except DamagedError as error:
            raise DamagedError(f"{path}: damaged checkpoint: {error}") from None
        check_identity(found, self.identity, str(path))
        return data

    def newest(self, latest: int | None = None) -> bytes | None:
        """Return the newest checkpoint that is whole; None when there never was one.

        Each damaged one that is passed over is named on stderr.

        Args:
            latest: the last step to look at; all when None.

        Raises:
            RunError: there are checkpoints and all are damaged, or one is another run's.
        """
        steps = [step for step in self.steps() if latest is None or step <= latest]
        for step in reversed(steps):
            try:
                return self.load(step)
            except DamagedError as error:
                print(f"warning: {error}; using the one before it", file=sys.stderr, flush=True)
        if steps:
            raise RunError(f"{self.path}: every checkpoint is damaged: train again from the start")
        return None

    def tidy(self, newest: int) -> None:
        """Remove what is no longer needed when the checkpoint of step `newest` is there."""
        remove_temporary(self.path)
        steps = [step for step in self.steps() if step <= newest]
        kept = set(steps[-self.keep :])
        kept |= {needed for step in kept for needed in self._needs(step)}
        for step in steps:
            if step not in kept:
                self.file(step).unlink(missing_ok=True)

    def _needs(self, step: int) -> list[int]:
        """Read what a checkpoint needs from its header; a damaged one needs nothing."""
        try:
            length = int.from_bytes(read_file(self.file(step), 8), "little")
            header = read_file(self.file(step), 8 + min(length, _MOST_HEADER))
            needs: list[int] = json.loads(metadata(header)["needs"])
            return [step for step in needs if isinstance(step, int)]
        except (OSError, ValueError, KeyError, TypeError, RecursionError, DamagedError):
            return []
