"""What people are told of identification, and what they can ask of it."""

from pathlib import Path

from segue.tasks.about import About, Demo
from segue.tasks.identify.settings import IdentifySettings


def _tanks(folder: Path) -> None:
    from segue.data.tanks import write_tanks

    write_tanks(folder / "tanks.csv", 4000)


ABOUT = About(
    name="identify",
    summary="A simulator of a system, from its measured inputs and outputs.",
    description=(
        "Trains a model that turns the inputs of a system into its outputs, without ever seeing a"
        " measured output on the way; scores it on held-back records beside the mean and a linear"
        " model (ARX by least squares), and writes weights, metrics and report.html to the run's"
        " folder."
    ),
    example="segue train identify motor.csv --input voltage --output speed --time seconds",
    data=(
        "A table with a row for each sample: CSV, TSV, JSON lines, Parquet, NumPy's .npy and .npz,"
        " MATLAB's .mat."
    ),
    verb="Simulate",
    predicting="Simulate the system",
    prediction=(
        "Writes CSV to stdout: experiment, sample, and each output. FILE has the inputs, and, where"
        " the run needs them to begin with (--encoder) or at each step (--one-step), the outputs."
        " With - each line of standard input is the inputs at a tick, and is answered at once."
    ),
    evaluating="Score it on other experiments",
    settings=IdentifySettings,
    demo=Demo(
        "tanks.csv",
        "Two tanks, one above the other: water is pumped into the upper one, and the level of the"
        " lower one is measured, with noise. Made by simulation on the spot.",
        {"input": ("pump",), "output": ("level",), "time": "seconds", "epochs": 12},
        make=_tanks,
    ),
)
