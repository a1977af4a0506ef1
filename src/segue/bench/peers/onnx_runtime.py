"""ONNX Runtime on its own LSTM, GRU and RNN operators, weights given beforehand; inference only."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from segue.bench.configs import Pass, Rows, Work
from segue.bench.peers.contestant import LeftOut, Numbers, Ready

_OPSET, _IR = 17, 10

# For each cell: the operator, where each of its gates lies in ours, and what else it is told.
_OPERATORS: Mapping[str, tuple[str, tuple[int, ...], Mapping[str, int]]] = MappingProxyType(
    {
        "lstm": ("LSTM", (0, 3, 1, 2), {}),  # i o f g
        "gru": ("GRU", (1, 0, 2), {"linear_before_reset": 1}),  # z r n
        "rnn": ("RNN", (0,), {}),
    }
)


def onnx_runtime(work: Work, task: Pass, threads: int) -> Ready:
    """The operator's graph in a session of so many threads."""
    if task is Pass.TRAINING:
        raise LeftOut("it has no backward pass")
    if work.cell.name not in _OPERATORS:
        raise LeftOut(f"ONNX has no operator for {work.cell.name}")
    if work.config.rows is Rows.RESETS:
        raise LeftOut("its operators have no resets")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Its threads spin while it runs, and leave the cores to the next contestant afterwards.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(
        _model(work), options, providers=["CPUExecutionProvider"]
    )
    given = {"xs": work.xs.numpy()}
    if work.lengths is not None:
        given["lengths"] = work.lengths.to(torch.int32).numpy()

    def numbers() -> Numbers:
        return (torch.from_numpy(session.run(None, given)[0]),)

    return Ready(lambda: session.run(None, given), numbers)


def _model(work: Work) -> bytes:
    from onnx import TensorProto, checker, helper, numpy_helper

    operator, order, attributes = _OPERATORS[work.cell.name]
    gates = _reorder(len(order), order)
    p = work.params
    first = p["bias_ih"] if "bias_ih" in p else p["bias"]
    second = p.get("bias_hh", torch.zeros_like(first))
    weights = {
        "w": gates(p["weight_ih"])[None],
        "r": gates(p["weight_hh"])[None],
        "b": torch.cat((gates(first), gates(second)))[None],
        "axis": torch.tensor([1]),
    }
    T, B = work.config.time, work.config.batch
    D, H = work.config.input, work.config.hidden
    inputs = [helper.make_tensor_value_info("xs", TensorProto.FLOAT, [T, B, D])]
    if work.lengths is not None:
        inputs.append(helper.make_tensor_value_info("lengths", TensorProto.INT32, [B]))
    named = ["xs", "w", "r", "b", *(["lengths"] if work.lengths is not None else [])]
    nodes = [
        helper.make_node(operator, named, ["y"], hidden_size=H, **attributes),
        helper.make_node("Squeeze", ["y", "axis"], ["ys"]),
    ]
    graph = helper.make_graph(
        nodes,
        operator,
        inputs,
        [helper.make_tensor_value_info("ys", TensorProto.FLOAT, [T, B, H])],
        [numpy_helper.from_array(each.numpy(), name) for name, each in weights.items()],
    )
    opsets = [helper.make_opsetid("", _OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR)
    checker.check_model(model)
    text: bytes = model.SerializeToString()
    return text


def _reorder(count: int, order: tuple[int, ...]) -> Callable[[Tensor], Tensor]:
    def gates(stacked: Tensor) -> Tensor:
        parts = stacked.chunk(count)
        return torch.cat([parts[place] for place in order]).contiguous()

    return gates
