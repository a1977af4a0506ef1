"""`Keeper`: saves the whole training, and brings it back."""

import sys
from typing import Any

import safetensors.torch

from segue.errors import RunError
from segue.training.checkpoint import CheckpointFolder, DamagedError, from_bytes, to_bytes
from segue.training.distributed import World
from segue.training.ending import settle
from segue.training.files import read_file, write_whole
from segue.training.identity import Identity, differences, environment
from segue.training.learner import Learner
from segue.training.manifest import sha256
from segue.training.objective import Carry
from segue.training.position import Position
from segue.training.restored import MISFITS, load_model
from segue.training.rng import rng_state, set_rng_state
from segue.training.run import RunFolder
from segue.training.tree import map_tensors
from segue.training.weights import weights_bytes


class Keeper:
    """Checkpoints and best weights of a run.

    Only process 0 touches files; the other processes' random and carried state travel to it.
    """

    def __init__(self, learner: Learner, run: RunFolder, world: World, keep: int) -> None:
        self.learner = learner
        self.run = run
        self.world = world
        self.folder = CheckpointFolder(run.checkpoints_path, keep)
        self.environment = environment(learner.device)

    @property
    def identity(self) -> Identity | None:
        """What the run's files name; None for a run of a version that gave none."""
        return self.folder.identity

    def identify(self) -> None:
        """Learn the identity of the run, and give it one where it is new.

        Raises:
            RunError: its config.json was edited, or run.json is damaged or cannot be written.
        """
        if self.world.first:
            trained = bool(self.folder.steps())
            self.folder.identity = self.run.identity if trained else self.run.identify()

    def save(self, position: Position, carry: Carry) -> None:
        """Write a checkpoint of everything."""
        mine = {"rng": rng_state(self.learner.device), "carry": carry}
        ranks = [mine]
        if self.world.size > 1:
            ranks = [from_bytes(data) for data in self.world.gather(to_bytes(mine))]
        if self.world.first:
            tree = {
                "position": position.as_json(),
                "learner": self.learner.state(),
                "ranks": ranks,
                "environment": self.environment,
            }
            self.folder.save(position.step, to_bytes(tree, position.needs, self.identity))

    def restore(self) -> tuple[Position, Carry] | None:
        """Go to the newest whole checkpoint; None when there never was one.

        Raises:
            RunError: all are damaged, or it is that of another training.
        """
        newest = self.folder.newest() if self.world.first else None
        data = self.world.broadcast(newest or b"")
        if not data:
            return None
        tree = _checked(from_bytes(data), self.run)
        ranks = tree["ranks"]
        if len(ranks) != self.world.size:
            raise RunError(
                f"{self.run.path}: was trained by {len(ranks)} processes, not {self.world.size}: "
                "resume it with as many"
            )
        position = Position.from_json(tree["position"])
        self.learner.load(tree["learner"])
        mine = ranks[self.world.rank]
        try:
            set_rng_state(mine["rng"], self.learner.device)
            carry = map_tensors(mine["carry"], lambda tensor: tensor.to(self.learner.device))
        except MISFITS as error:
            raise RunError(f"{self.folder.path}: the newest checkpoint is no training's") from error
        changed = differences(tree["environment"], self.environment)
        if changed and self.world.first:
            print(
                f"warning: {self.run.path}: goes on with {changed}: the result may differ in its"
                " last bits from that of a run that was not stopped",
                file=sys.stderr,
                flush=True,
            )
        return position, carry

    def tidy(self, position: Position) -> None:
        """Remove what crashes left and what is no longer needed, once a restore has succeeded."""
        if self.world.first:
            settle(self.run.path)
            self.folder.tidy(position.step)

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
        tree = _checked(from_bytes(data), self.run)
        position = Position.from_json(tree["position"])
        self.learner.load(tree["learner"])
        return position.step

    def write_best(self) -> str:
        """Write the present weights as weights.safetensors; return the file's SHA-256.

        The weights of a run that has ended stay what its end wrote, until it ends anew.
        """
        data = weights_bytes(self.learner.model.state_dict(), self.identity)
        if self.world.first and not self.run.finished:
            write_whole(self.run.weights_path, data)
        return sha256(data)

    def load_best(self, best_step: int, digest: str) -> None:
        """Put the best weights into the model.

        They are put into weights.safetensors as well should it differ, unless the run has ended
        or an end follows, which writes it.

        Raises:
            RunError: weights.safetensors and the best checkpoint are both damaged.
        """
        data = self._best_bytes(best_step, digest) if self.world.first else b""
        load_model(self.learner.model, safetensors.torch.load(self.world.broadcast(data)))

    def _best_bytes(self, best_step: int, digest: str) -> bytes:
        try:
            data = read_file(self.run.weights_path)
        except OSError:
            data = b""
        if sha256(data) == digest:
            return data
        try:
            tree = _checked(from_bytes(self.folder.load(best_step)), self.run)
        except DamagedError as error:
            raise RunError(
                f"{self.run.weights_path}: is not what was written, and {error}: train again"
            ) from error
        data = weights_bytes(tree["learner"]["model"], self.identity)
        if not (self.run.finished or self.run.held_outside):
            write_whole(self.run.weights_path, data)
        return data


def _checked(tree: dict[str, Any], run: RunFolder) -> dict[str, Any]:
    """The tree of a checkpoint, with the parts that it must have.

    Raises:
        RunError: a part is missing or of another kind.
    """
    parts = {"position": dict, "learner": dict, "ranks": list, "environment": dict}
    tree = {"environment": {}, **tree}
    learner = tree.get("learner")
    whole = isinstance(learner, dict) and isinstance(learner.get("model"), dict)
    whole &= all(isinstance(tree.get(name), kind) for name, kind in parts.items())
    if not whole or not all(isinstance(rank, dict) for rank in tree["ranks"]):
        raise RunError(f"{run.checkpoints_path}: a checkpoint there is no training's: train again")
    return tree
