"""Changes of one turn of the event loop share a transaction, and are answered after its commit."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from rochallor_cli.dev_engine.errors import internal_error
from rochallor_cli.dev_engine.services.decisions import CostlyDecision, Decided, knowing
from rochallor_cli.dev_engine.services.offloading import Offloading
from rochallor_cli.dev_engine.store.database import commit_together

logger = logging.getLogger("rochallor_cli.dev_engine")

T = TypeVar("T")

# Of one piece of work; a second one is due where the question has changed meanwhile.
_MAX_DECISIONS_APART = 20


class UnitOfWork:
    """Collects what is to be done in this turn of the loop and does it in the next one.

    There is no await between BEGIN and COMMIT, so nothing else ever sees half a transaction. `offloading` is for what
    takes long and needs no transaction.
    """

    def __init__(self, connection: sqlite3.Connection, *, after_commit: Callable[[], None]) -> None:
        self._connection = connection
        self._after_commit = after_commit
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self.offloading = Offloading()

    async def do(self, work: Callable[[], T]) -> T:
        """The result of the work, once it is committed; or its error, once it is undone.

        Work that needs a costly decision is done again when that has been made, while others are served.
        """
        decided: list[Decided] = []
        knowing_them = work
        while True:
            try:
                return await self._committed(knowing_them)
            except CostlyDecision as costly:
                if len(decided) >= _MAX_DECISIONS_APART:
                    raise internal_error("what this depends on keeps changing") from None
                decided.append(await self.offloading.do(costly.made))
                knowing_them = partial(_do_knowing, decided, work)

    def _committed(self, work: Callable[[], T]) -> asyncio.Future[T]:
        if self._loop is None:
            # Asked for once: up to Python 3.11 each question asks the system for the process.
            self._loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append((work, future))
        return future

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
