"""AiohttpChannel: the hot path. Fixed headers, ready bytes, few connections."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from workflow_sdk.client.answers import RawResponse, body_from_value, error_from_answer, mapping_from_answer
from workflow_sdk.client.bearer import BearerToken
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.failures import FailureTable, Meaning, failure
from workflow_sdk.client.rest import heartbeat_error
from workflow_sdk.client.shapes import jobs_from_answer
from workflow_sdk.errors import EngineClientError, EngineTimeoutError, EngineUnreachableError, LeaseLostError

# More than 16 connections make the engine slower, not faster.
MAX_CONNECTIONS = 16
# Below what gateways keep idle connections for (60 s and more), so that we are the first to close them.
KEEP_ALIVE_S = 20.0

# The first row that fits counts.
FAILURES: FailureTable = (
    Meaning(aiohttp.ConnectionTimeoutError, EngineTimeoutError, was_sent=False),
    Meaning(TimeoutError, EngineTimeoutError, was_sent=True),
    Meaning(aiohttp.ClientConnectorError, EngineUnreachableError, was_sent=False),
    Meaning(aiohttp.ClientHttpProxyError, EngineUnreachableError, was_sent=False),
    Meaning(aiohttp.InvalidURL, EngineUnreachableError, was_sent=False),
    Meaning(aiohttp.ClientError, EngineUnreachableError, was_sent=True),
    Meaning(HttpProcessingError, EngineUnreachableError, was_sent=True),
    Meaning(OSError, EngineUnreachableError, was_sent=True),
)
_FOREIGN = tuple(row.foreign for row in FAILURES)


class AiohttpChannel:
    """One session of one runner; belongs to the event loop that first uses it."""

    def __init__(self, connection: Connection, *, worker_id: str, lease_seconds: int) -> None:
        self.url = connection.url
        self._connection = connection
        self._lease_seconds = lease_seconds
        self._poll_url = f"{connection.url}/v1/jobs/poll"
        self._jobs_url = f"{connection.url}/v1/jobs/"
        self._worker_id = worker_id
        self._complete_head = b'{"workerId":%b,"variables":' % body_from_value(worker_id)
        self._opened: aiohttp.ClientSession | None = None

    async def probe(self) -> bool:
        """A poll without a worker or a type: claims nothing, and is a 400 to engines that poll."""
        response = await self._post(self._poll_url, b"{}")
        if response.status_code != 400 and not 200 <= response.status_code < 300:
            raise error_from_answer(response)
        return True

    async def claim(self, job_types: list[str], max_jobs: int) -> list[dict[str, Any]]:
        body: dict[str, Any] = {"workerId": self._worker_id, "jobTypes": job_types, "maxJobs": max_jobs}
        if self._lease_seconds:
            body["leaseSeconds"] = self._lease_seconds
        response = await self._post(self._poll_url, body_from_value(body))
        return jobs_from_answer(mapping_from_answer(response, url=self.url))

    async def complete(self, job_id: str, variables: dict[str, Any], encoded: bytes) -> None:
        await self._tell(
            f"{self._jobs_url}{_segment(job_id)}/complete", b"%b%b}" % (self._complete_head, encoded)
        )

    async def fail(self, job_id: str, message: str, retryable: bool) -> None:
        body = {"workerId": self._worker_id, "errorMessage": message, "retryable": retryable}
        await self._tell(f"{self._jobs_url}{_segment(job_id)}/fail", body_from_value(body))

    async def extend(self, job_id: str, lease_seconds: int) -> str:
        body: dict[str, Any] = {"workerId": self._worker_id}
        if lease_seconds:
            body["leaseSeconds"] = lease_seconds
        response = await self._post(f"{self._jobs_url}{_segment(job_id)}/heartbeat", body_from_value(body))
        try:
            answer = mapping_from_answer(response, url=self.url)
        except EngineClientError as error:
            raise heartbeat_error(error) from error
        if answer.get("accepted") is False:
            raise LeaseLostError(f"the engine did not extend the lease of job {job_id}")
        return str(answer.get("lockExpiresAt", ""))

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _tell(self, url: str, body: bytes) -> None:
        response = await self._post(url, body)
        if not 200 <= response.status_code < 300:
            raise error_from_answer(response)

    async def _post(self, url: str, body: bytes) -> RawResponse:
        bearer = self._connection.bearer
        if bearer is None:
            return await self._send(url, body, None)
        token = await _current_token(bearer)
        response = await self._send(url, body, {"Authorization": f"Bearer {token}"})
        if response.status_code != 401:
            return response
        newer = await asyncio.get_running_loop().run_in_executor(None, bearer.renewed, token)
        if newer is None:
            return response
        return await self._send(url, body, {"Authorization": f"Bearer {newer}"})

    async def _send(self, url: str, body: bytes, headers: dict[str, str] | None) -> RawResponse:
        session = self._opened or self._open()
        try:
            async with session.post(
                url, data=body, headers=headers, allow_redirects=False, proxy=self._connection.proxy
            ) as answer:
                return RawResponse(answer.status, answer.headers, await answer.read())
        except _FOREIGN as error:
            timeout_s = self._connection.timeout_s
            raise failure(error, table=FAILURES, url=self.url, timeout_s=timeout_s) from error

    def _open(self) -> aiohttp.ClientSession:
        """Sessions are made inside a loop, so at the first request."""
        connection = self._connection
        agent = f"{connection.headers.get('User-Agent', '')} worker/{quote(self._worker_id)}".strip()
        self._opened = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=MAX_CONNECTIONS,
                keepalive_timeout=KEEP_ALIVE_S,
                # True would have the standard context built, at the first https:// request only.
                ssl=connection.ssl_context or True,
            ),
            headers={**connection.headers, "User-Agent": agent, "Content-Type": "application/json"},
            skip_auto_headers=("Accept", "Accept-Encoding"),
            timeout=aiohttp.ClientTimeout(total=connection.timeout_s, sock_connect=connection.timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        return self._opened


async def _current_token(bearer: BearerToken) -> str:
    if bearer.is_read:
        return bearer.current()
    return await asyncio.get_running_loop().run_in_executor(None, bearer.current)


def _segment(identifier: str) -> str:
    return quote(identifier, safe="")
