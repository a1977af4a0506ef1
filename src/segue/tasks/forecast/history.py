"""The end of each series, as a tree of arrays: what `predict` goes on from."""

from typing import Any

import numpy as np

from segue.tasks.forecast.data import ARRAYS, Columns, Frequency, Panel, Series


def to_tree(panel: Panel, steps: int) -> dict[str, Any]:
    """The last `steps` observed rows of each series and the rows ahead, laid end to end."""
    first = [max(len(s.target) - steps, 0) for s in panel.series]
    ends = list(zip(panel.series, first, strict=True))
    arrays = {name: np.concatenate([getattr(s, name)[i:] for s, i in ends]) for name in ARRAYS}
    return {
        **arrays,
        "time": arrays["time"].view(np.int64),
        "dates": arrays["time"].dtype.kind == "M",
        "series": [(s.id, s.static, len(s.target) - i, len(s.time) - i) for s, i in ends],
    }


def from_tree(tree: dict[str, Any], columns: Columns, frequency: Frequency) -> Panel:
    """What `to_tree` was given, cut to those rows."""
    time = tree["time"].view("datetime64[us]") if tree["dates"] else tree["time"]
    series, seen, all_seen = [], 0, 0
    for name, static, steps, times in tree["series"]:
        rows, with_ahead = slice(seen, seen + steps), slice(all_seen, all_seen + times)
        target, past, known = tree["target"][rows], tree["past"][rows], tree["known"][with_ahead]
        series.append(Series(name, time[with_ahead], target, known, past, static))
        seen, all_seen = seen + steps, all_seen + times
    return Panel(columns, frequency, tuple(series))
