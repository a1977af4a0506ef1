"""The task control: how it answers the questions of `segue.tasks.task`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from segue.data.playing import at_random, constants, play
from segue.data.source import Source
from segue.data.splits import Part
from segue.data.worlds import Floats, View, actions_of, made, observed
from segue.errors import OptionError, RunError
from segue.insight.report import Section
from segue.tasks.control.about import ABOUT
from segue.tasks.control.live import Live, at_rate
from segue.tasks.control.pages import pages
from segue.tasks.control.playing import returns_of, watched
from segue.tasks.control.policy import PolicyConfig
from segue.tasks.control.ppo import LONGEST, Apprentice
from segue.tasks.control.prepared import VALIDATION, Place, Prepared
from segue.tasks.control.record import ControlRun, TrainSettings
from segue.tasks.control.scores import ControlScores, compare
from segue.tasks.control.settings import ControlLive, ControlSettings
from segue.tasks.task import Loaded, Note, Task, Trained
from segue.training import RunFolder

TEST = range(1_000_000, 1_000_100)
"""The seeds that are scored on."""

_EPOCHS = 12
_EPISODES = 10


class ControlTask(Task[ControlSettings, Place, ControlRun, Prepared, Loaded]):
    """A policy with memory for an environment, learned by reward."""

    about = ABOUT
    Record = ControlRun

    def read(
        self, source: Source, settings: ControlSettings, record: ControlRun | None = None
    ) -> Place:
        """The environment, which is made once to see that it can be."""
        view = _view(settings)
        env = made(view.env)
        observed(env, view)
        actions_of(env, view.env)
        return Place(view)

    def build(
        self,
        data: Place,
        settings: ControlSettings,
        source: str,
        record: ControlRun | None = None,
    ) -> Prepared:
        """The policy for the environment's observations and actions."""
        env = made(data.view.env)
        actions = actions_of(env, data.view.env)
        if record is None:
            config = PolicyConfig(
                observations=len(observed(env, data.view)),
                choices=actions.choices,
                start=actions.start,
                low=actions.low,
                high=actions.high,
                single=actions.single,
                cell=settings.cell,
                hidden=settings.hidden or 64,
                memoryless=settings.memoryless,
            )
            limit = None if env.spec is None else env.spec.max_episode_steps
            training = _training(settings, bool(actions.choices), limit or LONGEST)
        else:
            config, training = record.model, record.training
        model = Apprentice(config, settings.environments, training.longest)
        return Prepared(source, settings, data, config, model, training)

    def score(self, prepared: Prepared, part: Part) -> ControlScores:
        """Play with the policy and with the baselines, on the same seeds."""
        view, policy = prepared.data.view, prepared.model.policy
        seeds = list(TEST if part is Part.TEST else VALIDATION)
        actions = policy.config.actions
        name = f"{'no memory' if policy.config.memoryless else policy.config.cell} (segue)"
        returns = {
            name: returns_of(view, policy.actor_of(len(seeds)), seeds),
            "random": play(view, at_random(actions, len(seeds), 0), seeds),
        }
        for called, action in constants(actions).items():
            held = np.repeat(action[None], len(seeds), 0)
            returns[f"always {called}"] = play(view, partial(_same, held), seeds)
        return compare(name, returns, memoryless=policy.config.memoryless)

    def load(self, run: RunFolder, record: ControlRun, artifact: dict[str, Any]) -> Loaded:
        """The policy."""
        model = Apprentice(record.model, record.settings.environments, record.training.longest)
        return Loaded(run, record, model)

    def evaluation(self, loaded: Loaded, source: Source, note: Note) -> Prepared:
        """The same environment, on the seeds that are scored on."""
        record = loaded.record
        place = Place(_trusted(loaded, None))
        return Prepared("", record.settings, place, record.model, loaded.model, record.training)

    def predict(
        self, loaded: Loaded, source: Source | None, asked: Any, note: Note
    ) -> Iterator[tuple[int, int, list[float]]]:
        """Actions of ten episodes: the episode, the step, the action."""
        if source is not None:
            raise OptionError("a policy acts in its environment: name no file, or -")
        view = _trusted(loaded, None)
        for episode in range(_EPISODES):
            _, actions, _ = watched(view, loaded.model.policy, TEST[episode])
            for step, action in enumerate(actions):
                native = loaded.model.policy.config.actions.native(action)
                yield episode, step, np.atleast_1d(native).tolist()

    def write(self, result: Any, asked: Any, *, first: bool) -> str:
        """CSV."""
        episode, step, action = result
        names = ",".join(f"action_{n}" for n in range(len(action)))
        head = f"episode,step,{names}\n" if first else ""
        return f"{head}{episode},{step},{','.join(f'{value:.7g}' for value in action)}\n"

    def stream(self, loaded: Loaded, asked: Any) -> Callable[[str], str]:
        """From an observation to an action."""
        return Live(loaded.model.policy)

    def perform(self, loaded: Loaded, asked: ControlLive) -> Iterator[str]:
        """Act at a fixed rate, and tell how the time was kept."""
        view = _trusted(loaded, asked.env)
        return at_rate(loaded.model.policy, view, asked.rate, asked.ticks, TEST[0])

    def pages(self, trained: Trained) -> tuple[Sequence[Section], str]:
        """How it learned, what it is worth, and an episode."""
        return pages(trained.prepared, trained.scores, trained.run)


def _same(action: Floats, seen: Floats) -> Floats:
    return action


def _view(settings: ControlSettings) -> View:
    return View(
        settings.env, settings.hidden_ones, settings.flicker, settings.delay, settings.repeat
    )


def _trusted(loaded: Loaded, named: str | None) -> View:
    """The environment of a run, or another that was named; a run names no module to import.

    Raises:
        OptionError: it has other observations or actions than the policy.
        RunError: the run's is of a module.
    """
    view, config = _view(loaded.record.settings), loaded.record.model
    if named is None and ":" in view.env:
        raise RunError(
            f"{loaded.run.path}: its environment is of a module, which a run does not import by"
            f" itself: name it with segue control RUN --env {view.env}"
        )
    view = view if named is None else view._replace(env=named)
    env = made(view.env)
    if len(observed(env, view)) != config.observations or (
        actions_of(env, view.env) != config.actions
    ):
        raise OptionError(f"env: {view.env} has other observations or actions than the policy's")
    return view


def _training(settings: ControlSettings, chooses: bool, limit: int) -> TrainSettings:
    each = settings.environments * settings.rollout
    rollouts = max(1, -(-settings.steps // each))
    epochs = min(settings.epochs or _EPOCHS, rollouts)
    entropy = 0.01 if chooses else 0.0
    return TrainSettings(
        learning_rate=settings.learning_rate or 1e-3,
        weight_decay=0.0,
        batch_size=max(1, settings.environments // 4),
        epochs=epochs,
        clip_norm=0.5,
        rollouts=max(1, round(rollouts / epochs)),
        entropy=entropy if settings.entropy is None else settings.entropy,
        longest=max(1, min(LONGEST, limit)),
    )
