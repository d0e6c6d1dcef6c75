"""Histories of thousands of instances, over the few connections that jobs are reported by: a fifth of the cost each."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from workflow_sdk.errors import EngineUnreachableError

if TYPE_CHECKING:
    from workflow_sdk.client.connection import Connection

_JOIN_S = 5.0


@contextmanager
def many_histories(connection: Connection) -> Iterator[ManyHistories]:
    """Asks while the block runs; whoever waits for an answer at its end gets an error."""
    histories = ManyHistories(connection)
    try:
        yield histories
    finally:
        histories.close()


class ManyHistories:
    """Called with an id it is `RestEngineClient.get_instance_history`, from any thread, with the same errors.

    No exchange is shown to anybody: where requests are to be seen (-v), ask by the client.
    """

    def __init__(self, connection: Connection) -> None:
        from workflow_sdk.client.http_channel import HttpChannel

        self._url = connection.url
        self._channel = HttpChannel(connection, worker_id="", lease_seconds=0)
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="histories", daemon=True)
        self._thread.start()

    def __call__(self, instance_id: str) -> list[dict[str, Any]]:
        # Nothing is given to a loop that has ended: nobody would ever answer.
        with self._lock:
            if self._is_closed:
                raise EngineUnreachableError("not asked any more", url=self._url, was_sent=False)
            answer = asyncio.run_coroutine_threadsafe(self._channel.history(instance_id), self._loop)
        return answer.result()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_JOIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_JOIN_S)
        self._loop.close()

    async def _end(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._channel.close()
