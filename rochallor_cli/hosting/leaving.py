"""Leaving: a host that is done must be gone, whatever threads its handlers have left behind."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

from rochallor_cli.exit_status import ExitStatus

log = logging.getLogger("rochallor.host")

# What handlers' threads may still take after a clean drain.
PATIENCE_S = 2.0


def exit_soon(status: ExitStatus) -> None:
    """End the process now when jobs were abandoned; else make sure that it ends soon.

    The interpreter waits for threads that are no daemons when it ends, for ever if need be.
    """
    if status == ExitStatus.ABANDONED:
        _end(status)
    lingering = [
        thread.name
        for thread in threading.enumerate()
        if not thread.daemon and thread is not threading.main_thread()
    ]
    if lingering:
        threading.Thread(target=_end_later, args=(status, lingering), name="leaving", daemon=True).start()


def _end_later(status: ExitStatus, lingering: list[str]) -> None:
    time.sleep(PATIENCE_S)
    log.warning("leaving without waiting for threads that handlers have started: %s", ", ".join(lingering))
    _end(status)


def _end(status: ExitStatus) -> None:
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue  # a full disk or a reader that has gone: there is nothing more to do about it
    os._exit(status)
