"""What torch's compilers are told about the drop-ins, which are torch's modules by inheritance."""

from typing import Any, NoReturn

from torch import nn

from segue.errors import ScanError, SegueError


def let_dynamo_trace(kind: type[nn.Module]) -> None:
    """Let `torch.compile` trace modules of this type as it traces any other module.

    It refuses every subclass of `torch.nn.RNN`, `LSTM` and `GRU`, since it would unroll torch's own
    recurrence. What is computed by `scan` is one operator to it. The switch that lifts the refusal
    (`torch._dynamo.config.allow_rnn`) is on while such a module is looked at, and at no other time:
    torch's own modules are treated as before.

    The table of types is private to torch. Where it is not to be found, torch's refusal stands.

    Raises:
        SegueError: there is no folder for temporary files, which torch's compiler looks for.
    """
    try:
        from torch._dynamo import config
        from torch._dynamo.variables.builder import VariableBuilder

        table = VariableBuilder._type_dispatch
    except (ImportError, AttributeError):
        return
    except FileNotFoundError as error:  # of `tempfile`, which has looked everywhere
        raise SegueError(
            f"torch needs a folder for temporary files, and none can be written ({error.strerror});"
            " set TMPDIR to one"
        ) from None

    def wrap(builder: Any, module: nn.Module) -> Any:
        with config.patch(allow_rnn=True):
            return builder.wrap_module(module)

    for trace_numpy in (True, False):  # there is one table for each
        with config.patch(trace_numpy=trace_numpy):
            table()[kind] = wrap


def refuse_script(module: nn.Module) -> NoReturn:
    """Refuse `torch.jit.script`.

    Raises:
        ScanError: always.
    """
    raise ScanError(
        f"{type(module).__name__}: TorchScript has no place for a cell; use"
        " torch.export.export(model, args) or torch.compile(model)"
    )
