"""What a worker makes its loop and the system do, counted from within: a count decides where time must not."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from workflow_sdk.runner.daemon_loop import DaemonLoop
from workflow_sdk.runner.shift import worker_run

# Start-up and leaving: connections, tasks and their end, the first sleeps.
LIFE = 80
# A look at the jobs in flight, some four times a second, which a slow machine makes more of.
TICKS_PER_S = 5


class CountingLoop(DaemonLoop):
    """Counts the futures, tasks, timers and callbacks that are made, and how often it waits for something."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self._counts = counts
        selector: Any = self._selector  # type: ignore[attr-defined]
        selector.select = self._counted("waits", selector.select)

    def _counted(self, name: str, function: Any) -> Any:
        def called(*arguments: Any) -> Any:
            self._counts[name] += 1
            return function(*arguments)

        return called

    def create_future(self) -> asyncio.Future[Any]:
        self._counts["futures"] += 1
        return super().create_future()

    def create_task(self, *arguments: Any, **options: Any) -> asyncio.Task[Any]:
        self._counts["tasks"] += 1
        return super().create_task(*arguments, **options)

    def call_at(self, *arguments: Any, **options: Any) -> asyncio.TimerHandle:
        self._counts["timers"] += 1
        return super().call_at(*arguments, **options)

    def _call_soon(self, *arguments: Any) -> asyncio.Handle:
        self._counts["callbacks"] += 1
        return super()._call_soon(*arguments)  # type: ignore[misc,no-any-return]


def counting_socket(counts: Counter[str], *, threads: str) -> type[socket.socket]:
    """A class of sockets that count the system calls carrying bytes, in threads whose name begins so.

    `writes` and `reads` are those of connections, `wakes` the bytes with which threads wake a loop.
    """

    class CountingSocket(socket.socket):
        """As any other."""

        def _count(self, name: str, size: int = 0) -> None:
            if threading.current_thread().name.startswith(threads):
                is_pair = self.family not in (socket.AF_INET, socket.AF_INET6)
                counts[{"writes": "wakes", "reads": "wakes read"}[name] if is_pair else name] += 1
                counts["bytes"] += 0 if is_pair else size

        def send(self, data: Any, *flags: int) -> int:
            self._count("writes", len(data))
            return super().send(data, *flags)

        def sendmsg(self, buffers: Any, *rest: Any) -> int:
            buffers = list(buffers)
            self._count("writes", sum(map(len, buffers)))
            return super().sendmsg(buffers, *rest)

        def recv(self, size: int, *flags: int) -> bytes:
            self._count("reads")
            return super().recv(size, *flags)

        def recv_into(self, *arguments: Any) -> int:
            self._count("reads")
            return super().recv_into(*arguments)

    return CountingSocket


def count_worker(monkeypatch: pytest.MonkeyPatch, worker_id: str) -> Counter[str]:
    """What the worker of this id will do on its loop; its threads are told by their names."""
    counts: Counter[str] = Counter()
    monkeypatch.setattr(worker_run, "DaemonLoop", lambda: CountingLoop(counts))
    monkeypatch.setattr(socket, "socket", counting_socket(counts, threads=f"{worker_id} "))
    return counts


@dataclass(frozen=True)
class Spent:
    """What a worker did in its life, and the requests that it was for."""

    counts: Counter[str]
    jobs: float
    polls: float
    took_s: float

    def is_within(self, name: str, *, per_job: float, per_poll: float = 0.0, per_tick: float = 0.0) -> bool:
        ticks = TICKS_PER_S * self.took_s
        return self.counts[name] <= per_job * self.jobs + per_poll * self.polls + per_tick * ticks + LIFE
