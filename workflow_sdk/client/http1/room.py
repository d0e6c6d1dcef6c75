"""Room: so many at once; the others wait for their turn, first come, first served."""

from __future__ import annotations

import asyncio
from collections import deque


class Room:
    """As asyncio's Semaphore, but a place can also be taken by whoever cannot wait. Lives on one event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take_now(self) -> bool:
        """Take a place, if there is one that nobody waits for."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Take a place as soon as there is one."""
        if self.take_now():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back()  # it was given the place in the very moment
            raise

    def give_back(self) -> None:
        """Leave a place to whoever has waited longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
