"""The engines a case can run on: the null engine, the dev engine, or one that runs already."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from benchmarks.process_usage import cpu_s, tree_of
from benchmarks.processes import Child, module_command
from benchmarks.wire import Wire

READY_S = 20.0
PAGE_SIZE = 1000
ROCHALLOR = ("-c", "from rochallor_cli.__main__ import main; main()")


@dataclass(frozen=True)
class Times:
    """When an instance was started and completed, by the engine's clock, in seconds of its epoch."""

    instance_id: str
    started_s: float
    completed_s: float

    @property
    def latency_ms(self) -> float:
        return (self.completed_s - self.started_s) * 1000


@dataclass(frozen=True)
class Engine:
    """A running engine: its kind (null, delayed, dev, url) and where it is. Of a dev engine of ours: its parent."""

    kind: str
    url: str
    parent_pid: int = 0

    @property
    def is_null(self) -> bool:
        """Whether it is the null engine, delayed or not, which counts what it is asked."""
        return self.kind in ("null", "delayed")

    @contextmanager
    def wire(self, connections: int = 1) -> Iterator[Wire]:
        with Wire(self.url, connections) as wire:
            yield wire

    def counts(self) -> dict[str, float]:
        """What the null engine counted; only it can."""
        with self.wire() as wire:
            return dict(wire.call("GET", "/null/counts"))

    def cpu_s(self) -> float:
        """CPU time that a dev engine of ours has used; NaN where the system has no /proc."""
        return cpu_s(tree_of(self.parent_pid)[1:])

    def set_endless(self, *, on: bool) -> None:
        with self.wire() as wire:
            wire.call("POST", "/null/endless", {"on": on})

    def active(self, definition_id: str) -> int:
        """How many instances of the definition are not finished."""
        query = urlencode({"definitionId": definition_id, "status": "ACTIVE", "pageSize": 1})
        with self.wire() as wire:
            return int(wire.call("GET", f"/v1/instances?{query}")["total"])

    def times(self, definition_id: str) -> list[Times]:
        """The times of all completed instances of the definition."""
        found: list[Times] = []
        with self.wire() as wire:
            page = 0
            while True:
                query = urlencode({"definitionId": definition_id, "page": page, "pageSize": PAGE_SIZE})
                items = wire.call("GET", f"/v1/instances?{query}")["items"] or []
                found += [_times(item) for item in items if item["status"] == "COMPLETED"]
                if len(items) < PAGE_SIZE:
                    return found
                page += 1


def _times(item: dict[str, Any]) -> Times:
    return Times(item["id"], seconds_of(item["startedAt"]), seconds_of(item["completedAt"]))


def seconds_of(text: str) -> float:
    # Nanoseconds are cut: datetime reads six digits only.
    head, dot, rest = text.replace("Z", "+00:00").partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{rest[len(digits) :]}"
    else:
        text = head
    return datetime.fromisoformat(text).timestamp()


@contextmanager
def null_engine(*, poll_delay_ms: float = 0.0, complete_delay_ms: float = 0.0) -> Iterator[Engine]:
    delays = (f"--poll-delay-ms={poll_delay_ms}", f"--complete-delay-ms={complete_delay_ms}")
    kind = "delayed" if poll_delay_ms or complete_delay_ms else "null"
    with Child(module_command("benchmarks.null_engine", *delays)) as child:
        yield Engine(kind, child.read()["url"])


@contextmanager
def dev_engine(*arguments: str) -> Iterator[Engine]:
    """`rochallor dev` in a process of its own, on a free port, in memory unless told otherwise."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    python = module_command("benchmarks.leash")[0]
    command = module_command("benchmarks.leash", python, *ROCHALLOR, "dev", "--port", str(port), *arguments)
    with Child(command) as child:
        wait_until_healthy(url, child)
        yield Engine("dev", url, parent_pid=child.pid)


def wait_until_healthy(url: str, child: Child) -> None:
    """Wait until the engine answers; raise when its process has ended, or after ``READY_S``."""
    deadline = time.monotonic() + READY_S
    while True:
        try:
            with Wire(url) as wire:
                wire.call("GET", "/healthz")
                return
        except OSError:
            child.check()
            if time.monotonic() > deadline:
                raise TimeoutError(f"no engine at {url} after {READY_S:.0f} s") from None
            time.sleep(0.02)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
