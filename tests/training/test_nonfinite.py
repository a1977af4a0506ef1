"""What is not finite is named, never best, and followed by the stated policy."""

import json
import math

import pytest
import torch
from line_task import CrashError, Line, Losses, X, Y, kind, line_model, rows, train
from torch.optim import lr_scheduler
from training_toy import assert_same, final_state

from segue.data.sampling import Rows
from segue.training import NonFiniteError, Step


class Bad(Line):
    """Gives a loss that is not finite at some calls."""

    def __init__(self, *calls, per_time=None):
        self.calls = set(calls)
        self.per_time = per_time
        self.call = 0

    def loss(self, model, batch, carry):
        step = super().loss(model, batch, carry)
        self.call += 1
        if self.call in self.calls:
            return Step(step.loss * math.nan, step.weight, per_time=self.per_time)
        return step


def test_stop_names_the_step_and_leaves_the_checkpoint_before_it(tmp_path):
    with pytest.raises(NonFiniteError) as error:
        train(tmp_path, objective=Bad(8), epochs=3)
    line = str(error.value)
    assert "step 8, epoch 2: the loss is not finite" in line
    assert str(tmp_path / "checkpoints" / "step-00000005.safetensors") in line
    assert "\n" not in line
    train(tmp_path / "whole", epochs=3)
    train(tmp_path, epochs=3)
    assert_same(final_state(tmp_path / "whole")["trees"], final_state(tmp_path)["trees"])


def test_the_time_step_is_named(tmp_path):
    per_time = torch.tensor([1.0, 2.0, math.inf, math.nan])
    with pytest.raises(NonFiniteError, match="first at time step 2"):
        train(tmp_path, objective=Bad(1, per_time=per_time))
    _, line = map(json.loads, (tmp_path / "metrics.jsonl").read_text().splitlines())
    assert line == {
        "kind": "nonfinite", "step": 1, "epoch": 1, "what": "loss", "parameter": None, "time": 2,
        "input": None, "action": "stop",
    }  # fmt: skip


def test_the_input_is_named(tmp_path):
    x = X.clone()
    x[4, 1] = math.inf
    source = Rows(lambda index: {"x": (x[index], Y[index])}, len(x), 22, 0, shuffle=False)

    class Nested(Line):
        def loss(self, model, batch, carry):
            return super().loss(model, batch["x"], carry)

    with pytest.raises(NonFiniteError, match=r"batch\['x'\]\[0\]\[4, 1\] is not finite"):
        train(tmp_path, objective=Nested(), source=source)


def test_the_carried_state_is_named(tmp_path):
    class Poisoned(Line):
        def loss(self, model, batch, carry):
            step = super().loss(model, batch, carry)
            state = torch.zeros(2, 3)
            state[1, 2] = math.nan
            before = 0.0 if carry is None else carry["h"].sum()
            return Step(step.loss + before, step.weight, {"h": state})

    with pytest.raises(NonFiniteError, match=r"step 2.*carry\['h'\]\[1, 2\] is not finite"):
        train(tmp_path, objective=Poisoned())


@pytest.mark.filterwarnings("error")
def test_a_first_step_that_is_skipped_gives_no_warning(tmp_path):
    schedule = {"schedule": lambda o: lr_scheduler.StepLR(o, 1, 0.5)}
    train(tmp_path, objective=Bad(1), non_finite="skip", **schedule)


def test_a_weight_that_is_not_finite_is_named(tmp_path):
    model = line_model()
    with torch.no_grad():
        model[2].bias.fill_(math.nan)
    with pytest.raises(NonFiniteError, match=r"weight 2\.bias is not finite"):
        train(tmp_path, model=model)


class BadGradient(Line):
    """The loss is finite, but not its gradient."""

    def loss(self, model, batch, carry):
        step = super().loss(model, batch, carry)
        zero = (model[2].weight * 0).sum()
        return Step(step.loss + torch.sqrt(zero), step.weight)


def test_the_parameter_of_a_gradient_is_named(tmp_path):
    with pytest.raises(NonFiniteError, match=r"the gradient of parameter 2\.weight is not finite"):
        train(tmp_path, objective=BadGradient())
    assert kind_of(tmp_path) == [("gradient", "2.weight", "stop")]


def kind_of(path):
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    return [(m["what"], m["parameter"], m["action"]) for m in lines if m["kind"] == "nonfinite"]


def test_metrics_are_strict_json(tmp_path):
    def refuse(constant):
        raise AssertionError(constant)

    _, _, run = train(tmp_path, objective=Losses(math.nan, 1.0), non_finite="skip")
    for line in run.metrics_path.read_text().splitlines():
        json.loads(line, parse_constant=refuse)


def test_skip_leaves_the_step_out_and_drops_the_state(tmp_path):
    carried = []

    class Carrying(Bad):
        def loss(self, model, batch, carry):
            carried.append(None if carry is None else int(carry))
            step = super().loss(model, batch, carry)
            return Step(step.loss, step.weight, torch.tensor(len(carried)))

    weights = []

    def make(params):
        optimizer = torch.optim.Adam(params, 0.01)
        optimizer.register_step_post_hook(lambda *_: weights.append(1))
        return optimizer

    schedule = {"schedule": lambda o: lr_scheduler.StepLR(o, 1, 0.5), "make": make}
    _, result, run = train(tmp_path, objective=Carrying(2), non_finite="skip", **schedule)
    assert carried[:5] == [None, 1, None, 3, 4]
    assert len(weights) == 9
    assert result.steps == 10
    assert [line["step"] for line in kind(run, "step")][:3] == [1, 3, 4]
    assert kind(run, "step")[1]["lr"] == 0.01 / 4
    assert kind_of(tmp_path) == [("loss", None, "skip")]


