"""JobChannel: claim, complete, fail and extend, as coroutines for a runner's event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.client.polled_jobs import PolledJob
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.client.thread_channel import ThreadChannel

_JOB_METHODS = ("poll_jobs", "complete_job", "fail_job")


class JobChannel(Protocol):
    """What a runner says to the engine. Raises the SDK's errors; a client of the user's own may raise any."""

    url: str
    # Whether `probe` is a poll: an answer other than 410 then says that jobs are handed out by polling.
    is_polled: bool

    async def probe(self) -> bool:
        """Ask for nothing, to see whether the engine answers; False where there is no such question."""
        ...

    async def claim(self, job_types: list[str], max_jobs: int) -> Sequence[PolledJob]: ...

    async def complete(self, job_id: str, variables: dict[str, Any], encoded: bytes) -> None:
        """Report the result, and wait until the engine has acknowledged it. `encoded` is the JSON of `variables`."""
        ...

    def begin_completion(
        self, job_id: str, encoded: bytes, done: Callable[[Callable[[], Awaitable[None]] | None], None]
    ) -> bool:
        """Report the result at once, where nothing is to be waited for first; False, and nothing was done, elsewhere.

        `done` is called once, later: with None once the engine has acknowledged it, which is nearly always, or with
        what is to be called and awaited then, as `complete` is.
        """
        ...

    async def fail(
        self, job_id: str, message: str, retryable: bool, *, before_write: Callable[[], None]
    ) -> None:
        """Report the failure. `before_write` is called when all else is ready (a connection, a token, a thread); what
        it raises is raised, and nothing is sent.
        """
        ...

    async def extend(self, job_id: str, lease_seconds: int) -> str:
        """The lease's new end; LeaseLostError, HeartbeatUnsupportedError."""
        ...

    async def history(self, instance_id: str) -> list[dict[str, Any]] | None:
        """The instance's step executions; None where the client cannot ask for them."""
        ...

    async def instance_status(self, instance_id: str) -> str:
        """ACTIVE, WAITING, COMPLETED, FAILED, CANCELLED, or a later engine's word; empty where nobody can say."""
        ...

    async def close(self) -> None: ...


def job_channel(client: Any, *, worker_id: str, lease_seconds: int = 0) -> JobChannel:
    """The fast way for a RestEngineClient as we wrote it; threads for every other client.

    A subclass, or a client whose methods were replaced, wants its methods called: it gets threads.
    """
    replaced = any(name in vars(client) for name in _JOB_METHODS) if hasattr(client, "__dict__") else False
    if type(client) is RestEngineClient and not replaced:
        return HttpChannel(client.connection, worker_id=worker_id, lease_seconds=lease_seconds)
    return ThreadChannel(client, worker_id=worker_id, lease_seconds=lease_seconds)
