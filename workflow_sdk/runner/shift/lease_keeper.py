"""LeaseKeeper: extends the leases of jobs in flight, or warns where that cannot be done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.clock import Clock
from workflow_sdk.errors import HeartbeatUnsupportedError, LeaseLostError
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim, Lease
from workflow_sdk.runner.job.in_flight import InFlight, Phase
from workflow_sdk.runner.reporting.engine_watch import reason_of

log = logging.getLogger("workflow_sdk.runner")

EXTEND_AT = 0.5
WARN_AT = 0.8
RETRY_S = 1.0
# An engine that cannot extend leases may be replaced by one that can, while this worker runs.
ASK_AGAIN_S = 60.0


class LeaseKeeper:
    """Looks at the jobs in flight on every tick.

    `wanted` is None for "where the engine can", True for "or the run ends" (then `unsupported` is
    called), False for never. `interval_s` is the time between extensions, half a lease when None.
    """

    def __init__(
        self,
        channel: JobChannel,
        *,
        metrics: Metrics,
        wanted: bool | None,
        interval_s: float | None,
        lease_seconds: int,
        is_away: Callable[[], bool],
        unsupported: Callable[[HeartbeatUnsupportedError], None],
        clock: Clock,
    ) -> None:
        self._channel = channel
        self._metrics = metrics
        self._wanted = wanted
        self._interval_s = interval_s
        self._lease_seconds = lease_seconds
        self._is_away = is_away
        self._unsupported = unsupported
        self._clock = clock
        self._is_supported = wanted is not False
        self._ask_again_at = 0.0
        self._is_confirmed = False
        self._extensions: set[asyncio.Task[None]] = set()

    def look(self, items: Iterable[InFlight], now: float) -> None:
        for item in items:
            lease = item.claim.lease
            if lease is None:
                continue
            if self._may_ask(now) and not item.extending and now >= self._extend_at(item, lease):
                self._begin_extension(item, lease)
            elif not self._is_supported and item.phase is Phase.RUNNING and not item.warned_of_overrun:
                self._warn_of_overrun(item, lease, now)

    def _may_ask(self, now: float) -> bool:
        """Whether the engine may know how to extend leases; one that did not is asked again now and then."""
        if self._wanted is False or self._is_away():
            return False
        return self._is_supported or now >= self._ask_again_at

    @property
    def must_be_confirmed(self) -> bool:
        """Whether no job may start before an extension was accepted: the caller insists on them."""
        return self._wanted is True and not self._is_confirmed

    async def confirm(self, claim: Claim) -> bool:
        """Extend the lease of a job that has not begun; False when it must not begin."""
        if claim.lease is None:
            return True
        asked_at, seconds = self._clock(), self._lease_seconds or round(claim.lease.length_s)
        try:
            await self._channel.extend(claim.job_id, seconds)
        except HeartbeatUnsupportedError as error:
            self._cannot(error)
            return False
        except LeaseLostError:
            return False
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            log.debug("job %s: its lease was not extended: %s", claim.job_id, reason_of(error))
            # It may have gone to another meanwhile, or come here again under another id, and been done.
            return not claim.is_over(self._clock())
        self._is_confirmed = True
        claim.lease = Lease(float(seconds), asked_at + seconds)
        return True

    async def close(self) -> None:
        for task in self._extensions:
            task.cancel()
        await asyncio.gather(*self._extensions, return_exceptions=True)

    def _extend_at(self, item: InFlight, lease: Lease) -> float:
        interval_s = lease.length_s * EXTEND_AT if self._interval_s is None else self._interval_s
        return max(lease.end - lease.length_s + interval_s, item.extend_at)

    def _begin_extension(self, item: InFlight, lease: Lease) -> None:
        item.extending = True
        self._ask_again_at = self._clock() + ASK_AGAIN_S
        task = asyncio.get_running_loop().create_task(self._extend(item, lease))
        self._extensions.add(task)
        task.add_done_callback(self._extensions.discard)

    async def _extend(self, item: InFlight, lease: Lease) -> None:
        asked_at, renewals = self._clock(), item.claim.renewals
        seconds = self._lease_seconds or round(lease.length_s)
        result = "retry"
        try:
            await self._channel.extend(item.claim.job_id, seconds)
            result = "accepted"
            self._can()
            if item.claim.renewals == renewals:
                item.claim.lease = Lease(float(seconds), asked_at + seconds)
                item.show_lease(self._clock())
        except HeartbeatUnsupportedError as error:
            result = "rejected"
            self._cannot(error)
        except LeaseLostError as error:
            result = "lease_lost"
            self._lost(item, lease, error)
        except Exception as error:  # noqa: BLE001 - a client of the user's own may raise anything
            log.debug("job %s: its lease was not extended: %s", item.claim.job_id, reason_of(error))
            item.extend_at = asked_at + RETRY_S
        finally:
            self._metrics.heartbeats.labels(result).inc()
            item.extending = result == "lease_lost"

    def _can(self) -> None:
        if not self._is_supported:
            self._is_supported = True
            log.info("the engine extends leases now")

    def _cannot(self, error: HeartbeatUnsupportedError) -> None:
        if not self._is_supported:
            return
        self._is_supported = False
        if self._wanted:
            self._unsupported(error)
        else:
            log.debug("leases are not extended: %s", error)

    def _lost(self, item: InFlight, lease: Lease, error: LeaseLostError) -> None:
        # Over as of now, whatever our clock said: a failure must not be sent any more.
        item.claim.lease = Lease(lease.length_s, self._clock())
        log.warning(
            "%s job %s: its lease is lost, another worker may run it (%s)",
            item.claim.job_type,
            item.claim.job_id,
            error,
        )
        item.current.stopping.set()

    def _warn_of_overrun(self, item: InFlight, lease: Lease, now: float) -> None:
        used_s = now - (lease.end - lease.length_s)
        if used_s < lease.length_s * WARN_AT:
            return
        item.warned_of_overrun = True
        self._metrics.lease_overruns.labels(item.claim.job_type).inc()
        log.warning(
            "%s job %s has run %.0f s of its %.0f s lease; the engine will hand it out again (here it is "
            "recognised, another worker process would run it too)",
            item.claim.job_type,
            item.claim.job_id,
            used_s,
            lease.length_s,
        )
