"""`segue train control`: policies with memory, and what often goes wrong with them."""

from pathlib import Path

import numpy as np
import pytest
import torch

gymnasium = pytest.importorskip("gymnasium")

from segue.data.minibatches import Plan  # noqa: E402
from segue.data.source import Source  # noqa: E402
from segue.data.worlds import View, World, Worlds  # noqa: E402
from segue.errors import DataError, OptionError, RunError  # noqa: E402
from segue.tasks import flow  # noqa: E402
from segue.tasks.control.policy import Policy, PolicyConfig  # noqa: E402
from segue.tasks.control.ppo import PPO, Apprentice  # noqa: E402
from segue.tasks.control.task import ControlTask  # noqa: E402
from segue.training import RunFolder, Silent  # noqa: E402
from segue.training.advantages import advantages  # noqa: E402

TASK = ControlTask()
QUICK = {"env": "segue/Recall-v0", "hidden": 16, "environments": 8, "rollout": 32}


class Recall(gymnasium.Env):
    """A sign is shown at the first of four steps; the last action must repeat it."""

    observation_space = gymnasium.spaces.Box(-1, 1, (1,))
    action_space = gymnasium.spaces.Discrete(2)
    defect = ""

    def reset(self, *, seed=None, options=None):  # type: ignore[no-untyped-def]
        super().reset(seed=seed)
        self.sign, self.at = int(self.np_random.integers(2)), 0
        return np.array([2.0 * self.sign - 1], np.float32), {}

    def step(self, action):  # type: ignore[no-untyped-def]
        self.at += 1
        if self.defect == "raises":
            raise ValueError("a wire is loose")
        reward = (
            float("nan") if self.defect == "nan" else float(self.at == 4 and action == self.sign)
        )
        return np.zeros(1, np.float32), reward, self.at == 4, False, {}


gymnasium.register("segue/Recall-v0", Recall, max_episode_steps=10)
gymnasium.register("segue/Short-v0", Recall, max_episode_steps=3)  # always ends by the time limit


def apprentice(**more: object) -> Apprentice:
    torch.manual_seed(0)
    config = PolicyConfig(observations=1, choices=(2,), start=(0,), single=True, hidden=8, **more)
    found = Apprentice(config, environments=4, longest=10)
    found.policy.count.fill_(1e12)  # statistics that stay as they are
    return found


def ppo(env: str, steps: int = 12) -> PPO:
    return PPO(View(env), 4, steps, 0.9, 0.0, 2, 0, (1, 2, 3))


@pytest.fixture(scope="module")
def run(tmp_path_factory):  # type: ignore[no-untyped-def]
    settings = TASK.about.settings.of({**QUICK, "steps": 5_000, "learning_rate": 0.01})
    return flow.train(TASK, Source.of(), settings, tmp_path_factory.mktemp("run") / "run", Silent())


def test_memory_solves_what_no_policy_without_it_can(run) -> None:  # type: ignore[no-untyped-def]
    assert run.scores.model.metrics["return"] > 0.95
    assert all(0.2 < method.metrics["return"] < 0.8 for method in run.scores.baselines)
    page = (run.run.path / "report.html").read_text()
    assert "Returns, sorted" in page
    assert "observation 0" in page
    _, loaded = flow.load(RunFolder.open(run.run.path))
    again, _ = flow.evaluate(TASK, loaded, Source.of(), print)
    assert again.details() == run.scores.details()
    answer = TASK.stream(loaded, None)
    assert [answer("1"), *(answer("0") for _ in range(3))][-1] == "1"
    told = "".join(TASK.perform(loaded, TASK.about.perform.of({"rate": 1000, "ticks": 30})))
    assert "deadlines missed" in told


def test_what_is_collected_resets_at_episodes_and_continues_between_rollouts() -> None:
    model, objective = apprentice(), ppo("segue/Recall-v0", steps=6)
    first, second = objective.collect(model, 0), objective.collect(model, 1)
    assert first.reset[:, 0].tolist() == [True, False, False, False, True, False]
    assert second.reset[:, 0].tolist() == [False, False, True, False, False, False]
    assert bool((second.state != 0).any())  # the memory goes on in the middle of an episode
    whole = torch.cat([first.observation, second.observation])
    reset = torch.cat([first.reset, second.reset])
    _, value, _ = model(whole, None, reset)
    _, later, _ = model(second.observation, tuple(second.state), second.reset)
    torch.testing.assert_close(value[6:], later, rtol=1e-3, atol=1e-3)
    alone, _, _ = model(whole[4:8], None, reset[4:8])  # nothing leaks over an episode's beginning
    together, _, _ = model(whole, None, reset)
    torch.testing.assert_close(alone, together[4:8])


