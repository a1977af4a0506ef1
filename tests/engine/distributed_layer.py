"""One process of two that train a layer; run by test_operator.py."""

import faulthandler
import sys

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from segue import cells
from segue.nn import Recurrent


def main(rendezvous: str, rank: int, processes: int) -> None:
    distributed.init_process_group("gloo", init_method=rendezvous, rank=rank, world_size=processes)
    torch.manual_seed(0)
    layer = Recurrent(cells.gru, 3, 5, dtype=torch.float64)
    x = torch.randn(4, 2 * processes, 3, dtype=torch.float64)
    shared = DistributedDataParallel(layer)
    shared(x[:, rank::processes])[0].square().mean().backward()
    found = [param.grad.clone() for param in layer.parameters()]
    wanted = torch.autograd.grad(layer(x)[0].square().mean(), list(layer.parameters()))
    torch.testing.assert_close(tuple(found), wanted)
    print("equal", flush=True)
    # Whoever leaves first can cut off the other: both stay until the test ends them.
    sys.stdin.read()


faulthandler.dump_traceback_later(100)
main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
