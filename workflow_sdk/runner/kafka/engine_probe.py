"""Whether the engine can be reached, asked now and then: in Kafka mode nothing else tells while jobs are few."""

from __future__ import annotations

import asyncio
import logging

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.client.judgement import is_from_engine
from workflow_sdk.clock import Clock
from workflow_sdk.errors import EngineClientError
from workflow_sdk.runner.reporting.engine_watch import EngineWatch

log = logging.getLogger("workflow_sdk.runner")

QUIET_S, AWAY_S = 10.0, 1.0
ANSWER_TIMEOUT_S = 5.0


class EngineProbe:
    """Asks for nothing, and tells the engine watch what came of it. Clients that cannot do that are not asked."""

    def __init__(self, channel: JobChannel, watch: EngineWatch, *, clock: Clock) -> None:
        self._clock = clock
        self._channel = channel
        self._watch = watch
        self._is_able = True
        self._last_ask = 0.0
        self._task: asyncio.Task[None] | None = None
        self._has_warned = False

    def look(self) -> None:
        """Ask, as a task of its own, when nothing has been heard of the engine for some time."""
        if self._is_due():
            self._last_ask = self._clock()
            self._task = asyncio.create_task(self._ask(self._last_ask), name="engine probe")

    def close(self) -> None:
        """Ask no more."""
        self._is_able = False
        if self._task is not None:
            self._task.cancel()

    def _is_due(self) -> bool:
        if not self._is_able or (self._task is not None and not self._task.done()):
            return False
        now = self._clock()
        if self._watch.is_away or not self._watch.has_answered:
            return now - self._last_ask >= AWAY_S
        return now - max(self._watch.last_success, self._last_ask) >= QUIET_S

    async def _ask(self, began: float) -> None:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                self._is_able = await self._channel.probe()
        except EngineClientError as error:
            if not is_from_engine(error):
                self._watch.failed(error, began=began)
            else:
                self._watch.succeeded()
        except Exception as error:  # noqa: BLE001 - whatever keeps an answer from coming means it is away
            self._watch.failed(error, began=began)
        else:
            self._answered()

    def _answered(self) -> None:
        """An answer other than 410. To a poll it says that this engine is to be polled."""
        if not self._is_able:
            return
        self._watch.succeeded()
        if self._channel.is_polled and not self._has_warned:
            self._has_warned = True
            log.warning("this engine hands out jobs by polling; without --mode poll no new ones will come")
