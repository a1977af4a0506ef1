"""One cycle of the learning rate, for any number of steps."""

import pytest
import torch
from torch import nn

from segue.tasks.recipe import cycle


@pytest.mark.parametrize("rising", [0.1, 0.25, 0.3, 0.5])
def test_every_number_of_steps_has_a_cycle(rising: float) -> None:
    for steps in range(1, 40):
        optimizer = torch.optim.AdamW(nn.Linear(1, 1).parameters(), lr=1.0)
        schedule = cycle(optimizer, 1.0, steps, rising, turning=True)
        rates = [schedule.get_last_lr()[0]]
        for _ in range(steps):
            optimizer.step()
            schedule.step()
            rates.append(schedule.get_last_lr()[0])
        assert 0 < max(rates) <= 1 + 1e-9
        assert rates[-1] < 1e-3
        assert rates.index(max(rates)) <= max(1, rising * steps + 1)
