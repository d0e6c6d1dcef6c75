"""DaemonLoop: how other threads wake it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter

import pytest

from support.counted_work import CountingLoop, counting_socket
from workflow_sdk.runner.daemon_loop import DaemonLoop

THREADS, CALLS = 4, 3_000


def test_a_loop_that_is_awake_is_not_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()
    monkeypatch.setattr(socket, "socket", counting_socket(counts, threads="waking"))
    called: list[int] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            for number in range(CALLS):
                loop.call_soon_threadsafe(called.append, number)

        thread = threading.Thread(target=wake, name="waking")
        thread.start()
        thread.join()  # all the while the loop is in this very line
        await asyncio.sleep(0)

    with asyncio.Runner(loop_factory=lambda: CountingLoop(counts)) as runner:
        runner.run(main())
    assert called == list(range(CALLS))
    assert counts["wakes"] == 0


def test_a_loop_that_sleeps_is_woken_by_each_of_many_threads_for_ever() -> None:
    """Each thread waits until its last call was made: were one of them lost, it would wait for ever."""
    called = Counter[int]()

    async def main() -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            if called.total() == THREADS * CALLS:
                ended.set()

        def wake(number: int) -> None:
            came = threading.Lock()

            def call() -> None:
                called[number] += 1
                came.release()

            came.acquire()
            for _ in range(CALLS):
                loop.call_soon_threadsafe(call)
                came.acquire()
            loop.call_soon_threadsafe(end)

        threads = [threading.Thread(target=wake, args=[number], daemon=True) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        async with asyncio.timeout(120):
            await ended.wait()

    with asyncio.Runner(loop_factory=DaemonLoop) as runner:
        runner.run(main())
    assert set(called.values()) == {CALLS}
