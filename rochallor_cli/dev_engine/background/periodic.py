"""The engine's rounds: each does what is due now, in transactions of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from rochallor_cli.dev_engine.services import timers
from rochallor_cli.dev_engine.services.instances import start_next_workflows
from rochallor_cli.dev_engine.services.jobs import sweep_leases
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork

logger = logging.getLogger("rochallor_cli.dev_engine")

Round = Callable[[], Awaitable[object]]


class Rounds:
    def __init__(self, resources: Resources, work: UnitOfWork) -> None:
        self._resources = resources
        self._work = work

    async def sweep_leases(self) -> None:
        await self._work.do(lambda: sweep_leases(self._resources))

    async def fire_timers(self) -> None:
        """Fire what is due, one timer a transaction step, so that a bad one spoils no other."""
        for timer in timers.due_timers(self._resources):
            await self._work.do(partial(timers.fire_timer, self._resources, timer))

    async def start_next_workflows(self) -> None:
        await self._work.do(lambda: start_next_workflows(self._resources))


async def repeat(every_s: float, round_: Round) -> None:
    """Do the round every so many seconds, for ever; a round that fails is logged and tried again."""
    while True:
        await asyncio.sleep(every_s)
        await attempt(round_)


async def attempt(round_: Round) -> None:
    """Do the round; if it fails, that is logged."""
    try:
        await round_()
    except Exception:  # one failed round must not end those that follow
        logger.exception("a round of background work failed")