def test_a_time_limit_is_no_end() -> None:
    """All rewards are 0 here, so what a cut step is worth is what was expected of the last view."""
    model, objective = apprentice(), ppo("segue/Short-v0", steps=6)
    with torch.no_grad():
        model.policy.critic.bias.fill_(5.0)
    found = objective.collect(model, 0)
    value = found.target - found.advantage
    assert found.reset[3].all()
    # target[2] is the reward plus gamma times the final view's value: about 0.9 * 5, not 0
    assert float(found.target[2].mean()) == pytest.approx(4.5, abs=1.0)
    ended = ppo("segue/Recall-v0", steps=6)
    other = apprentice()
    with torch.no_grad():
        other.policy.critic.bias.fill_(5.0)
    end = ended.collect(other, 0)
    assert float(end.target[3].mean()) < 3.0 + float(end.target[3].std())
    assert value.shape == (6, 4)


def test_minibatches_are_whole_sequences() -> None:
    model, objective = apprentice(), ppo("segue/Recall-v0")
    plan = Plan(rollouts=2, passes=3, parts=2)
    assert len(plan) == 12
    assert plan.batch(1, 7).tolist() == [3, 0, 1]
    step = objective.loss(model, plan.batch(0, 0), None)
    assert step.weight == 12 * 2  # all steps of half of the environments
    assert step.carry.observation.shape == (12, 4, 1)
    following = objective.loss(model, plan.batch(0, 1), step.carry)
    assert following.carry is step.carry


def test_advantages_stop_at_ends() -> None:
    ends = np.array([[False], [True], [False]])
    found = advantages(np.ones((3, 1)), np.zeros((3, 1)), np.full(1, 10.0), ends, 0.5)
    assert found[:, 0].tolist() == pytest.approx([1 + 0.5 * 0.95, 1.0, 6.0])


def test_environments_are_played_again_to_where_they_stood() -> None:
    view = View("CartPole-v1", frozenset({1, 3}))
    worlds, chance = Worlds(view, 2, seed=3), np.random.default_rng(0)
    worlds.begin()
    for _ in range(40):
        worlds.step(chance.integers(0, 2, (2, 1)).astype(np.float32))
    other = Worlds(view, 2, seed=3)
    past = [np.array(each).reshape(-1, 1) for each in worlds.past]
    np.testing.assert_array_equal(other.replay(worlds.episode, past), worlds.observation)


def test_a_killed_training_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    settings = TASK.about.settings.of({**QUICK, "env": "CartPole-v1", "steps": 1000, "seed": 2})

    class Killed(Silent):
        def __init__(self) -> None:
            self.seen = 0

        def epoch(self, *given, **named):  # type: ignore[no-untyped-def]
            self.seen += 1
            if self.seen == 3:
                raise KeyboardInterrupt

    whole = flow.train(TASK, Source.of(), settings, tmp_path / "whole", Silent())
    with pytest.raises(BaseException):  # noqa: B017, PT011
        flow.train(TASK, Source.of(), settings, tmp_path / "cut", Killed())
    rest = flow.resume(RunFolder.open(tmp_path / "cut"), Silent())
    ours, theirs = (each.prepared.model.state_dict() for each in (whole, rest))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert int(theirs["lost"]) == 0


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"env": "NoSuch-v0"}, "gymnasium makes no NoSuch-v0"),
        ({"env": "CartPole-v1", "hide": "7"}, "there is no observation 7"),
        ({"env": "CartPole-v1", "hide": "0,1,2,3"}, "all observations are hidden"),
        ({"env": "CartPole-v1", "hide": "x"}, "write numbers with commas"),
    ],
)
def test_what_cannot_be_asked_is_a_line(asked: dict[str, str], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        flow.prepare(TASK, Source.of(), TASK.about.settings.of(asked))


@pytest.mark.parametrize(
    ("defect", "words"), [("nan", "a reward of nan"), ("raises", "a wire is loose")]
)
def test_a_broken_environment_is_a_line(monkeypatch, defect: str, words: str) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(Recall, "defect", defect)
    world = World(View("segue/Recall-v0"))
    world.reset(0)
    with pytest.raises(DataError, match=words):
        world.step(np.zeros(1, np.float32))


def test_a_run_imports_no_module(run, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    _, loaded = flow.load(RunFolder.open(run.run.path))
    evil = loaded.record.model_copy(
        update={"settings": loaded.record.settings.model_copy(update={"env": "os:Recall-v0"})}
    )
    with pytest.raises(RunError, match="does not import by itself"):
        TASK.evaluation(type(loaded)(loaded.run, evil, loaded.model), Source.of(), print)


@pytest.mark.parametrize("config", [
    {"choices": (2, 3), "start": (0, 0)},
    {"low": (-2.0,), "high": (2.0,)},
])  # fmt: skip
def test_an_actor_says_what_its_policy_does(config: dict[str, object]) -> None:
    torch.manual_seed(1)
    policy = Policy(PolicyConfig(observations=3, hidden=8, **config))
    x = np.random.default_rng(0).normal(size=(6, 3))
    policy.see(x)
    said, _, _ = policy(torch.from_numpy(x)[:, None].float(), None, None)
    actor = policy.actor_of()
    spoken = np.stack([actor.said(actor.features(row)) for row in x])
    np.testing.assert_allclose(said[:, 0].detach().numpy(), spoken, atol=1e-5)
