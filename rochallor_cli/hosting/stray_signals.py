"""Signals that nobody has asked the host for anything by, and that would end it: a job's alarm, a profiler's timer, a
SIGUSR2 meant for another program, the SIGPIPE that a module has given its default back.

All signals that end a process by default are taken, whatever their names, but for those that report a crash and
SIGQUIT, which people send to have a core file. What handlers' modules have set stays theirs. It runs in the main
thread, where no job does, so what it raises is said and ends nothing.
"""

from __future__ import annotations

import atexit
import logging
import signal
import threading
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

log = logging.getLogger("rochallor.host")

_CRASHES = ("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGEMT")
_NOT_TO_BE_TAKEN = ("SIGKILL", "SIGSTOP", "SIGQUIT")
_ENDING_NOTHING = ("SIGCHLD", "SIGURG", "SIGWINCH", "SIGCONT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGINFO")


def _named(*names: str) -> set[int]:
    return {getattr(signal, name) for name in names if hasattr(signal, name)}


ENDING = frozenset(signal.valid_signals() - _named(*_CRASHES, *_NOT_TO_BE_TAKEN, *_ENDING_NOTHING))


class StraySignals:
    """Takes them, and says once of each that it came. To be used in the main thread."""

    def __init__(self, wake: Callable[[], None] = lambda: None) -> None:
        self._wake = wake
        self._taken: set[int] = set()
        self._guards: list[Callable[..., None]] = []
        self._news: list[tuple[int, str]] = []
        self._said: set[tuple[int, str]] = set()
        atexit.register(self._ignore)

    def take(self, *, but: Collection[int] = ()) -> None:
        """All but those the caller has a use for; once before handlers are imported, and once after."""
        for number in ENDING.difference(but):
            found = signal.getsignal(number)
            if found == signal.SIG_DFL or isinstance(getattr(found, "__self__", None), StraySignals):
                self._set(number, self._on_stray)
            elif callable(found) and found not in self._guards:
                guard = self._guarded(found)
                self._guards.append(guard)
                self._set(number, guard)

    def say(self) -> None:
        """What has come since the last time; a signal handler itself must not log."""
        while self._news:
            # One more may be noted between any two steps here, at the end: what comes first is what is taken away.
            number, raised = self._news[0]
            self._said.add((number, raised))
            del self._news[0]
            if raised:
                log.warning(
                    "the handler that a module has set for %s raised %s in the main thread, where no job runs: "
                    "it ends nothing",
                    _name_of(number),
                    raised,
                )
            else:
                log.warning("%s came, which asks nothing of a worker host: passed over", _name_of(number))

    def end(self) -> None:
        """They stay taken, since a job's timer may go off until the process has ended; nobody is woken any more."""
        self._wake = lambda: None

    def _ignore(self) -> None:
        """The interpreter ends: it gives each signal with a handler its default back."""
        for number in self._taken:
            signal.signal(number, signal.SIG_IGN)

    def forget(self) -> None:
        """In a process that a handler has forked: it dies by a signal as everybody expects."""
        for number in self._taken:
            if signal.getsignal(number) == self._on_stray:
                signal.signal(number, signal.SIG_DFL)

    def _set(self, number: int, handler: Callable[..., None]) -> None:
        signal.signal(number, handler)
        self._taken.add(number)
        # What a handler waits for in C code goes on.
        signal.siginterrupt(number, False)

    def _on_stray(self, number: int, frame: FrameType | None) -> None:
        self._note(number, "")

    def _guarded(self, handler: Callable[..., Any]) -> Callable[..., None]:
        def run(number: int, frame: FrameType | None) -> None:
            try:
                handler(number, frame)
            except BaseException as error:  # noqa: BLE001 - sys.exit in it must not end the host either
                self._note(number, type(error).__name__)

        return run

    def _note(self, number: int, raised: str) -> None:
        # A timer of a millisecond may be at work: it is news once, and wakes nobody afterwards.
        news = (number, raised)
        if news not in self._said and news not in self._news:
            self._news.append(news)
            self._wake()


def off_main_thread(use_faulthandler: Callable[[], object]) -> None:
    """Call what gives its thread faulthandler's stack for signals, in a thread that ends.

    That stack is a small one: of five signals that come at once each is handled within the one before, and the process
    dies of it. The main thread, which gets them, has its own stack for that.
    """
    raised: list[BaseException] = []

    def call() -> None:
        try:
            use_faulthandler()
        except BaseException as error:  # noqa: BLE001 - raised again in the caller
            raised.append(error)

    try:
        thread = threading.Thread(target=call, name="faulthandler", daemon=True)
        thread.start()
    except RuntimeError:  # no thread is to be had
        use_faulthandler()
        return
    thread.join()
    if raised:
        raise raised[0]


def _name_of(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}" if hasattr(signal, "SIGRTMIN") else f"signal {number}"
