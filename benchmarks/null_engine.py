"""An engine that costs nothing: it answers claims, completions and failures at once.

What a worker does on it is the worker's own cost. With ``endless`` on, every claim is answered in full
and nothing is remembered; otherwise started instances are handed out step by step, and their times are
kept for the latency cases. It speaks just enough HTTP/1.1 for the clients measured here.

    python -m benchmarks.null_engine [--poll-delay-ms 2] [--complete-delay-ms 3]

prints ``{"url": …}`` and serves until its standard input closes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from benchmarks.null_state import NullState

HEAD_END = b"\r\n\r\n"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass(frozen=True)
class Delays:
    """How long answers are held back, to stand in for an engine that works."""

    poll_s: float = 0.0
    report_s: float = 0.0


def answer(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def json_answer(value: object, status: str = "200 OK") -> bytes:
    return answer(status, json.dumps(value, separators=(",", ":")).encode())


def content_length(head: bytes) -> int:
    """The length a request's head announces; a body without one (chunked) is not understood."""
    at = head.find(b"ontent-")
    while at >= 0 and head[at + 7 : at + 14].lower() != b"length:":
        at = head.find(b"ontent-", at + 7)
    if at < 0:
        lowered = head.lower()
        if b"transfer-encoding" in lowered:
            raise ValueError("bodies in chunks are not understood")
        at = lowered.find(b"ontent-length:")
        if at < 0:
            return 0
    end = head.find(b"\r", at)
    return int(head[at + 14 : end if end >= 0 else None])


class Connection(asyncio.Protocol):
    """One client's connection: bytes in, whole requests to ``Routes``, answers out."""

    def __init__(self, routes: Routes) -> None:
        self._routes = routes
        self._pending = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._pending:
            data = self._pending + data
        while data:
            head_end = data.find(HEAD_END)
            if head_end < 0:
                break
            try:
                end = head_end + 4 + content_length(data[:head_end])
            except ValueError:
                self._transport.write(answer("411 Length Required", b""))
                self._transport.close()
                return
            if len(data) < end:
                break
            self._routes.answer(data[:head_end], data[head_end + 4 : end], self._transport)
            data = data[end:]
        self._pending = data


class Routes:
    """From a request's head and body to its answer."""

    def __init__(self, state: NullState, delays: Delays) -> None:
        self._state = state
        self._delays = delays

    def answer(self, head: bytes, body: bytes, transport: asyncio.Transport) -> None:
        target = head[: head.find(b" HTTP/1.1")]
        if target.startswith(b"POST /v1/jobs/"):
            self._take_job_request(target[14:], body, transport)
        else:
            method, _, path = target.decode().partition(" ")
            transport.write(self._answer_other(method, path, body))

    def _take_job_request(self, rest: bytes, body: bytes, transport: asyncio.Transport) -> None:
        delay_s = self._delays.poll_s if rest == b"poll" else self._delays.report_s
        if delay_s:
            # As an engine does that first works and then commits: until then nothing has happened.
            loop = asyncio.get_running_loop()
            loop.call_later(delay_s, self._answer_job_request, rest, body, transport)
        else:
            self._answer_job_request(rest, body, transport)

    def _answer_job_request(self, rest: bytes, body: bytes, transport: asyncio.Transport) -> None:
        if rest == b"poll":
            request = json.loads(body or b"{}")
            jobs = self._state.claim(request.get("jobTypes") or [], request.get("maxJobs") or 10)
            transport.write(answer("200 OK", jobs))
            return
        job_id, _, action = rest.partition(b"/")
        if action == b"complete":
            self._state.complete(job_id)
        elif action == b"fail":
            self._state.fail(job_id)
        else:
            transport.write(answer("404 Not Found", b""))
            return
        transport.write(NO_CONTENT)

    def _answer_other(self, method: str, path: str, body: bytes) -> bytes:
        url = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        routes: dict[tuple[str, str], Callable[[], object]] = {
            ("GET", "/null/counts"): self._state.counts,
            ("POST", "/null/endless"): lambda: self._state.set_endless(json.loads(body)["on"]),
            ("GET", "/v1/definitions"): self._state.list_definitions,
            ("GET", "/v1/instances"): lambda: self._state.list_instances(query),
        }
        if (method, url.path) in routes:
            return json_answer(routes[method, url.path]())
        if (method, url.path) == ("POST", "/v1/definitions"):
            return json_answer(self._state.upload(json.loads(body)), "201 Created")
        if (method, url.path) == ("POST", "/v1/instances"):
            return json_answer(self._state.start(json.loads(body)), "201 Created")
        if method == "GET" and url.path == "/healthz":
            return answer("200 OK", b"")
        return self._instance(method, url.path)

    def _instance(self, method: str, path: str) -> bytes:
        prefix, _, instance_id = path.rpartition("/")
        found = self._state.instance(unquote(instance_id)) if prefix == "/v1/instances" else None
        if method != "GET" or found is None:
            return json_answer({"error": "not-found", "reason": f"no {method} {path} here"}, "404 Not Found")
        return json_answer(found)


async def serve(delays: Delays) -> None:
    """Serve on a free port until standard input closes, which it does when the starter is gone."""
    loop = asyncio.get_running_loop()
    routes = Routes(NullState(), delays)
    server = await loop.create_server(lambda: Connection(routes), "127.0.0.1", 0, backlog=256)
    host, port = server.sockets[0].getsockname()
    print(json.dumps({"url": f"http://{host}:{port}"}), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    options = argparse.ArgumentParser(description="An engine that answers at once and keeps nothing.")
    options.add_argument("--poll-delay-ms", type=float, default=0.0)
    options.add_argument("--complete-delay-ms", type=float, default=0.0)
    given = options.parse_args()
    asyncio.run(serve(Delays(given.poll_delay_ms / 1000, given.complete_delay_ms / 1000)))


if __name__ == "__main__":
    main()
