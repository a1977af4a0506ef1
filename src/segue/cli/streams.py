"""What the command reads and writes: streams that are closed, encodings that lack a letter."""

import os
import sys
from typing import TextIO

from segue.data.wording import one_line
from segue.errors import OptionError


def open_streams() -> None:
    """Put something where a stream is closed, so that no file of a run takes its place.

    Remarks to a closed stderr are dropped, and a closed stdin is empty.

    Raises:
        OptionError: stdout is closed, and results would be lost.
    """
    closed = sys.stdout is None
    lowest = os.open(os.devnull, os.O_RDWR)
    while lowest < 2:
        lowest = os.dup(lowest)
    if lowest > 2:
        os.close(lowest)
    sys.stdin = sys.stdin or open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or _writing(2)
    sys.stdout = sys.stdout or _writing(1)
    if closed:
        raise OptionError("standard output is closed, and results go there: leave out >&-")


def say(text: str) -> None:
    """A remark on stderr; what would steer a terminal is shown as text."""
    shown = "\n".join(one_line(line) for line in text.split("\n"))
    print(shown, file=sys.stderr)


def _writing(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", closefd=False)
