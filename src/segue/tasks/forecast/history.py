"""What a finished training leaves for `predict`: the end of each series, and proof of the weights.

`history.safetensors` is written when the training is over. It checks itself, as a checkpoint does,
and holds the SHA-256 of `weights.safetensors`.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from segue.errors import RunError
from segue.tasks.forecast.data import Columns, Frequency, Panel, Series
from segue.training import RunFolder
from segue.training.checkpoint import DamagedError, from_bytes, to_bytes
from segue.training.files import write_whole

_ARRAYS = ("time", "target", "known", "past")


def history_path(run: RunFolder) -> Path:
    """Where a run keeps the end of each series."""
    return run.path / "history.safetensors"


def write_history(run: RunFolder, panel: Panel, steps: int) -> None:
    """Keep the last `steps` observed rows of each series, and the rows ahead that it has."""
    weights = hashlib.sha256(run.weights_path.read_bytes()).hexdigest()
    write_whole(history_path(run), to_bytes({"weights": weights, **_as_tree(panel, steps)}))


def read_history(run: RunFolder, columns: Columns, frequency: Frequency) -> tuple[Panel, bytes]:
    """The end of each series, and the content of `weights.safetensors`.

    Raises:
        RunError: the training has not finished, or a file is not what was written.
    """
    path = history_path(run)
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
    if hashlib.sha256(weights).hexdigest() != tree["weights"]:
        raise RunError(f"{run.weights_path}: is not what the training wrote: train again")
    return _from_tree(tree, columns, frequency), weights


def digest(panel: Panel) -> str:
    """SHA-256 of everything in a panel: two panels that are trained on alike have the same.

    >>> from segue.tasks.forecast.data import Unit
    >>> daily, weekly = (
    ...     Panel(Columns("t", ("y",)), Frequency(1, unit), ()) for unit in (Unit.DAY, Unit.WEEK)
    ... )
    >>> digest(daily) == digest(daily), digest(daily) == digest(weekly)
    (True, False)
    """
    step = panel.frequency
    names = [[s.id, list(s.static), [len(s.time), len(s.target)]] for s in panel.series]
    roles = [list(role) for role in panel.columns.roles()]
    head = [roles, [step.label, step.month_end], names, panel.filled]
    found = hashlib.sha256(json.dumps(head).encode())
    for series in panel.series:
        for name in _ARRAYS:
            found.update(np.ascontiguousarray(getattr(series, name)).tobytes())
    return found.hexdigest()


def _as_tree(panel: Panel, steps: int) -> dict[str, Any]:
    """The ends of all series, laid end to end."""
    first = [max(len(s.target) - steps, 0) for s in panel.series]
    ends = list(zip(panel.series, first, strict=True))
    arrays = {name: np.concatenate([getattr(s, name)[i:] for s, i in ends]) for name in _ARRAYS}
    return {
        **arrays,
        "time": arrays["time"].view(np.int64),
        "dates": arrays["time"].dtype.kind == "M",
        "series": [(s.id, s.static, len(s.target) - i, len(s.time) - i) for s, i in ends],
    }


def _from_tree(tree: dict[str, Any], columns: Columns, frequency: Frequency) -> Panel:
    time = tree["time"].view("datetime64[us]") if tree["dates"] else tree["time"]
    series, seen, all_seen = [], 0, 0
    for name, static, steps, times in tree["series"]:
        rows, with_ahead = slice(seen, seen + steps), slice(all_seen, all_seen + times)
        target, past, known = tree["target"][rows], tree["past"][rows], tree["known"][with_ahead]
        series.append(Series(name, time[with_ahead], target, known, past, static))
        seen, all_seen = seen + steps, all_seen + times
    return Panel(columns, frequency, tuple(series))
