"""Whether the engine can be reached, asked now and then: in Kafka mode nothing else would tell while jobs are few."""

from __future__ import annotations

import logging
from time import monotonic

from workflow_sdk.client.aiohttp_channel import AiohttpChannel
from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.errors import EngineClientError
from workflow_sdk.runner.engine_watch import EngineWatch
from workflow_sdk.runner.report import is_from_engine

log = logging.getLogger("workflow_sdk.runner")

QUIET_S, AWAY_S = 10.0, 1.0


class EngineProbe:
    """Polls for no job type at all: an engine in Kafka mode answers 410, one that is polled 400.

    Clients of a user's own are not asked: they may have no polls.
    """

    def __init__(self, channel: JobChannel, watch: EngineWatch) -> None:
        self._channel = channel
        self._watch = watch
        self._is_able = isinstance(channel, AiohttpChannel)
        self._last_ask = 0.0
        self._has_warned = False

    @property
    def is_due(self) -> bool:
        """Whether nothing has been heard of the engine for some time."""
        if not self._is_able:
            return False
        now = monotonic()
        if self._watch.is_away or not self._watch.has_answered:
            return now - self._last_ask >= AWAY_S
        return now - max(self._watch.last_success, self._last_ask) >= QUIET_S

    async def ask(self) -> None:
        """Ask, and tell the watch what came of it."""
        began = self._last_ask = monotonic()
        try:
            await self._channel.claim([], 0)
            self._watch.succeeded()
        except EngineClientError as error:
            self._answered(error, began)
        except Exception as error:  # noqa: BLE001 - whatever keeps an answer from coming means it is away
            self._watch.failed(error, began=began)

    def _answered(self, error: EngineClientError, began: float) -> None:
        if error.status_code != 410 and not is_from_engine(error):
            self._watch.failed(error, began=began)
            return
        self._watch.succeeded()
        if error.status_code == 400 and not self._has_warned:
            self._has_warned = True
            log.warning("this engine hands out jobs by polling; without --mode poll no new ones will come")
