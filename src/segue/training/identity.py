"""Which run a file belongs to, and under what it was trained."""

import platform
from dataclasses import dataclass
from typing import Any

import llvmlite
import llvmlite.binding
import numpy
import torch

from segue.errors import RunError
from segue.version import __version__


@dataclass(frozen=True)
class Identity:
    """The run that a file belongs to.

    Attributes:
        run: 32 random hexadecimal digits.
        config: SHA-256 of the run's config.json; empty where the run has none.
    """

    run: str
    config: str

    def metadata(self) -> dict[str, str]:
        """Return it as metadata of a safetensors file: one entry, so that its bytes are certain."""
        return {"run": f"{self.run} {self.config}".strip()}


def check_identity(found: dict[str, str], wanted: Identity | None, where: str) -> None:
    """Check that a file belongs to a run.

    Args:
        found: the file's metadata.
        wanted: the run; None for one of a version that gave runs no identity.
        where: the file, for the error.

    Raises:
        RunError: the file is another run's, or was written under another config.json.
    """
    run, _, config = found.get("run", "").partition(" ")
    if wanted is None:
        if run:
            raise RunError(
                f"{where}: belongs to a run with an id, but run.json is gone: restore it"
            )
    elif run != wanted.run:
        raise RunError(f"{where}: is another run's: put back the file of this one, or train again")
    elif config != wanted.config:
        raise RunError(
            f"{where}: was written under another config.json: put that one back, or train again"
        )


def environment(device: torch.device) -> dict[str, str]:
    """Return what the last bits of a training depend on, beside data, options and seed."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return {
        "threads": str(torch.get_num_threads()),
        "processor": f"{platform.machine()} {llvmlite.binding.get_host_cpu_name()}",
        "device": f"{device.type} {name}".strip(),
        "segue": __version__,
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "llvmlite": llvmlite.__version__,
    }


def differences(before: dict[str, Any], now: dict[str, str]) -> str:
    """Return in words what is not as it was; nothing where all is.

    >>> differences({"threads": "2", "torch": "2.13.0"}, {"threads": "4", "torch": "2.13.0"})
    'threads 4 (was 2)'
    """
    was = {name: " ".join(str(before[name]).split())[:40] for name in now if name in before}
    return ", ".join(
        f"{name} {now[name]} (was {was[name]})" for name in was if was[name] != now[name]
    )
