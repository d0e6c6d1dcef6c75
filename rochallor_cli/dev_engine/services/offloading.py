"""What takes longer than others may wait is done in a thread, while they are served."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final, TypeVar

from rochallor_cli.dev_engine.records import LARGE

T = TypeVar("T")

# At the same time: more would only take the loop's turns.
_THREADS: Final = 2


class Offloading:
    """Does things in threads, a few at a time."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_THREADS)

    async def do(self, call: Callable[[], T]) -> T:
        """The result of the call, or its error."""
        async with self._room:
            return await _in_thread(call)

    async def do_if_large(self, size: int, call: Callable[[], T]) -> T:
        """The same, at once where it is about so few bytes that nobody has to wait for it."""
        return call() if size < LARGE else await self.do(call)


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

    threading.Thread(target=run, name="costly work", daemon=True).start()
    return await future
