"""A resumed run is the run that was never stopped: every optimizer, every schedule."""

import pytest
import torch
from line_task import CrashError, Crashing, Line, kind, line_model, rows, train
from torch.optim import lr_scheduler
from training_toy import assert_same, final_state

from segue.errors import RunError
from segue.training import RunFolder, Step, Stopped

OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, 0.01, amsgrad=True),
    "adamw": lambda p: torch.optim.AdamW(p, torch.tensor(0.01), capturable=False, foreach=False),
    "adamax": lambda p: torch.optim.Adamax(p, 0.01),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.05),
    "adadelta": lambda p: torch.optim.Adadelta(p, 0.5),
    "adafactor": lambda p: torch.optim.Adafactor(p, 0.05),
    "asgd": lambda p: torch.optim.ASGD(p, 0.05, t0=3),
    "nadam": lambda p: torch.optim.NAdam(p, 0.01),
    "radam": lambda p: torch.optim.RAdam(p, 0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, centered=True, momentum=0.9),
    "rprop": lambda p: torch.optim.Rprop(p, 0.01),
    "lbfgs": lambda p: torch.optim.LBFGS(p, 0.5, max_iter=3, history_size=3),
    "fused": lambda p: torch.optim.Adam(p, 0.01, fused=True),
    "muon": lambda p: torch.optim.Muon([q for q in p if q.ndim == 2], 0.01),
    "groups": lambda p: torch.optim.SGD(
        [{"params": [q], "lr": 0.01 * i} for i, q in enumerate(p, 1)]
    ),
}

SCHEDULES = {
    "lambda": lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.9**step),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda step: 0.9),
    "step": lambda o: lr_scheduler.StepLR(o, 3),
    "multistep": lambda o: lr_scheduler.MultiStepLR(o, [3, 9]),
    "constant": lambda o: lr_scheduler.ConstantLR(o, 0.5, 4),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=9),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 15),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 15),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4),
    "onecycle": lambda o: lr_scheduler.OneCycleLR(o, 0.1, total_steps=15),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, 4),
    "plateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=10),
    "chained": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.5, 2), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "sequential": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=4), lr_scheduler.StepLR(o, 2)], [4]
    ),
}  # fmt: skip


def crash(path, at, **options):
    with pytest.raises(CrashError):
        train(path, objective=Crashing(at), **options)


OPTIONS = {"epochs": 3, "checkpoint_every": 2, "accumulate": 1}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer(tmp_path, name):
    options = OPTIONS | {"make": OPTIMIZERS[name]}
    train(tmp_path / "whole", **options)
    crash(tmp_path / "parts", 6, **options)
    train(tmp_path / "parts", **options)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule(tmp_path, name):
    options = OPTIONS | {
        "schedule": SCHEDULES[name],
        "make": lambda p: torch.optim.SGD(p, 0.05, 0.9),
    }
    train(tmp_path / "whole", **options)
    crash(tmp_path / "parts", 6, **options)
    crash(tmp_path / "parts", 6, **options)
    train(tmp_path / "parts", **options)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_a_longer_run_goes_on_as_if_it_had_been_long_from_the_start(tmp_path):
    train(tmp_path / "whole", epochs=4)
    train(tmp_path / "parts", epochs=2)
    _, result, _ = train(tmp_path / "parts", epochs=4)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))
    assert result.stopped is Stopped.finished


def test_a_finished_run_only_gives_its_result_again(tmp_path):
    _, first, _ = train(tmp_path)
    before = final_state(tmp_path)
    model, again, _ = train(tmp_path)
    assert first == again
    assert_same(before, final_state(tmp_path))
    assert torch.equal(model[0].weight, train(tmp_path)[0][0].weight)


def test_patience_is_remembered(tmp_path):
    class Worse(Line):
        def evaluate(self, model, check):
            return {"loss": 1.0}

    options = {"patience": 3, "epochs": 9}
    train(tmp_path / "whole", objective=Worse(), **options)
    train(tmp_path / "parts", objective=Worse(), patience=3, epochs=2)
    _, result, _ = train(tmp_path / "parts", objective=Worse(), **options)
    assert result.stopped is Stopped.patience
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def newest(run):
    return sorted(run.checkpoints_path.iterdir())[-1]


