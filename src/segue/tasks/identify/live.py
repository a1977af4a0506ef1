"""A simulator that answers line by line."""

from __future__ import annotations

import numpy as np

from segue.data.ticks import numbers_of_line
from segue.nn.simulator import Simulator
from segue.tasks.identify.settings import IdentifySettings


class Live:
    """From a line with the inputs of a tick to a line with its outputs.

    Of a run with an encoder, the first lines hold the measured outputs as well, and are answered
    with these; of one that predicts one step ahead, every line ends with the outputs measured
    before it.
    """

    def __init__(self, model: Simulator, settings: IdentifySettings) -> None:
        self.stream, self.model, self.settings = model.stream(), model, settings
        self.told: list[list[float]] = []
        self.line = 0

    def __call__(self, line: str) -> str:
        """The outputs, with commas between.

        Raises:
            DataError: the line holds something else than the numbers that are needed.
        """
        self.line += 1
        telling = len(self.told) < self.model.told
        outputs = self.settings.output if telling or self.settings.one_step else ()
        values = numbers_of_line(line, self.line, (*self.settings.input, *outputs))
        if not telling:
            found = self.stream.step(np.array([values]))[0].tolist()
            return ",".join(f"{value:.7g}" for value in found)
        self.told.append(values)
        if len(self.told) == self.model.told:
            self.stream.begin(np.array(self.told).reshape(1, -1))
        return ",".join(f"{value:.7g}" for value in values[self.model.inputs :])
