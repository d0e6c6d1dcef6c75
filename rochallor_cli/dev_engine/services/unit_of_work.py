"""Changes of one turn of the event loop share a transaction, and are answered after its commit."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from rochallor_cli.dev_engine.errors import internal_error
from rochallor_cli.dev_engine.services.decisions import CostlyDecision, Decided, knowing
from rochallor_cli.dev_engine.store.database import commit_together

logger = logging.getLogger("rochallor_cli.dev_engine")

T = TypeVar("T")

# Costly decisions at the same time: more would only take the loop's turns.
_THREADS = 2
# Of one piece of work; a second one is due where the question has changed meanwhile.
_MAX_DECISIONS_APART = 20


class UnitOfWork:
    """Collects what is to be done in this turn of the loop and does it in the next one.

    There is no await between BEGIN and COMMIT, so nothing else ever sees half a transaction.
    """

    def __init__(self, connection: sqlite3.Connection, *, after_commit: Callable[[], None]) -> None:
        self._connection = connection
        self._after_commit = after_commit
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._room_apart = asyncio.Semaphore(_THREADS)

    async def do(self, work: Callable[[], T]) -> T:
        """The result of the work, once it is committed; or its error, once it is undone.

        Work that needs a costly decision is done again when that has been made, while others are served.
        """
        decided: list[Decided] = []
        while True:
            try:
                return await self._committed(partial(_do_knowing, decided, work))
            except CostlyDecision as costly:
                if len(decided) >= _MAX_DECISIONS_APART:
                    raise internal_error("what this depends on keeps changing") from None
                async with self._room_apart:
                    decided.append(await _in_thread(costly.made))

    async def _committed(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self.flush)
        self._waiting.append((work, future))
        return await future

    def flush(self) -> None:
        """Do and commit all that waits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            results = commit_together(self._connection, [work for work, _ in waiting])
        except sqlite3.Error as error:
            logger.error("the database cannot be written: %s", error)
            results = [internal_error(f"the database cannot be written: {error}")] * len(waiting)
        except Exception as error:  # noqa: BLE001 - whoever waits must learn that the commit failed
            results = [error] * len(waiting)
        for (_, future), result in zip(waiting, results, strict=True):
            if future.cancelled():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._after_commit()


def _do_knowing(decided: Sequence[Decided], work: Callable[[], T]) -> T:
    with knowing(decided):
        return work()


async def _in_thread(call: Callable[[], T]) -> T:
    """The result of the call, made in a thread that ends with the process: nobody waits for it at a stop."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def settle(set_it: Callable[[Any], None], found: object) -> None:
        if not future.done():
            set_it(found)

    def run() -> None:
        try:
            ending = partial(settle, future.set_result, call())
        except Exception as error:  # noqa: BLE001 - whoever waits gets it
            ending = partial(settle, future.set_exception, error)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(ending)

    threading.Thread(target=run, name="costly decision", daemon=True).start()
    return await future
