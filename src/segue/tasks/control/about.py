"""What people are told of control, and what they can ask of it."""

from segue.tasks.about import About, Demo
from segue.tasks.control.settings import ControlLive, ControlSettings

ABOUT = About(
    name="control",
    summary="A policy with memory for an environment of gymnasium, learned by reward.",
    description=(
        "Trains a recurrent policy by proximal policy optimisation (PPO), scores it on 100 seeds"
        " beside random and constant actions, and writes weights, metrics and report.html to the"
        " run's folder. --hide takes observations away, such as velocities, that the policy"
        " then has to remember; --memoryless trains one of as many parameters that does not."
    ),
    example="segue train control --env CartPole-v1 --hide 1,3 --steps 100000",
    data="",
    files=0,
    verb="Run it at a fixed rate",
    predicting="Act in the environment",
    prediction=(
        "Writes CSV to stdout: episode, step, action, reward, of ten episodes. With - each line of"
        " standard input is an observation, and is answered with an action at once."
    ),
    evaluating="Score it on 100 other seeds",
    settings=ControlSettings,
    perform=ControlLive,
    shown="control",
    demo=Demo(
        "",
        "A pole on a cart, of which only the places are seen and no velocity: a policy without"
        " memory keeps it up for some 50 of 500 steps.",
        {"env": "CartPole-v1", "hide": "1,3", "steps": 30_000},
        make=lambda folder: None,
    ),
)
