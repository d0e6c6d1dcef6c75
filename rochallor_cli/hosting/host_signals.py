"""The signals a host obeys: SIGINT and SIGTERM, counted (the first drains, the second leaves), quiet, and stacks."""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from types import FrameType, TracebackType
from typing import Any, Self

from rochallor_cli.errors import StopRequested
from rochallor_cli.hosting.self_pipe import Waker
from rochallor_cli.hosting.stray_signals import StraySignals, off_main_thread

log = logging.getLogger("rochallor.host")

STOPPING = (signal.SIGINT, signal.SIGTERM)
# A closed terminal stops a worker too.
ALL_STOPPING = (*STOPPING, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else []))


QUIETING = (signal.SIGTSTP, signal.SIGCONT) if hasattr(signal, "SIGTSTP") else ()


class HostSignals:
    """Counts the signals that mean stop, keeps the last word on quiet, and wakes whoever waits on it.

    The handlers only count and write to a pipe: anything else (locks, logging) may deadlock with the code
    they interrupt. They are put back on exit. A process forked by a handler gets the system's defaults,
    so that it dies by a signal as everybody expects and does not count one here. Without `dump_stacks` SIGUSR1 only
    asks for stacks: they are to be one record of a log.
    """

    def __init__(self, *, dump_stacks: bool = True) -> None:
        self._dump_stacks = dump_stacks
        self._dumps_stacks = False
        self.count = 0
        self.stacks_wanted = False
        # SIGTSTP asks for quiet, SIGCONT ends it.
        self.is_quiet = False
        self._first = self._last = 0
        self._has_terminal = False
        self._waker = Waker()
        self._before: dict[int, Any] = {}
        self._own: dict[int, Callable[[int, FrameType | None], None]] = {}
        self._strays = StraySignals(self.wake)
        self._interrupts = False

    def __enter__(self) -> Self:
        self._has_terminal = _has_terminal()
        self._own = {
            **dict.fromkeys(self._stopping_signals(), self._on_stop),
            **dict.fromkeys(QUIETING, self._on_quiet),
        }
        if hasattr(signal, "SIGUSR1"):
            self._own[signal.SIGUSR1] = self._on_stacks
        for number, handler in self._own.items():
            self._before[number] = signal.signal(number, handler)
        self._dumps_stacks = self._dump_stacks and _dump_stacks_first()
        self._strays.take(but=self._own)
        os.register_at_fork(after_in_child=self._forget)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._strays.end()
        if hasattr(signal, "SIGUSR1") and self._dumps_stacks:
            faulthandler.unregister(signal.SIGUSR1)
        for number, handler in self._before.items():
            # None: a handler that was not installed from Python cannot be put back from here.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._before.clear()
        self._waker.close()

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """While handlers are imported a signal ends the import at once, by StopRequested: no job is running yet."""
        self._interrupts = True
        try:
            if self.count:
                raise StopRequested
            yield
        finally:
            self._interrupts = False
            self._take_again()

    def say_strays(self) -> None:
        """Say of signals that the host has no use for that they came."""
        self._strays.say()

    def _take_again(self) -> None:
        """An imported module may have put its own handlers in the place of ours, or blocked the signals."""
        taken = [number for number, handler in self._own.items() if signal.getsignal(number) != handler]
        for number in taken:
            signal.signal(number, self._own[number])
        if hasattr(signal, "SIGUSR1") and self._dumps_stacks:
            faulthandler.unregister(signal.SIGUSR1)
            signal.signal(signal.SIGUSR1, self._on_stacks)
            self._dumps_stacks = _dump_stacks_first()
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._own)
        self._strays.take(but=self._own)
        say_taken_again(taken)

    @property
    def has_hung_up(self) -> bool:
        """Whether it was SIGHUP that means stop, where no terminal was closed: whoever sent it wants a restart."""
        return self._first == getattr(signal, "SIGHUP", None) and not self._has_terminal

    @property
    def hint(self) -> str:
        """How to end the wait that the first signal began, in words."""
        return "Ctrl-C again to leave them" if self._last == signal.SIGINT else "A second signal leaves them"

    def wait(self, timeout_s: float, *, others: Sequence[int] = ()) -> None:
        """Sleep until a signal comes, one of `others` is readable, or the time is over."""
        self._waker.wait(timeout_s, others=others)

    def wake(self) -> None:
        """End a running `wait`; from any thread."""
        self._waker.wake()

    @staticmethod
    def _stopping_signals() -> list[signal.Signals]:
        # nohup lets a closed terminal be ignored, and so do we then.
        ignored = [number for number in ALL_STOPPING if signal.getsignal(number) == signal.SIG_IGN]
        return [number for number in ALL_STOPPING if number in STOPPING or number not in ignored]

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        self._first, self._last = self._first or number, number
        self.wake()
        if self._interrupts:
            self._interrupts = False
            raise StopRequested

    def _on_quiet(self, number: int, frame: FrameType | None) -> None:
        self.is_quiet = number == signal.SIGTSTP
        self.wake()

    def _on_stacks(self, number: int, frame: FrameType | None) -> None:
        self.stacks_wanted = True
        self.wake()

    def _forget(self) -> None:
        self._strays.forget()
        for number in self._before:
            default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, default)


def say_taken_again(numbers: Collection[int]) -> None:
    """Signals for which a module had set its own handlers."""
    if numbers:
        names = ", ".join(signal.Signals(number).name for number in sorted(numbers))
        log.warning(
            "a module of handlers has set handlers for %s: the host obeys these signals itself", names
        )


def _has_terminal() -> bool:
    """Whether this process has a controlling terminal, whose end would be told by SIGHUP."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _dump_stacks_first() -> bool:
    """Stacks are printed by faulthandler, even while Python code hangs; then our own handler runs."""
    if not hasattr(signal, "SIGUSR1"):
        return False
    try:
        off_main_thread(
            partial(faulthandler.register, signal.SIGUSR1, file=sys.stderr, all_threads=True, chain=True)
        )
    except (OSError, ValueError, AttributeError, RuntimeError):
        # Stderr is no file, or a module has set it to None: jobs in flight are logged all the same.
        return False
    return True
