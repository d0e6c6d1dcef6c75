"""ThreadChannel: any synchronous client, called in threads with exactly the published arguments."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from typing import Any

from workflow_sdk.client.deadline import request_lease
from workflow_sdk.errors import HeartbeatUnsupportedError


class ThreadChannel:
    """Needs `poll_jobs`, `complete_job` and `fail_job`; uses `extend_job_lease` where there is one."""

    is_polled = False

    def __init__(self, client: Any, *, worker_id: str, lease_seconds: int) -> None:
        self._client = client
        self._worker_id = worker_id
        self._lease_seconds = lease_seconds
        connection = getattr(client, "connection", None)
        self.url: str = getattr(connection, "url", "") or type(client).__name__

    async def probe(self) -> bool:
        ask = getattr(self._client, "dispatch_mode", None)
        if ask is None:
            return False
        await _in_thread(ask)
        return True

    async def claim(self, job_types: list[str], max_jobs: int) -> list[dict[str, Any]]:
        with request_lease(self._lease_seconds):
            jobs: list[dict[str, Any]] | None = await _in_thread(
                self._client.poll_jobs, self._worker_id, job_types, max_jobs
            )
        return jobs or []

    async def complete(self, job_id: str, variables: dict[str, Any], encoded: bytes) -> None:
        await _in_thread(self._client.complete_job, job_id, self._worker_id, variables)

    def begin_completion(
        self, job_id: str, encoded: bytes, done: Callable[[Callable[[], Awaitable[None]] | None], None]
    ) -> bool:
        return False

    async def fail(
        self, job_id: str, message: str, retryable: bool, *, before_write: Callable[[], None]
    ) -> None:
        def fail_job() -> None:
            before_write()
            self._client.fail_job(job_id, self._worker_id, message, retryable)

        await _in_thread(fail_job)

    async def extend(self, job_id: str, lease_seconds: int) -> str:
        extend = getattr(self._client, "extend_job_lease", None)
        if extend is None:
            raise HeartbeatUnsupportedError(f"{type(self._client).__name__} has no extend_job_lease")
        return str(await _in_thread(extend, job_id, self._worker_id, lease_seconds))

    async def history(self, instance_id: str) -> list[dict[str, Any]] | None:
        ask = getattr(self._client, "get_instance_history", None)
        if ask is None:
            return None
        answer = await _in_thread(ask, instance_id)
        return answer if isinstance(answer, list) else None

    async def instance_status(self, instance_id: str) -> str:
        ask = getattr(self._client, "get_instance", None)
        answer = None if ask is None else await _in_thread(ask, instance_id)
        return str(answer.get("status", "")) if isinstance(answer, dict) else ""

    async def close(self) -> None:
        """Nothing: the client belongs to whoever made it."""


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """The loop's helper threads are daemons (see runner.daemon_loop): a stuck client holds up nobody."""
    context = contextvars.copy_context()
    return await asyncio.get_running_loop().run_in_executor(None, context.run, function, *arguments)
