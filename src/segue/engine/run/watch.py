"""Scans that somebody watches: every call of `scan` is handed to a function that answers it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor

from segue.engine.run.problem import Problem, State

Watcher = Callable[[Problem], tuple[Tensor, State]]

_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def watcher() -> Watcher | None:
    """Who answers scans here; None: a backend does."""
    return _watcher.get()


@contextmanager
def watched(by: Watcher) -> Iterator[None]:
    """Within the block every scan of this thread is answered by a function.

    Args:
        by: from what is asked to outputs `[T, B, ...]` and the final state.

    Example:
        >>> import torch, segue
        >>> from segue.engine.run.backend import choose
        >>> lengths = []
        >>> def count(problem):
        ...     lengths.append(len(problem.xs))
        ...     return choose(problem.graph, problem.xs.device).backend.run(problem)
        >>> with watched(count):
        ...     _ = segue.nn.Recurrent(segue.cells.gru, 2, 3)(torch.zeros(5, 1, 2))
        >>> lengths
        [5]
    """
    token = _watcher.set(by)
    try:
        yield
    finally:
        _watcher.reset(token)
