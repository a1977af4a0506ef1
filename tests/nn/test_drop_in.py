"""segue.nn.RNN, LSTM and GRU against torch.nn's, on random configurations."""

import pytest
from drop_in_cases import Use, check_like_torch, uses
from hypothesis import HealthCheck, given, settings

pytestmark = pytest.mark.filterwarnings("ignore:.*oneDNN:UserWarning")
FIXED = settings(
    derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@settings(FIXED, max_examples=120)
@given(uses())
def test_like_torch(use: Use) -> None:
    check_like_torch(use)


@pytest.mark.long
@settings(FIXED, max_examples=2000)
@given(uses())
def test_like_torch_on_2000_configurations(use: Use) -> None:
    check_like_torch(use)
