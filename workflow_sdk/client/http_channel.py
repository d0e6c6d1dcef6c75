"""HttpChannel: the hot path. Ready bytes over few connections of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote, urlsplit

from workflow_sdk.client.answers import (
    RawResponse,
    acknowledged,
    body_from_value,
    error_from_answer,
    mapping_from_answer,
    signed,
)
from workflow_sdk.client.bearer import BearerToken
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.failures import FailureMeaning, FailureTable, failure
from workflow_sdk.client.http1.answer import BadAnswerError
from workflow_sdk.client.http1.dialing import DialError, DialTimeoutError, Route
from workflow_sdk.client.http1.pool import ConnectionPool
from workflow_sdk.client.judgement import is_from_engine, is_refusal, may_lack_route
from workflow_sdk.client.normalize import history_from_answer
from workflow_sdk.client.polled_jobs import PolledJob, polled_jobs
from workflow_sdk.client.rest import heartbeat_error, lease_end_from
from workflow_sdk.errors import (
    EngineClientError,
    EngineTimeoutError,
    EngineUnreachableError,
    HeartbeatUnsupportedError,
)

# The first row that fits counts.
FAILURES: FailureTable = (
    FailureMeaning(DialTimeoutError, EngineTimeoutError, was_sent=False),
    FailureMeaning(DialError, EngineUnreachableError, was_sent=False),
    FailureMeaning(TimeoutError, EngineTimeoutError, was_sent=True),
    FailureMeaning(BadAnswerError, EngineUnreachableError, was_sent=True),
    FailureMeaning(OSError, EngineUnreachableError, was_sent=True),
)
_FOREIGN = tuple(row.foreign for row in FAILURES)


class HttpChannel:
    """One runner's way to its engine; belongs to the event loop that first uses it."""

    is_polled = True

    def __init__(self, connection: Connection, *, worker_id: str, lease_seconds: int) -> None:
        self.url = connection.url
        self._connection = connection
        self._lease_seconds = lease_seconds
        self._worker_id = worker_id
        self._worker = b'{"workerId":%b' % body_from_value(worker_id)
        self._asked_lease = b',"leaseSeconds":%d' % lease_seconds if lease_seconds else b""
        self._head = _Head(connection, worker_id)
        self._opened: ConnectionPool | None = None

    async def probe(self) -> bool:
        """A poll without a worker or a type: claims nothing, and is a 400 to engines that poll."""
        response = await self._post("poll", b"{}")
        if 200 <= response.status_code < 300:
            mapping_from_answer(response, url=self.url, lists=("jobs",))
        elif response.status_code != 400 or not is_refusal(error_from_answer(response)):
            raise error_from_answer(response)
        return True

    async def claim(self, job_types: list[str], max_jobs: int) -> list[PolledJob]:
        asked = _list_body(tuple(job_types)), max_jobs, self._asked_lease
        response = await self._post("poll", b'%b,"jobTypes":%b,"maxJobs":%d%b}' % (self._worker, *asked))
        return polled_jobs(response, url=self.url)

    async def complete(self, job_id: str, variables: dict[str, Any], encoded: bytes) -> None:
        path, body = self._completion(job_id, encoded)
        acknowledged(await self._post(path, body), url=self.url)

    def begin_completion(
        self, job_id: str, encoded: bytes, done: Callable[[Callable[[], Awaitable[None]] | None], None]
    ) -> bool:
        bearer = self._connection.bearer
        if self._opened is None or (bearer is not None and not bearer.is_read):
            return False
        token = "" if bearer is None else bearer.current()
        path, body = self._completion(job_id, encoded)

        def ended(answer: RawResponse | Exception) -> None:
            if isinstance(answer, RawResponse) and answer.status_code == 204:
                done(None)
            else:
                request = partial(self._head.post, path, body)
                done(partial(self._rest_of_completion, request, token, answer))

        return self._opened.begin(self._head.post(path, body, token), ended)

    def _completion(self, job_id: str, encoded: bytes) -> tuple[str, bytes]:
        return f"{_segment(job_id)}/complete", b'%b,"variables":%b}' % (self._worker, encoded)

    async def _rest_of_completion(
        self, request: Callable[[str], bytes], token: str, answer: RawResponse | Exception
    ) -> None:
        """What is to be done after any answer but the one that is hoped for."""
        with self._failures():
            if isinstance(answer, Exception):
                raise answer
            response = signed(answer, self._connection.reading_proxy)
        acknowledged(await self._renewed(request, token, response), url=self.url)

    async def fail(
        self, job_id: str, message: str, retryable: bool, *, before_write: Callable[[], None]
    ) -> None:
        body = {"workerId": self._worker_id, "errorMessage": message, "retryable": retryable}
        path, encoded = f"{_segment(job_id)}/fail", body_from_value(body)
        response = await self._send(lambda token: self._head.post(path, encoded, token), before_write)
        acknowledged(response, url=self.url)

    async def extend(self, job_id: str, lease_seconds: int) -> str:
        body: dict[str, Any] = {"workerId": self._worker_id}
        if lease_seconds:
            body["leaseSeconds"] = lease_seconds
        for _ in range(2):
            try:
                response = await self._post(f"{_segment(job_id)}/heartbeat", body_from_value(body))
                return lease_end_from(mapping_from_answer(response, url=self.url), job_id, url=self.url)
            except EngineClientError as error:
                if not may_lack_route(error):
                    raise heartbeat_error(error) from error
                answered = error
            # Only from something that has just answered as the engine does, before and after, it says so.
            await self._require_the_engine()
        raise HeartbeatUnsupportedError(f"this engine cannot extend leases ({answered.status_code})")

    async def history(self, instance_id: str) -> list[dict[str, Any]]:
        path = f"instances/{_segment(instance_id)}/history"
        return history_from_answer(mapping_from_answer(await self._get(path), url=self.url, lists=("items",)))

    async def instance_status(self, instance_id: str) -> str:
        answer = await self._get(f"instances/{_segment(instance_id)}")
        return str(mapping_from_answer(answer, url=self.url, due=("id", "status"))["status"])

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    async def _require_the_engine(self) -> None:
        try:
            await self.probe()
        except EngineClientError as error:
            if not is_from_engine(error):
                raise

    async def _post(self, path: str, body: bytes) -> RawResponse:
        """`path` is below /v1/jobs/."""
        return await self._send(lambda token: self._head.post(path, body, token))

    async def _get(self, path: str) -> RawResponse:
        """`path` is below /v1/."""
        return await self._send(lambda token: self._head.get(path, token))

    async def _send(
        self, request: Callable[[str], bytes], before_write: Callable[[], None] | None = None
    ) -> RawResponse:
        """The answer to a request that `request` makes for a token; once more where a newer one is to be had."""
        bearer = self._connection.bearer
        if bearer is None:
            return await self._ask(request(""), before_write)
        token = await _current_token(bearer)
        response = await self._ask(request(token), before_write)
        return await self._renewed(request, token, response, before_write=before_write)

    async def _renewed(
        self,
        request: Callable[[str], bytes],
        token: str,
        response: RawResponse,
        *,
        before_write: Callable[[], None] | None = None,
    ) -> RawResponse:
        """The answer to the same request with a newer token, where this one was refused and there is a newer one."""
        bearer = self._connection.bearer
        if bearer is None or response.status_code != 401:
            return response
        newer = await asyncio.get_running_loop().run_in_executor(None, bearer.renewed, token)
        if newer is None:
            return response
        return await self._ask(request(newer), before_write)

    async def _ask(self, request: bytes, before_write: Callable[[], None] | None) -> RawResponse:
        pool = self._opened or self._open()
        with self._failures():
            response = await pool.ask(request, before_write=before_write)
        return signed(response, self._connection.reading_proxy)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turns what a request raises into the SDK's errors."""
        try:
            yield
        except _FOREIGN as error:
            raise failure(
                error,
                table=FAILURES,
                url=self.url,
                timeout_s=self._connection.timeout_s,
                proxy=self._connection.proxy,
            ) from error

    def _open(self) -> ConnectionPool:
        """Pools are made inside a loop, so at the first request."""
        self._opened = ConnectionPool(_route(self._connection), timeout_s=self._connection.timeout_s)
        return self._opened


