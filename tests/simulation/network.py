"""SimulatedNetwork: what lies between a worker and its engine, and all that may happen there to one request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import copy_context
from functools import lru_cache
from math import inf
from random import Random
from typing import Any, NamedTuple

from simulation.engine import SimulatedEngine
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.http1.dialing import DialError

TIMEOUT_S = 10.0
_PAGE = {"content-type": "text/html", "server": "gateway"}

# What something on the way may answer in the engine's place, whether or not it has passed the request on.
GATEWAY_ANSWERS = (
    RawResponse(502, _PAGE, b"<html><title>502 Bad Gateway</title></html>"),
    RawResponse(503, _PAGE | {"retry-after": "1"}, b"<html><title>503 busy</title></html>"),
    RawResponse(504, _PAGE, b"<html><title>504 Gateway Timeout</title></html>"),
    RawResponse(500, _PAGE, b"<html><title>500 oops</title></html>"),
    RawResponse(429, _PAGE | {"retry-after": "2"}, b""),
    RawResponse(401, _PAGE, b"<html><title>Log in</title></html>"),
    RawResponse(404, _PAGE, b"<html><title>404 no such site</title></html>"),
    RawResponse(409, _PAGE, b"<html><title>409</title></html>"),
    RawResponse(302, _PAGE | {"location": "https://login.example/"}, b""),
    RawResponse(200, _PAGE, b"<html>welcome</html>"),
    RawResponse(202, _PAGE, b""),
)
# And once it has passed the request on: nobody says then that it was not let through, or is somewhere else.
_AFTER = (500, 502, 504, 200, 202)
ANSWERS_AFTER_THE_ENGINE = tuple(answer for answer in GATEWAY_ANSWERS if answer.status_code in _AFTER)
_TOO_LARGE = RawResponse(413, _PAGE, b"<html><title>413 Request Entity Too Large</title></html>")
FAULTS = ("refused", "lost", "cut", "late", "late answer", "silent", "gateway", "gateway after the engine")

# Any other is met long before a client's patience is at its end.
SLOW_FAULTS = ("late", "late answer", "silent")


class Message(NamedTuple):
    """One request of a worker process, by its number in this world."""

    number: int
    process: str
    method: str
    path: str
    body: bytes
    sent: float
    # Of a completion, a failure or an extension; else empty.
    job_id: str
    # `complete`, `fail`, `heartbeat`, `poll`, `history`, or what else it asks.
    what: str


class SimulatedNetwork:
    """`fault_rate` is the share of requests that meet a fault; `is_down`: nobody reaches the engine at all."""

    def __init__(self, engine: SimulatedEngine, random: Random, *, note: Callable[[str], None]) -> None:
        self._engine = engine
        self._random = random
        self._note = note
        self._loop = asyncio.get_running_loop()
        # What is on its way goes on, whatever becomes of the process that has sent it.
        self._world = copy_context()
        self._numbers = 0
        # Of the engine's process: connections end with it.
        self._epoch = 0
        # Told of each request that reaches the engine, before it is served; False has it lost.
        self.arrives: Callable[[Message], bool] = lambda message: True
        # Told of each request while nobody reaches it.
        self.refuses: Callable[[str], None] = lambda process: None
        self.fault_rate = 0.0
        # A gateway lets no larger requests through; and takes all for too large while it is set up wrong.
        self.most_bytes = inf
        self.takes_all_for_too_large = False
        # Whether no name takes long to look up.
        self.is_calm = False
        self.is_down = False
        self.is_over = False

    def cut(self) -> None:
        """End every connection: the engine's process has ended."""
        self._epoch += 1

    def message(self, process: str, request: bytes) -> Message:
        self._numbers += 1
        method, path, body, job_id, what = _read(request)
        return Message(self._numbers, process, method, path, body, self._loop.time(), job_id, what)

    def has_connection(self) -> bool:
        """Whether one rests for the next request, as for most; nothing is drawn for that."""
        return self._numbers % 4 > 0

    async def dial(self) -> None:
        """What it takes until a request has its connection; most find one, and a name may be looked up for long."""
        drawn = self._random.random()
        if drawn < 1 / 4:
            is_quick = drawn > 1 / 20 or self.is_calm
            await asyncio.sleep(self._random.uniform(0.001, 0.02 if is_quick else 0.8 * TIMEOUT_S))

    async def ask(self, message: Message) -> RawResponse:
        """The answer, or what a connection raises: DialError, TimeoutError, OSError."""
        if self.is_over:
            raise DialError("the world is over")
        answer: asyncio.Future[RawResponse] = self._loop.create_future()
        fault = self._send(message, answer)
        if fault not in SLOW_FAULTS:
            return await answer
        timer = self._loop.call_later(TIMEOUT_S, _settle, answer, TimeoutError())
        try:
            return await answer
        finally:
            timer.cancel()

    def _send(self, message: Message, answer: asyncio.Future[RawResponse]) -> str:
        """What it meets."""
        random = self._random
        fault = random.choice(FAULTS) if random.random() < self.fault_rate else ""
        if self.is_down:
            fault = "refused"
            self.refuses(message.process)
        if fault:
            self._note(f"{message.process} #{message.number} {message.what} {message.job_id} meets: {fault}")
        if fault == "silent":
            return fault
        delay_s = random.uniform(0.001, 0.02)
        if fault == "late":
            delay_s += random.uniform(0.0, 2 * TIMEOUT_S)
        self._later(delay_s, self._arrive, message, answer, fault, self._epoch)
        return fault

    def _arrive(self, message: Message, answer: asyncio.Future[RawResponse], fault: str, epoch: int) -> None:
        if fault == "refused" or self.is_over:
            _settle(answer, DialError("connection refused"))
        elif fault == "lost" or epoch != self._epoch:
            _settle(answer, ConnectionResetError("connection reset"))
        elif self.takes_all_for_too_large or len(message.body) > self.most_bytes:
            self._note(
                f"{message.process} #{message.number} {message.what} {message.job_id}: 413 of a gateway"
            )
            _settle(answer, _TOO_LARGE)
        elif fault == "gateway":
            _settle(answer, self._random.choice(GATEWAY_ANSWERS))
        elif not self.arrives(message):
            _settle(answer, ConnectionResetError("connection reset"))
        else:
            answered = self._engine.answer(message.method, message.path, message.body)
            if message.what in ("complete", "fail"):
                self._note(
                    f"engine: {message.what} {message.job_id} of {message.process}: {answered.status_code}"
                )
            delay_s = self._random.uniform(0.001, TIMEOUT_S if fault == "late answer" else 0.02)
            self._later(delay_s, self._return, answer, answered, fault, epoch)

    def _return(
        self, answer: asyncio.Future[RawResponse], answered: RawResponse, fault: str, epoch: int
    ) -> None:
        if fault == "cut" or epoch != self._epoch:
            _settle(answer, ConnectionResetError("connection reset"))
        elif fault == "gateway after the engine":
            _settle(answer, self._random.choice(ANSWERS_AFTER_THE_ENGINE))
        else:
            _settle(answer, answered)

    def _later(self, delay_s: float, step: Callable[..., None], *arguments: Any) -> None:
        self._loop.call_later(delay_s, step, *arguments, context=self._world)


# Most ask for jobs, in the same words again and again.
@lru_cache(maxsize=64)
def _read(request: bytes) -> tuple[str, str, bytes, str, str]:
    """Method, path, body, job's id, and what it asks."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
    parts = path.split("/")
    job_id = parts[3] if len(parts) == 5 and parts[2] == "jobs" else ""
    return method, path, body, job_id, parts[-1]


def _settle(answer: asyncio.Future[RawResponse], becomes: RawResponse | Exception) -> None:
    if answer.done():
        return
    if isinstance(becomes, Exception):
        answer.set_exception(becomes)
    else:
        answer.set_result(becomes)
