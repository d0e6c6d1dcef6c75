"""Telling systemd how the service is: READY=1, WATCHDOG=1, STOPPING=1, over its datagram socket."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping


class SystemdNotifier:
    """Speaks to the socket in NOTIFY_SOCKET; without one every call does nothing.

    Every state is sent once with each text; the watchdog at a third of the interval that systemd asks for.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = _address_from(environ.get("NOTIFY_SOCKET", ""))
        self._watchdog_s = _watchdog_interval_s(environ)
        self._watchdog_due = 0.0
        self._said: set[str] = set()

    def ready(self, status: str) -> None:
        """The start is over; once it was, another status takes the place of the last."""
        self._say_once("READY=1", status)

    def stopping(self, status: str) -> None:
        self._say_once("STOPPING=1", status)

    def live(self) -> None:
        """To be called often while the host is live; sends WATCHDOG=1 when it is due."""
        if self._watchdog_s is None or time.monotonic() < self._watchdog_due:
            return
        self._watchdog_due = time.monotonic() + self._watchdog_s / 3
        self._send("WATCHDOG=1")

    def _say_once(self, state: str, status: str) -> None:
        # What stands in a line of its own would be a state.
        text = f"{state}\nSTATUS={' '.join(status.split())}"
        if text not in self._said:
            self._said.add(text)
            self._send(text)

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(1.0)
            try:
                sender.sendto(text.encode(), self._address)
            except OSError:
                # systemd being away or slow is no reason to stop working on jobs.
                return


def _address_from(name: str) -> str | None:
    if name.startswith("@"):
        return "\0" + name[1:]  # a name in Linux's abstract namespace
    return name if name.startswith("/") else None


def _watchdog_interval_s(environ: Mapping[str, str]) -> float | None:
    microseconds = environ.get("WATCHDOG_USEC", "")
    meant_for = environ.get("WATCHDOG_PID", "")
    if not microseconds.isdigit() or (meant_for and meant_for != str(os.getpid())):
        return None
    return int(microseconds) / 1_000_000
