"""The process in which `torch.compile` is tried; `segue.bench.peers.compiled_loop` begins it."""

import json

import torch

from segue.bench.entry import Entry
from segue.bench.peers.compiled_loop import here
from segue.bench.processes import messages, write


def _main() -> None:
    with messages() as (lines, out):
        first = json.loads(lines.readline())
        torch.set_num_threads(first["threads"])
        entry = Entry.from_json(first)
        try:
            runner = here(entry.work(), entry.task)
            runner.time(2)
        except Exception as error:  # whatever the compiler raises is its reason
            write(out, str(error).strip().partition("\n")[0] or type(error).__name__)
            return
        write(out, "ready")
        for line in lines:
            write(out, runner.time(json.loads(line)))


if __name__ == "__main__":
    _main()