def test_an_epoch_without_one_finite_step_stops(tmp_path):
    with pytest.raises(NonFiniteError, match="epoch 2: no step was finite"):
        train(tmp_path, objective=Bad(*range(6, 99)), non_finite="skip", epochs=9)


def test_rollback_goes_on_behind_the_failure_with_the_old_weights(tmp_path):
    """As a run that begins with the checkpoint's weights at the batch after the failure."""
    seen = []

    class Watching(Bad):
        def loss(self, model, batch, carry):
            seen.append((batch[0], [p.detach().clone() for p in model.parameters()]))
            return super().loss(model, batch, carry)

    options = {"make": lambda p: torch.optim.Adam(p, 0.01), "checkpoint_every": 2, "epochs": 2}
    _, result, _ = train(tmp_path, objective=Watching(4), non_finite="rollback", **options)
    for a, b in zip(seen[2][1], seen[4][1], strict=True):
        assert torch.equal(a, b)  # step 5 begins where step 3 did, at the checkpoint of step 2
    assert len(seen) == 10
    assert len({tuple(x.flatten().tolist()) for x, _ in seen[:5]}) == 5
    assert result.steps == 10
    assert kind_of(tmp_path) == [("loss", None, "rollback")]


def test_rollback_keeps_the_schedule_in_step(tmp_path):
    options = {"schedule": lambda o: lr_scheduler.StepLR(o, 1, 0.5), "checkpoint_every": 3}
    _, _, run = train(tmp_path, objective=Bad(5), non_finite="rollback", **options)
    for line in kind(run, "step"):
        assert line["lr"] == 0.05 * 0.5 ** (line["step"] - 1)


def test_rollbacks_are_bounded(tmp_path):
    with pytest.raises(NonFiniteError, match="step 4, epoch 1"):
        train(tmp_path, objective=Bad(2, 3, 4), non_finite="rollback", rollbacks=2)
    assert [action for _, _, action in kind_of(tmp_path)] == ["rollback", "rollback", "stop"]


@pytest.mark.parametrize("policy", ["skip", "rollback"])
def test_a_killed_run_with_failures_resumes_to_the_bit(tmp_path, policy):
    class ByBatch(Line):
        """Fails on two certain batches."""

        left = 99

        def loss(self, model, batch, carry):
            self.left -= 1
            if self.left < 0:
                raise CrashError
            step = super().loss(model, batch, carry)
            bad = float(batch[0].sum()) in failing
            return Step(step.loss * (math.inf if bad else 1), step.weight)

    failing = [float(rows().batch(*at)[0].sum()) for at in ((0, 3), (1, 2))]
    options = {"non_finite": policy, "checkpoint_every": 3, "epochs": 3}
    train(tmp_path / "whole", objective=ByBatch(), **options)
    for steps in (2, 4, 5, 6):
        objective = ByBatch()
        objective.left = steps
        with pytest.raises(CrashError):
            train(tmp_path / "parts", objective=objective, **options)
    train(tmp_path / "parts", objective=ByBatch(), **options)
    assert_same(final_state(tmp_path / "whole"), final_state(tmp_path / "parts"))
    assert len(kind_of(tmp_path / "whole")) == 2


def test_a_validation_loss_that_is_not_finite_is_never_best(tmp_path):
    losses = Losses(math.nan, 3.0, -math.inf, 5.0)
    _, result, run = train(tmp_path, objective=losses, epochs=4, non_finite="skip")
    assert (result.best_epoch, result.best_loss) == (2, 3.0)
    assert [line["loss"] for line in kind(run, "epoch")] == [None, 3.0, None, 5.0]
    assert kind_of(tmp_path) == [("validation loss", None, "not best")] * 2


def test_a_validation_loss_that_is_not_finite_stops_where_the_policy_says_so(tmp_path):
    with pytest.raises(NonFiniteError, match="epoch 2: the validation loss is not finite"):
        train(tmp_path, objective=Losses(1.0, math.nan, 0.0), epochs=3)


def test_a_run_whose_validation_loss_was_never_finite_has_no_best(tmp_path):
    with pytest.raises(NonFiniteError, match="no epoch had a finite validation loss"):
        train(tmp_path, objective=Losses(math.nan, math.nan), non_finite="skip")
    assert not (tmp_path / "weights.safetensors").exists()


def test_an_optimizer_with_a_closure_does_not_ruin_the_weights(tmp_path):
    class Cliff(Line):
        """Not finite once the weights have moved."""

        start = None

        def loss(self, model, batch, carry):
            step = super().loss(model, batch, carry)
            weights = model[0].weight.detach()
            self.start = weights.clone() if self.start is None else self.start
            bad = not torch.equal(weights, self.start)
            return Step(step.loss * (math.nan if bad else 1), step.weight)

    make = {"make": lambda p: torch.optim.LBFGS(p, 0.5, max_iter=4)}
    with pytest.raises(NonFiniteError, match="epoch 1: no step was finite"):
        train(tmp_path, objective=Cliff(), non_finite="skip", epochs=1, **make)