def test_a_damaged_checkpoint_costs_only_time(tmp_path, capsys):
    options = OPTIONS | {"make": OPTIMIZERS["adam"]}
    train(tmp_path / "whole", **options)
    crash(tmp_path / "parts", 9, **options)
    path = newest(RunFolder(tmp_path / "parts"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    train(tmp_path / "parts", **options)
    warning = capsys.readouterr().err
    assert path.name in warning
    assert warning.count("\n") == 1
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_a_torn_line_of_metrics_is_dropped(tmp_path):
    train(tmp_path / "whole", **OPTIONS)
    crash(tmp_path / "parts", 9, **OPTIONS)
    with RunFolder(tmp_path / "parts").metrics_path.open("a") as file:
        file.write('{"kind": "step", "st')
    train(tmp_path / "parts", **OPTIONS)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_metrics_that_lost_lines_are_noted(tmp_path, capsys):
    crash(tmp_path, 9, **OPTIONS)
    run = RunFolder(tmp_path)
    run.metrics_path.write_bytes(run.metrics_path.read_bytes()[:150])
    _, _, run = train(tmp_path, **OPTIONS)
    assert "metrics.jsonl: lines are missing" in capsys.readouterr().err
    assert kind(run, "epoch")[-1]["epoch"] == 3


def test_the_best_weights_survive_damage_of_their_file(tmp_path):
    model, _, run = train(tmp_path)
    run.weights_path.write_bytes(b"torn")
    again, _, _ = train(tmp_path)
    assert torch.equal(model[0].weight, again[0].weight)
    assert len(run.weights_path.read_bytes()) > 100


def test_best_weights_that_are_gone_are_one_line(tmp_path):
    _, _, run = train(tmp_path, epochs=2, objective=Line(), keep=1)
    _, _, run = train(tmp_path, epochs=3, objective=Fixed(), keep=1)
    run.weights_path.unlink()
    sorted(run.checkpoints_path.iterdir())[0].write_bytes(b"")
    with pytest.raises(RunError, match=r"weights\.safetensors: is not what was written"):
        train(tmp_path, epochs=3, keep=1)


class Fixed(Line):
    """Never as good as before."""

    def evaluate(self, model, check):
        return {"loss": 1e9}


def test_another_model_is_refused_in_one_line(tmp_path):
    train(tmp_path)
    with pytest.raises(RunError, match="do not fit the model") as error:
        train(tmp_path, model=torch.nn.Linear(3, 1).double())
    assert "\n" not in str(error.value)


def test_another_optimizer_is_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(RunError, match="does not fit this SGD"):
        train(tmp_path, make=OPTIMIZERS["groups"])


def test_another_number_of_batches_is_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(RunError, match="5 batches in an epoch, not 3"):
        train(tmp_path, source=rows(8))


def test_a_schedule_more_or_less_is_refused(tmp_path):
    train(tmp_path)
    with pytest.raises(RunError, match="another schedule"):
        train(tmp_path, schedule=SCHEDULES["step"])


def test_checkpoints_that_are_gone_are_an_error(tmp_path):
    _, _, run = train(tmp_path)
    for path in run.checkpoints_path.iterdir():
        path.unlink()
    with pytest.raises(RunError, match="checkpoints are gone"):
        train(tmp_path)


def test_a_run_that_was_killed_before_its_first_checkpoint_starts_again(tmp_path):
    train(tmp_path / "whole")
    RunFolder.create(tmp_path / "parts").write_config({})
    train(tmp_path / "parts")
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_the_carried_state_comes_back(tmp_path):
    class Carrying(Crashing):
        def loss(self, model, batch, carry):
            step = super().loss(model, batch, carry)
            extra = 0 if carry is None else carry[0].mean()
            return Step(step.loss + extra * model[0].bias.sum(), step.weight, (batch[0],))

    train(tmp_path / "whole", objective=Carrying(99), **OPTIONS)
    with pytest.raises(CrashError):
        train(tmp_path / "parts", objective=Carrying(7), **OPTIONS)
    train(tmp_path / "parts", objective=Carrying(99), **OPTIONS)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))


def test_initial_weights_come_from_the_first_checkpoint(tmp_path):
    train(tmp_path / "whole", **OPTIONS)
    crash(tmp_path / "parts", 0, **OPTIONS)
    other = line_model()
    with torch.no_grad():
        other[0].weight.zero_()
    train(tmp_path / "parts", model=other, **OPTIONS)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))
