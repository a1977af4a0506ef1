"""A process that waits for another one, and is asked to stop meanwhile."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from torch.distributed import distributed_c10d
from torch.nn.parallel import distributed as parallel

GRACE = 5.0
"""Seconds that an exchange with other processes may still take after a signal."""
_LOOK = 0.25  # seconds from one look to the next


@contextmanager
def stoppable(end: Callable[[int], None], grace: float = GRACE) -> Iterator[None]:
    """Obey SIGTERM and SIGINT also while an exchange with other processes does not return.

    Python's own handlers run between two of its instructions, and none comes while the main
    thread waits in a collective for a process that hangs. A thread then calls `end`.

    Args:
        end: takes the signal's number, on that thread; it ends the process.
        grace: seconds that one exchange may still take after the signal.

    Must be entered on the main thread; elsewhere it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    before = signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    left = threading.Event()
    thread = threading.Thread(target=_watch, args=(reads, left, end, grace), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        left.set()
        os.write(writes, b"\0")
        thread.join()
        os.close(reads)
        os.close(writes)


def _watch(reads: int, left: threading.Event, end: Callable[[int], None], grace: float) -> None:
    number = 0
    while number not in (signal.SIGTERM, signal.SIGINT):
        number = os.read(reads, 1)[0]
        if left.is_set():
            return
    seen, since = _exchange(), time.monotonic()
    while not left.wait(_LOOK):
        now = _exchange()
        if now is None or now != seen:
            seen, since = now, time.monotonic()
        elif time.monotonic() - since > grace:
            end(number)


def _exchange() -> tuple[int, int] | None:
    """The exchange that the main thread is in, if it is in one."""
    frame: FrameType | None = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        code = frame.f_code
        synchronises = code.co_filename == parallel.__file__ and "sync" in code.co_name
        if code.co_filename == distributed_c10d.__file__ or synchronises:
            return id(frame), frame.f_lasti
        frame = frame.f_back
    return None
