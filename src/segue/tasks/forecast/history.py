"""The end of each series, kept in the run so that `predict` needs no file."""

import json
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy

from segue.errors import RunError
from segue.tasks.forecast.data import Columns, Frequency, Panel, Series
from segue.tasks.forecast.frequency import Unit
from segue.training.files import write_whole
from segue.training.run import RunFolder

_ARRAYS = ("time", "target", "known", "past")


def tail(panel: Panel, steps: int) -> Panel:
    """The last `steps` observed rows of each series, with the rows ahead that it has."""
    series = []
    for s in panel.series:
        cut = max(len(s.target) - steps, 0)
        rest = slice(cut, None)
        series.append(
            Series(s.id, s.time[rest], s.target[rest], s.known[rest], s.past[rest], s.static)
        )
    return Panel(panel.columns, panel.frequency, tuple(series))


def save_panel(panel: Panel, path: Path) -> None:
    """Write a panel as one safetensors file: arrays as tensors, names as JSON."""
    tensors = {}
    for i, series in enumerate(panel.series):
        for name in _ARRAYS:
            values = np.ascontiguousarray(getattr(series, name))
            tensors[f"{i}.{name}"] = values.view(np.int64) if name == "time" else values
    names = {
        "dates": all(s.time.dtype.kind == "M" for s in panel.series),
        "frequency": frequency_as_json(panel.frequency),
        "series": [[s.id, list(s.static)] for s in panel.series],
    }
    data = safetensors.numpy.save(tensors, {"panel": json.dumps(names)})
    write_whole(path, data)


def load_panel(path: Path, columns: Columns) -> Panel:
    """Read what `save_panel` wrote.

    Raises:
        RunError: the file is missing or damaged.
    """
    try:
        with safetensors.safe_open(path, "np") as file:
            names = json.loads(file.metadata()["panel"])
            series = []
            for i, (name, static) in enumerate(names["series"]):
                time, target, known, past = (file.get_tensor(f"{i}.{a}") for a in _ARRAYS)
                if names["dates"]:
                    time = time.view("datetime64[us]")
                series.append(Series(name, time, target, known, past, tuple(static)))
            return Panel(columns, frequency_from_json(names["frequency"]), tuple(series))
    except (OSError, KeyError, ValueError, safetensors.SafetensorError) as error:
        raise RunError(f"{path}: cannot be read ({error}); train again") from error


def frequency_as_json(frequency: Frequency) -> tuple[int, str, bool]:
    """Step, name of the unit, month end."""
    return frequency.step, frequency.unit.name, frequency.month_end


def frequency_from_json(values: tuple[int, str, bool]) -> Frequency:
    """What `frequency_as_json` was given."""
    step, unit, month_end = values
    return Frequency(step, Unit[unit], month_end)


def history_path(run: RunFolder) -> Path:
    """Where a run keeps the end of each series."""
    return run.path / "history.safetensors"
