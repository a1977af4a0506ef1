"""`Keeper`: saves the whole training, and brings it back."""

import hashlib
from collections.abc import Mapping
from typing import Any

import safetensors.torch
from torch import Tensor

from segue.errors import RunError
from segue.training.checkpoint import CheckpointFolder, DamagedError, from_bytes, to_bytes
from segue.training.distributed import World
from segue.training.files import remove_temporary, write_whole
from segue.training.finite import TrainingError
from segue.training.learner import Learner, load_model
from segue.training.objective import Carry
from segue.training.position import Position
from segue.training.rng import rng_state, set_rng_state
from segue.training.run import RunFolder
from segue.training.tree import map_tensors, pack


class Keeper:
    """Checkpoints and best weights of a run.

    Only process 0 touches files; the other processes' random and carried state travel to it.
    """

    def __init__(self, learner: Learner, run: RunFolder, world: World, keep: int) -> None:
        self.learner = learner
        self.run = run
        self.world = world
        self.folder = CheckpointFolder(run.checkpoints_path, keep)

    def save(self, position: Position, carry: Carry) -> None:
        """Write a checkpoint of everything."""
        mine = {"rng": rng_state(self.learner.device), "carry": carry}
        ranks = [mine]
        if self.world.size > 1:
            ranks = [from_bytes(data) for data in self.world.gather(to_bytes(mine))]
        if self.world.first:
            tree = {"position": position.record(), "learner": self.learner.state(), "ranks": ranks}
            self.folder.save(position.step, to_bytes(tree, position.needs))

    def restore(self) -> tuple[Position, Carry] | None:
        """Go to the newest whole checkpoint; None when there never was one.

        Raises:
            RunError: all are damaged, or it is that of another training.
        """
        newest = self.folder.newest() if self.world.first else None
        data = self.world.broadcast(newest or b"")
        if not data:
            return None
        tree = from_bytes(data)
        ranks = tree["ranks"]
        if len(ranks) != self.world.size:
            raise RunError(
                f"{self.run.path}: was trained by {len(ranks)} processes, not {self.world.size}: "
                "resume it with as many"
            )
        self.learner.load(tree["learner"])
        mine = ranks[self.world.rank]
        set_rng_state(mine["rng"], self.learner.device)
        carry = map_tensors(mine["carry"], lambda tensor: tensor.to(self.learner.device))
        position = Position.from_record(tree["position"])
        if self.world.first:
            remove_temporary(self.run.path)
            self.folder.tidy(position.step)
        return position, carry

    def roll_back(self, anchor: int) -> int:
        """Take weights, optimizer and schedule from the checkpoint of step `anchor`.

        Returns:
            The step that they are from: an older one when that checkpoint is damaged.
        """
        data = self.world.broadcast(
            (self.folder.newest(anchor) or b"") if self.world.first else b""
        )
        if not data:
            raise RunError(f"{self.folder.path}: the checkpoints to go back to are gone")
        tree = from_bytes(data)
        self.learner.load(tree["learner"])
        step: int = tree["position"]["step"]
        return step

    def write_best(self) -> str:
        """Write the present weights as weights.safetensors; return the file's SHA-256."""
        data = weights_bytes(self.learner.model.state_dict())
        if self.world.first:
            write_whole(self.run.weights_path, data)
        return hashlib.sha256(data).hexdigest()

    def load_best(self, best_step: int, sha256: str) -> None:
        """Put the best weights into the model, and into weights.safetensors should it differ.

        Raises:
            RunError: weights.safetensors and the best checkpoint are both damaged.
        """
        data = self._best_bytes(best_step, sha256) if self.world.first else b""
        load_model(self.learner.model, safetensors.torch.load(self.world.broadcast(data)))

    def _best_bytes(self, best_step: int, sha256: str) -> bytes:
        try:
            data = self.run.weights_path.read_bytes()
        except OSError:
            data = b""
        if hashlib.sha256(data).hexdigest() == sha256:
            return data
        try:
            tree = from_bytes(self.folder.load(best_step))
        except DamagedError as error:
            raise RunError(
                f"{self.run.weights_path}: is not what was written, and {error}: train again"
            ) from error
        data = weights_bytes(tree["learner"]["model"])
        write_whole(self.run.weights_path, data)
        return data


def weights_bytes(weights: Mapping[str, Any]) -> bytes:
    """Return a state_dict as a safetensors file; tensors that share memory are written in full.

    Raises:
        TrainingError: an entry is no tensor.
    """
    for name, value in weights.items():
        if not isinstance(value, Tensor):
            raise TrainingError(
                f"state_dict entry {name} is a {type(value).__name__}: "
                "weights.safetensors holds tensors only"
            )
    return safetensors.torch.save(pack(weights)[0])
