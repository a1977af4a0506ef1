from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def memory_full_of_nan() -> Iterator[None]:
    """Let `torch.empty` give NaN, so that what is read before it is written is seen."""
    torch.use_deterministic_algorithms(True, warn_only=True)
    yield
    torch.use_deterministic_algorithms(False)
