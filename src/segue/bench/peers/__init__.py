"""What is measured, and whom it is measured against."""

from segue.bench.peers.compiled_loop import compiled
from segue.bench.peers.contestant import Contestant
from segue.bench.peers.jax_scan import lax_scan
from segue.bench.peers.loops import eager, segue
from segue.bench.peers.modules import module
from segue.bench.peers.onnx_runtime import onnx_runtime

SEGUE = Contestant("segue", (), segue)
TORCH_NN = Contestant("torch.nn", (), module)
EAGER = Contestant("eager loop", (), eager)
COMPILED = Contestant("torch.compile", (), compiled)
JAX = Contestant("JAX scan", ("jax",), lax_scan)
ONNX = Contestant("ONNX Runtime", ("onnxruntime", "onnx"), onnx_runtime)

PEERS = (TORCH_NN, EAGER, COMPILED, JAX, ONNX)
