"""StopSignals: the first SIGTERM or SIGINT begins to drain, the second leaves the jobs."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

# What stands where a program has installed nothing.
_OF_NOBODY = (signal.SIG_DFL, signal.default_int_handler)


class StopSignals:
    """Takes the signals over for a `with` block, and puts the old handlers back.

    Does nothing where Python allows no handlers: outside of the main thread. With `spares_handled` a signal that the
    program handles itself, or ignores, stays as it is.
    """

    def __init__(
        self, *, first: Callable[[str], None], second: Callable[[], None], spares_handled: bool = False
    ) -> None:
        self._first = first
        self._second = second
        self._spares_handled = spares_handled
        self._seen = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                if self._spares_handled and signal.getsignal(number) not in _OF_NOBODY:
                    continue
                self._before[number] = signal.signal(number, self._received)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._before.items():
            # None: a handler that was not installed from Python cannot be put back from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _received(self, number: int, frame: FrameType | None) -> None:
        self._seen += 1
        if self._seen == 1:
            self._first(
                "Ctrl-C again to leave them" if number == signal.SIGINT else "A second signal leaves them"
            )
        else:
            self._second()
