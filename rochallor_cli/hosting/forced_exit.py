"""Leaving: a host that is done must be gone, whatever threads its handlers have left behind."""

from __future__ import annotations

import faulthandler
import logging
import os
import sys
import threading
import time
from collections.abc import Callable

from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.high_descriptors import out_of_reach
from rochallor_cli.hosting.logs.stderr_pipe import end_diversion

log = logging.getLogger("rochallor.host")

# What handlers' threads may still take after a clean drain.
PATIENCE_S = 2.0
FLUSH_S = 1.0
# All of that together, and what the interpreter takes to end.
LAST_S = 10.0


def exit_soon(status: ExitStatus) -> None:
    """End the process now when jobs were abandoned; else make sure that it ends soon.

    The interpreter joins threads that are no daemons and process pools, and calls what handlers have registered with
    atexit: for ever, if need be.
    """
    end_within(LAST_S)
    if status == ExitStatus.ABANDONED:
        _end(status)
    try:
        threading.Thread(target=_end_later, args=(status,), name="leaving", daemon=True).start()
    except RuntimeError:  # no thread is to be had
        _end(status)


def end_within(seconds: float) -> None:
    """End the process by then with status 1, whatever it does; a later call takes the place of an earlier one.

    For what no thread of Python's can end: C code that keeps the interpreter to itself, and an interpreter that ends,
    in which threads run no more while some `__del__` waits for one of them for ever. The timer is a thread in C.
    """
    try:
        # Never closed: the stacks go nowhere, since a pipe that nobody reads would hold them up.
        nowhere = out_of_reach(os.open(os.devnull, os.O_WRONLY))
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
    except (OSError, RuntimeError, OverflowError, ValueError):
        return  # no descriptor or no thread is to be had, or years are asked for


def _end_later(status: ExitStatus) -> None:
    time.sleep(PATIENCE_S)
    lingering = [
        thread.name
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.main_thread()
    ]
    what = (
        f"threads that handlers have started: {', '.join(lingering)}"
        if lingering
        else "what handlers left to do"
    )
    log.warning("leaving without waiting for %s", what)
    _end(status)


def _end(status: ExitStatus) -> None:
    _end_process_pools()
    # A handler may hold the lock of one of them for ever.
    for flush in (logging.shutdown, end_diversion, _flush_streams):
        _for_a_while(flush)
    os._exit(status)


def _for_a_while(call: Callable[[], None]) -> None:
    try:
        thread = threading.Thread(target=call, name="flushing", daemon=True)
        thread.start()
    except RuntimeError:  # no thread is to be had
        call()
        return
    thread.join(FLUSH_S)


def _flush_streams() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # a full disk or a reader that has gone: there is nothing more to do about it


def _end_process_pools() -> None:
    """Processes that handlers have started by multiprocessing wait for work of ours for ever."""
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is not None:
        for process in multiprocessing.active_children():
            process.terminate()
