"""Ctrl-C and SIGTERM for commands that do not serve: both end them alike, with what there is to clean up and to say."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interruptions:
    """Both raise KeyboardInterrupt, once the command begins; what is ignored stays so.

    Before that they end the process as they end `cat`: a traceback of imports tells nobody anything.
    """

    def __init__(self) -> None:
        self.was_terminated = False
        self._are_pythons = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if self._are_pythons:
            signal.signal(signal.SIGINT, signal.SIG_DFL)

    def begin(self) -> None:
        if self._are_pythons:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminate)

    def end(self) -> None:
        """Die of SIGTERM after all, if it was one: who sent it is told so."""
        if self.was_terminated:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        # Not again: `timeout` sends it twice, to the process and to its group, and the second would end the clean-up.
        if not self.was_terminated:
            self.was_terminated = True
            raise KeyboardInterrupt


@contextmanager
def held_interruptions() -> Iterator[None]:
    """For a request whose answer the clean-up needs: what comes amid it is heard behind it, a second Ctrl-C at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    came: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        handler = before[signal.Signals(number)]
        if number == signal.SIGINT and number in came and callable(handler):
            handler(number, frame)
        came.append(number)

    held = [number for number, handler in before.items() if callable(handler)]
    try:
        for number in held:
            signal.signal(number, hold)
        yield
    finally:
        for number in held:
            signal.signal(number, before[number])
    if came:
        signal.raise_signal(came[0])