class _Head:
    """The bytes before a request's body, ready but for path, token and length."""

    def __init__(self, connection: Connection, worker_id: str) -> None:
        parts = urlsplit(connection.url)
        # A proxy without tunnel is told the whole address (RFC 9112, 3.2.2).
        proxy = None if connection.is_tls else connection.proxy
        base = f"{connection.url}/v1/" if proxy else f"{parts.path}/v1/"
        self._given = {"Host": parts.netloc} | dict(connection.headers)
        if proxy and proxy.authorization:
            self._given["Proxy-Authorization"] = proxy.authorization
        agents = [value for name, value in self._given.items() if name.lower() == "user-agent"]
        # Who asks as no worker is told by the given agent alone.
        self._agent = " ".join([*agents, *([f"worker/{quote(worker_id)}"] if worker_id else [])])
        self._base = base.encode("ascii")
        self._token = ""
        self._rest = self._rest_with("")

    def post(self, path: str, body: bytes, token: str) -> bytes:
        """A whole request, written in one piece: two would be two packets. `path` is below /v1/jobs/."""
        rest = self._rest_for(token)
        return b"POST %bjobs/%b%b%d\r\n\r\n%b" % (self._base, path.encode("ascii"), rest, len(body), body)

    def get(self, path: str, token: str) -> bytes:
        """A whole request without a body; `path` is below /v1/."""
        return b"GET %b%b%b0\r\n\r\n" % (self._base, path.encode("ascii"), self._rest_for(token))

    def _rest_for(self, token: str) -> bytes:
        if token != self._token:
            self._token, self._rest = token, self._rest_with(token)
        return self._rest

    def _rest_with(self, token: str) -> bytes:
        own = {"User-Agent": self._agent, "Content-Type": "application/json"}
        if token:
            own["Authorization"] = f"Bearer {token}"
        replaced = {name.lower() for name in own}
        given = {name: value for name, value in self._given.items() if name.lower() not in replaced}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (given | own).items())
        return f" HTTP/1.1\r\n{lines}Content-Length: ".encode()


def _route(connection: Connection) -> Route:
    parts = urlsplit(connection.url)
    return Route(
        host=parts.hostname or "",
        port=parts.port or (443 if connection.is_tls else 80),
        tls=connection.ssl_context,
        proxy=connection.proxy,
        proxy_tls=connection.proxy_ssl_context,
    )


async def _current_token(bearer: BearerToken) -> str:
    if bearer.is_read:
        return bearer.current()
    return await asyncio.get_running_loop().run_in_executor(None, bearer.current)


# The same few lists are asked for again and again.
@lru_cache(maxsize=64)
def _list_body(texts: tuple[str, ...]) -> bytes:
    return body_from_value(texts)


def _segment(identifier: str) -> str:
    """JSON may hold half of a surrogate pair: there is nothing of that name, as the engine will say."""
    if identifier.isascii() and identifier.isalnum():
        return identifier  # as every id of an engine is
    return quote(identifier, safe="", errors="surrogatepass")
