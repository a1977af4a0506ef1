"""SIGTERM and SIGINT: finish the step, save, and only then stop."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupted(SystemExit):
    """Training was asked to stop, and has saved a checkpoint to resume from.

    It is a `SystemExit` with the status that shells give to the signal: 143 for SIGTERM, 130 for
    SIGINT. A script that does not catch it ends with that status and without a traceback.

    >>> Interrupted(signal.SIGTERM).code
    143
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = signal.Signals(number)


class SignalWatch:
    """Notes the first SIGTERM or SIGINT while it is entered; later ones change nothing.

    Outside the main thread, where Python allows no handlers, it notes nothing.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received is None:
            self.received = number

    def check(self) -> None:
        """Raise `Interrupted` when a signal came."""
        if self.received is not None:
            raise Interrupted(self.received)
