"""The tasks by name. A name that a run folder holds is looked up here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from segue.data.wording import shorten
from segue.errors import RunError

if TYPE_CHECKING:
    from segue.tasks.about import About, Demo
    from segue.tasks.task import AnyTask


class Entry(NamedTuple):
    """A task that can be brought: what it needs is imported when it is asked for."""

    summary: str
    about: Callable[[], About]
    task: Callable[[], AnyTask]
    command: str = ""  # what `segue NAME RUN` does, where the task has such a command


def _about_forecast() -> About:
    from segue.tasks.forecast.about import ABOUT

    return ABOUT


def _forecast() -> AnyTask:
    from segue.tasks.forecast.task import ForecastTask

    return ForecastTask()


def _about_classify() -> About:
    from segue.tasks.classify.about import ABOUT

    return ABOUT


def _classify() -> AnyTask:
    from segue.tasks.classify.task import ClassifyTask

    return ClassifyTask()


def _about_tag() -> About:
    from segue.tasks.tag.about import ABOUT

    return ABOUT


def _tag() -> AnyTask:
    from segue.tasks.tag.task import TagTask

    return TagTask()


def _about_generate() -> About:
    from segue.tasks.generate.about import ABOUT

    return ABOUT


def _generate() -> AnyTask:
    from segue.tasks.generate.task import GenerateTask

    return GenerateTask()


def _about_translate() -> About:
    from segue.tasks.translate.about import ABOUT

    return ABOUT


def _translate() -> AnyTask:
    from segue.tasks.translate.task import TranslateTask

    return TranslateTask()


def _about_transcribe() -> About:
    from segue.tasks.transcribe.about import ABOUT

    return ABOUT


def _transcribe() -> AnyTask:
    from segue.tasks.transcribe.task import TranscribeTask

    return TranscribeTask()


def _about_identify() -> About:
    from segue.tasks.identify.about import ABOUT

    return ABOUT


def _identify() -> AnyTask:
    from segue.tasks.identify.task import IdentifyTask

    return IdentifyTask()


def _about_recommend() -> About:
    from segue.tasks.recommend.about import ABOUT

    return ABOUT


def _recommend() -> AnyTask:
    from segue.tasks.recommend.task import RecommendTask

    return RecommendTask()


def _about_control() -> About:
    from segue.tasks.control.about import ABOUT

    return ABOUT


def _control() -> AnyTask:
    from segue.tasks.control.task import ControlTask

    return ControlTask()


EXTRAS = {
    "mido": "music",
    "polars": "forecast",
    "regex": "classify",
    "tokenizers": "classify",
    "PIL": "classify",
    "sacrebleu": "translate",
    "rapidfuzz": "translate",
    "kaldi_native_fbank": "transcribe",
    "soundfile": "transcribe",
    "soxr": "transcribe",
    "scipy": "identify",
    "gymnasium": "control",
    "h5py": "identify",
}
"""The extra of this package that brings a library."""

TASKS = {
    "forecast": Entry("Time series: prices, weather, sales.", _about_forecast, _forecast),
    "classify": Entry(
        "One class for each text, series, image or row of numbers.", _about_classify, _classify
    ),
    "tag": Entry("A tag for each word of a sentence.", _about_tag, _tag),
    "generate": Entry(
        "Text or music, written a unit at a time: a language model of your own files.",
        _about_generate,
        _generate,
        "Write a text or a piece of music with a language model.",
    ),
    "translate": Entry(
        "Sentences to translations, words to pronunciations, forms to forms.",
        _about_translate,
        _translate,
    ),
    "transcribe": Entry(
        "Speech to text, whole recordings or live; or which of a few words was said.",
        _about_transcribe,
        _transcribe,
        "Listen to a microphone, with a run that hears speech.",
    ),
    "identify": Entry(
        "A simulator of a system, from its measured inputs and outputs.",
        _about_identify,
        _identify,
    ),
    "control": Entry(
        "A policy with memory for an environment of gymnasium, learned by reward.",
        _about_control,
        _control,
        "Act in an environment at a fixed rate.",
    ),
    "recommend": Entry(
        "What comes next, from a log of what people did.", _about_recommend, _recommend
    ),
}


def demos() -> dict[str, tuple[str, Demo]]:
    """All demos by the word after `segue demo`, each with the name of its task.

    >>> demos()["music"][0]
    'generate'
    """
    told = {name: entry.about() for name, entry in TASKS.items()}
    first = {name: (name, about.demo) for name, about in told.items()}
    more = {word: (name, demo) for name, about in told.items() for word, demo in about.more.items()}
    return first | more


def named(name: object, where: str = "") -> AnyTask:
    """The task of that name.

    Args:
        name: what somebody wrote.
        where: what stands before the error.

    Raises:
        RunError: there is none.

    >>> named("forecast").name
    'forecast'
    """
    return TASKS[known(name, where)].task()


def known(name: object, where: str = "") -> str:
    """The name, if there is a task of that name.

    Raises:
        RunError: there is none.
    """
    if not isinstance(name, str) or name not in TASKS:
        given = shorten(name if isinstance(name, str) else repr(name))
        raise RunError(f"{where}task: must be one of {', '.join(TASKS)}, not {given}")
    return name
