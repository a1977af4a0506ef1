"""The parts that data are divided into, in the order of use."""

from enum import Enum


class Part(Enum):
    """What weights are fitted to, what they are chosen by, and what they are scored on."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
