"""A proxy in front of an engine that can misbehave: cut answers, a gateway's errors, silence."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

ANSWERS: dict[str, bytes] = {
    "bad-gateway": b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 64\r\n\r\n"
    + b"<html><head><title>502 Bad Gateway</title></head></html>".ljust(64),
    "too-many": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
    "kafka-only": b"HTTP/1.1 410 Gone\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"
    b'{"error":"poll path disabled", "dispatch_mode": "kafka_outbox"}',
    "unauthorized": b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
}
_REPORT = re.compile(r"/v1/jobs/([^/]+)/(complete|fail)")


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; `at` is on the monotonic clock."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(frozen=True)
class Instead:
    """An answer in place of the engine's; `after_engine`: the engine has seen the request, and done it."""

    status: int
    body: bytes = b""
    after_engine: bool = False
    content_type: str = "text/html"
    headers: tuple[str, ...] = ()

    def __bytes__(self) -> bytes:
        lines = [f"HTTP/1.1 {self.status} Instead", *self.headers]
        if self.status != 204:
            lines += [f"Content-Type: {self.content_type}", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True)
class Delay:
    """The request is passed on so many seconds late."""

    seconds: float


@dataclass(frozen=True)
class Stall:
    """The engine has the request, and stands still for so many seconds before it does it."""

    seconds: float


Fault = str | Instead | Delay | Stall | None


@dataclass
class FaultProxy:
    """`fault` is asked before each request is passed on; it may be replaced at any time.

    None is no fault; "cut" closes the connection in place of the answer, "cut-before" before the engine
    sees the request, "hang" never answers, "freeze" waits with the request until `thaw`; an Instead answers in
    the engine's place, a Delay passes on late, a Stall is the engine's own; the others are keys of ANSWERS.
    """

    target: str
    fault: Callable[[Seen], Fault] = lambda _: None
    seen: list[Seen] = field(default_factory=list)
    # Jobs for which a report arrived while another one was with the engine.
    overlapping: list[str] = field(default_factory=list)
    port: int = 0
    connections: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thawed: asyncio.Event = field(default_factory=asyncio.Event)
    _with_engine: Counter[str] = field(default_factory=Counter)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def always(self, fault: Fault) -> None:
        self.fault = lambda _: fault

    def paths(self, end: str) -> list[str]:
        return [seen.path for seen in self.seen if seen.path.endswith(end)]

    def thaw(self) -> None:
        """Pass on what a "freeze" holds, and hold nothing any more."""
        self.loop.call_soon_threadsafe(self._thawed.set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._one_request(reader, writer):
                    pass
        except asyncio.CancelledError:
            writer.transport.abort()  # the proxy ends: nobody waits for what it might still have to send
            raise
        finally:
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        method, path, _ = lines[0].split(" ", 2)
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        seen = Seen(method, path, headers, body, time.monotonic())
        self.seen.append(seen)
        fault = self.fault(seen)
        if fault == "hang":
            await reader.read()
            return False
        if fault == "cut-before":
            return False
        if fault == "freeze":
            await self._thawed.wait()
        if isinstance(fault, Delay):
            await asyncio.sleep(fault.seconds)
        if (instead := _in_place_of(fault)) is not None:
            writer.write(instead)
            return True
        stall_s = fault.seconds if isinstance(fault, Stall) else 0.0
        answer = await self._ask_engine(path, head, body, stall_s)
        if fault == "cut":
            return False
        writer.write(bytes(fault) if isinstance(fault, Instead) else answer)
        return True

    async def _ask_engine(self, path: str, head: bytes, body: bytes, stall_s: float) -> bytes:
        report = _REPORT.fullmatch(path)
        job = report[1] if report else ""
        if job and self._with_engine[job]:
            self.overlapping.append(job)
        self._with_engine[job] += 1
        try:
            await asyncio.sleep(stall_s)
            return await self._forward(head, body)
        finally:
            self._with_engine[job] -= 1

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        address = urlsplit(self.target)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            writer.write(head + body)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: *(\d+)", answer, re.IGNORECASE)
            return answer + (await reader.readexactly(int(length[1])) if length else b"")
        finally:
            writer.close()


def _in_place_of(fault: Fault) -> bytes | None:
    """What is answered without asking the engine."""
    if isinstance(fault, Instead):
        return None if fault.after_engine else bytes(fault)
    return ANSWERS.get(fault) if isinstance(fault, str) else None


@contextmanager
def fault_proxy(target: str) -> Iterator[FaultProxy]:
    """A proxy in a thread of its own, in front of the engine at `target`."""
    proxy = FaultProxy(target)
    loop = proxy.loop
    server = loop.run_until_complete(asyncio.start_server(proxy.serve, "127.0.0.1", 0))
    proxy.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="fault proxy", daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.run_until_complete(_ended(server))
        loop.close()


async def _ended(server: asyncio.Server) -> None:
    """No connection is left open."""
    server.close()
    # A connection that was just taken gets its task in the next turn, and one that is closed ends in the one after.
    for _ in range(5):
        await asyncio.sleep(0)
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
