"""The kernel that measures the peak does what is counted."""

import torch

from segue.bench import peak
from segue.engine.cpu import build, threads


def test_the_kernel_repeats_multiply_adds() -> None:
    lanes = build.host().lanes(torch.float32).count
    operands = torch.cat((torch.full((lanes,), 0.5), torch.full((lanes,), 1.0)))
    count = 3
    results = torch.full((count, 12, lanes), torch.nan)
    words = (0, count, 1, operands.data_ptr(), results.data_ptr())
    threads.run(peak._code().worker, words, 1)
    # Eight times x / 2 + 1, from 0, 1, 2 ...: 2 is its fixed point.
    wanted = 2 + (torch.arange(12.0) - 2) / 2**8
    assert torch.equal(results, wanted[None, :, None].expand_as(results))


def test_all_multiply_adds_are_in_the_code_and_none_is_moved_out() -> None:
    text = peak.write_peak(build.host())
    assert text.count("call <") == 12 * 8
    lanes = build.host().lanes(torch.float32).count
    assert peak.flops(2, 10) == 2 * 2 * 10 * 12 * 8 * lanes


def test_a_peak_has_a_rate_and_a_share() -> None:
    found = peak.measure(1, probes=3, seconds=0.001)
    assert found.gflops > 0
    assert 0 <= found.spread < 1
    assert found.share() > 0
