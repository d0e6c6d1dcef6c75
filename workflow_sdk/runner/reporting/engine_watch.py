"""EngineWatch: whether the engine can be reached, said once when it changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from workflow_sdk.clock import Clock, boottime
from workflow_sdk.errors import (
    EngineClientError,
    EngineUnreachableError,
    InvalidConnectionError,
    UnusableTokenError,
)
from workflow_sdk.runner.counting import count_text

log = logging.getLogger("workflow_sdk.runner")

# Different reasons of one absence that are logged: some hold a number or a time, which differ in every repetition.
MOST_REASONS = 5


class EngineWatch:
    """Shared by everything that talks to the engine on one loop.

    `waiting_reports` is the number of results that nothing but the engine's absence keeps from being reported; the
    senders keep it.

    While the engine is away callers sleep between tries, and the first success of any call wakes them
    all. Claiming resumes after the results that waited are reported: so they arrive before the engine
    hands their jobs out again.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Clock = boottime,
        count_shortage: Callable[[BaseException], None] = lambda error: None,
        give_up: Callable[[UnusableTokenError], None] = lambda error: None,
    ) -> None:
        """`give_up` is told of a token that was never of use: no absence, but a setting to mend."""
        self._url = url
        self._give_up = give_up
        self._count_shortage = count_shortage
        self._clock = clock
        self.waiting_reports = 0
        self._back = _set_event()
        self._flushed = _set_event()
        self.last_success = 0.0
        self._waiting_on_return = 0
        self._away_s = 0.0
        self.has_answered = False
        self.since = self._away_since = clock()
        self._reason = ""
        self._reports_reason = ""
        # The reasons of one absence that were logged.
        self._said: set[str] = set()
        self.tries = 0

    @property
    def is_away(self) -> bool:
        return not self._back.is_set()

    @property
    def is_flushed(self) -> bool:
        """Whether no result waits that an absence of the engine held up."""
        return self._flushed.is_set()

    @property
    def was_asked(self) -> bool:
        return self.has_answered or self.is_away

    @property
    def is_reachable(self) -> bool:
        """Whether the engine answers, reports included: something in front of it may treat these otherwise."""
        return self.has_answered and not self.is_away and not self._reports_reason

    @property
    def reason(self) -> str:
        """Why it is not reachable; empty when it is."""
        return self._reason or self._reports_reason

    def reports_troubled(self, error: BaseException) -> None:
        """Reports get no answer of the engine's, while other calls do."""
        reason = f"results are not taken: {reason_of(error)}"
        if self._is_news(reason) or not self._reports_reason:
            log.warning("%s (%s). Retrying.", reason, self._url)
        self._reports_reason = reason

    def reports_taken(self) -> None:
        """A report was acknowledged."""
        self._reports_are_well("results are taken again")

    def reports_answered(self) -> None:
        """No report waits any more that gets no answer of the engine's."""
        self._reports_are_well("no result waits any more that was not taken")

    def _reports_are_well(self, text: str) -> None:
        if self._reports_reason:
            self._reports_reason = ""
            self._said.clear()
            log.info("%s (%s)", text, self._url)

    def succeeded(self, now: float | None = None) -> None:
        """A call was answered, just now."""
        self.last_success = self._clock() if now is None else now
        self.has_answered = True
        if self.is_away:
            self._returned()

    def failed(self, error: BaseException, *, began: float) -> bool:
        """A call begun at `began` failed; True when the engine counts as away.

        A call that fails while others succeed has a trouble of its own.
        """
        if isinstance(error, EngineUnreachableError) and error.kind == "shortage":
            self._count_shortage(error)
        if isinstance(error, UnusableTokenError) and not self.has_answered:
            self._give_up(error)
            return False
        if self.is_away:
            self.tries += 1
            self._goes_on(error)
            return True
        if self.last_success > began:
            return False
        self._left(error, began)
        return True

    def flushed(self) -> None:
        """No result waits to be reported any more."""
        if not self._flushed.is_set() and not self.is_away:
            self._flushed.set()
            self._say_returned()

    async def sleep(self, seconds: float) -> None:
        """Sleep so long, or until the engine is back."""
        try:
            async with asyncio.timeout(seconds):
                await (self._back.wait() if self.is_away else asyncio.sleep(seconds))
        except TimeoutError:
            return

    async def wait_for_flush(self, limit_s: float) -> None:
        """Wait until results that the engine's absence held up have been reported, at most `limit_s`."""
        try:
            async with asyncio.timeout(limit_s):
                await self._flushed.wait()
        except TimeoutError:
            return

    def _left(self, error: BaseException, began: float) -> None:
        goes_on = not self.is_flushed
        self._back.clear()
        self._flushed.clear()
        if goes_on:
            # A single answer got through, and the return was not said yet: it is the same absence.
            self.since = self._away_since
            self.tries += 1
            self._goes_on(error)
            return
        self.since = self._away_since = began
        self.tries = 1
        self._reason = reason_of(error)
        self._said = {self._reason}
        log.warning(
            "engine %s: %s (%s). Retrying; %s waiting to be reported.",
            _trouble_text(error),
            self._reason,
            self._url,
            count_text(self.waiting_reports, "result"),
        )

    def _goes_on(self, error: BaseException) -> None:
        """What keeps it away now may be something else than what did at first."""
        self._reason = reason_of(error)
        if self._is_news(self._reason):
            log.warning("the engine is still away: %s (%s)", self._reason, self._url)

    def _is_news(self, reason: str) -> bool:
        """Whether this reason of the present absence is to be logged: each once, and no endless row of them."""
        if reason in self._said or len(self._said) >= MOST_REASONS:
            return False
        self._said.add(reason)
        return True

    def _returned(self) -> None:
        now = self._clock()
        self._away_s, self.since, self._reason = now - self.since, now, ""
        self._waiting_on_return = self.waiting_reports
        self._back.set()
        if not self._waiting_on_return:
            self.flushed()

    def _say_returned(self) -> None:
        self._said.clear()
        log.info(
            "engine reachable again after %.0f s (%s); %s reported",
            self._away_s,
            count_text(self.tries, "try"),
            count_text(self._waiting_on_return, "result"),
        )


def reason_of(error: BaseException) -> str:
    """The words for a log line, without the URL."""
    if isinstance(error, EngineUnreachableError):
        return error.message
    if isinstance(error, EngineClientError):
        who = f"{error.server} answers" if error.server else "it answers"
        return f"{who} {error.status_code}, {error.message}"
    if isinstance(error, InvalidConnectionError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _trouble_text(error: BaseException) -> str:
    if isinstance(error, InvalidConnectionError):
        return "cannot be asked"
    is_refusal = isinstance(error, EngineClientError) and error.status_code < 500
    return "refuses requests" if is_refusal else "unreachable"


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
