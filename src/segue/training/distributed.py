"""Several processes that train one model: what they add up, and what they agree on."""

import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from segue.errors import RunError

PATIENCE = timedelta(minutes=10)
"""How long a process waits for another one."""
_EXCHANGES = ("torch.distributed.", "torch.nn.parallel.distributed")
ENVIRONMENT = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True)
class World:
    """The processes of a training.

    Attributes:
        rank: number of this process, from 0. Only process 0 writes files.
        size: how many there are.
        device: where tensors must be to be exchanged.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def total(self, values: Sequence[float]) -> list[float]:
        """Return the sums of `values` over the processes, the same on each."""
        if self.size == 1:
            return list(values)
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        summed: list[float] = tensor.tolist()
        return summed

    def gather(self, data: bytes) -> list[bytes]:
        """Return every process's `data`, in order of rank, on each process."""
        if self.size == 1:
            return [data]
        sizes = [
            int(n) for n in self.total([len(data) * (r == self.rank) for r in range(self.size)])
        ]
        padded = torch.zeros(max(*sizes, 1), dtype=torch.uint8, device=self.device)
        padded[: len(data)] = _tensor(data, self.device)
        parts = [torch.empty_like(padded) for _ in sizes]
        dist.all_gather(parts, padded)
        return [_bytes(part[:size]) for part, size in zip(parts, sizes, strict=True)]

    def broadcast(self, data: bytes) -> bytes:
        """Return the `data` of process 0; that of the others is not looked at."""
        if self.size == 1:
            return data
        size = int(self.total([len(data) if self.first else 0])[0])
        tensor = (
            _tensor(data, self.device)
            if self.first
            else torch.empty(size, dtype=torch.uint8, device=self.device)
        )
        if size:
            dist.broadcast(tensor, src=0)
        return _bytes(tensor)

    @contextmanager
    def first_alone(self) -> Iterator[bool]:
        """Do what only the first process does; the others go on when it is done.

        Yields:
            Whether this is the first process.

        Raises:
            RunError: the first process could not do it.

        >>> with World().first_alone() as mine:
        ...     mine
        True
        """
        if not self.first:
            yield False
            if why := self.broadcast(b"").decode():
                raise RunError(f"process {self.rank}: the first process stopped: {why}")
            return
        try:
            yield True
        except BaseException as error:
            self.broadcast((str(error) or type(error).__name__).encode())
            raise
        self.broadcast(b"")

    def wrap(self, model: nn.Module, device: torch.device) -> nn.Module:
        """Return `model` so that its gradients are summed over the processes."""
        if self.size == 1:
            return model
        wrapped = DistributedDataParallel(
            model, device_ids=[device] if device.type == "cuda" else None
        )
        wrapped.register_comm_hook(None, sum_each)
        return wrapped


def sum_each(state: None, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:  # type: ignore[name-defined]
    """Sum each parameter's gradient over the processes, by itself.

    `DistributedDataParallel` changes its buckets after the first step, and with them the order in
    which three or more processes add up. A resumed run would then differ in the last bits.
    """
    for gradient in bucket.gradients():
        dist.all_reduce(gradient)
    done: torch.futures.Future[torch.Tensor] = torch.futures.Future()
    done.set_result(bucket.buffer())
    return done


def _tensor(data: bytes, device: torch.device) -> torch.Tensor:
    return torch.frombuffer(bytearray(data or b"\0"), dtype=torch.uint8)[: len(data)].to(device)


def _bytes(tensor: torch.Tensor) -> bytes:
    return tensor.cpu().numpy().tobytes()


def current() -> World:
    """Return the world that this process is part of: of one when no process group is there."""
    if not (dist.is_available() and dist.is_initialized()):
        return World()
    device = torch.device("cpu")
    if "gloo" not in dist.get_backend_config():
        device = torch.device("cuda", torch.cuda.current_device())
    return World(dist.get_rank(), dist.get_world_size(), device)


def asked_for() -> bool:
    """Whether torchrun started this process."""
    return set(ENVIRONMENT) <= set(os.environ)


@contextmanager
def torchrun(patience: timedelta = PATIENCE) -> Iterator[World]:
    """Join the process group that torchrun's environment describes, and leave it at the end.

    Tensors on a GPU travel by NCCL, one GPU for each process of a machine; others by gloo. Without
    torchrun this is a world of one; inside a process group that is there already, that group.
    `fit` then trains with all its processes. Only the first one makes the run folder:

        with torchrun() as world:
            run = RunFolder.create("run") if world.first else RunFolder("run")

    Args:
        patience: how long a process waits for another one.

    Raises:
        RunError: another process ended, or did not answer in time.

    >>> with torchrun() as world:
    ...     world.size
    1
    """
    if not asked_for() or dist.is_initialized():
        yield current()
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _exchanges_named(patience):
        dist.init_process_group(backend, timeout=patience)
        try:
            yield current()
        finally:
            dist.destroy_process_group()


@contextmanager
def _exchanges_named(patience: timedelta) -> Iterator[None]:
    """Say in a line what an exchange with the other processes failed of."""
    place = f"process {os.environ['RANK']} of {os.environ['WORLD_SIZE']}"
    try:
        yield
    except RuntimeError as error:
        if not _of_an_exchange(error):
            raise
        text = str(error).lower()
        if "timed out" in text or "timeout" in text:
            seconds = f"{patience.total_seconds():g}"
            raise RunError(
                f"{place}: another process did not answer for {seconds} s: see whether it hangs"
            ) from error
        raise RunError(
            f"{place}: lost another process: see what it said, and resume the run"
        ) from error


def _of_an_exchange(error: RuntimeError) -> bool:
    """Whether it was raised while processes exchange something, by torch or what it calls."""
    if isinstance(error, dist.DistError):
        return True
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__name__")).startswith(_EXCHANGES)
