"""The two HTTP stacks behind one face, for tests that hold them to the same promise."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineUnreachableError

Between = Callable[[], None]


@contextmanager
def any_good_answer() -> Iterator[None]:
    """These tests are about the way an answer comes: any 2xx will do for one, whoever has written it."""
    try:
        yield
    except EngineUnreachableError as error:
        if error.kind != "not-engine":
            raise


class Stack:
    """One of the two ways to say the same: here the synchronous client."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = RestEngineClient(url, options.pop("timeout", 5.0), **options)
        # Its connections are kept between calls, and closed with the test that has made it.
        weakref.finalize(self, self.client.close)

    def claim(self) -> list[dict[str, Any]]:
        return self.client.poll_jobs("w ü", ["a", "b"], 3)

    def complete(self, size: int = 0) -> None:
        with any_good_answer():
            self.client.complete_job("j/1", "w ü", {"x": "ü" + "y" * size})

    def fail(self) -> None:
        with any_good_answer():
            self.client.fail_job("j", "w ü", "no", True)

    def extend(self) -> str:
        return self.client.extend_job_lease("j", "w ü", 30)

    def complete_again(
        self, times: int, *, between: Between = lambda: None, size: int = 0
    ) -> list[Exception | None]:
        """Completions one after the other over kept connections: what each came to."""
        outcomes: list[Exception | None] = []
        for number in range(times):
            if number:
                between()
            try:
                self.complete(size)
                outcomes.append(None)
            except Exception as error:
                outcomes.append(error)
        return outcomes


class AsyncStack(Stack):
    """The hot path."""

    def _say(self, call: Callable[[HttpChannel], Awaitable[Any]]) -> Any:
        async def once() -> Any:
            channel = HttpChannel(self.client.connection, worker_id="w ü", lease_seconds=0)
            try:
                return await call(channel)
            finally:
                await channel.close()

        return asyncio.run(once())

    def claim(self) -> list[dict[str, Any]]:
        return self._say(lambda channel: channel.claim(["a", "b"], 3))  # type: ignore[no-any-return]

    def complete(self, size: int = 0) -> None:
        self._say(lambda channel: self._complete(channel, size))

    def fail(self) -> None:
        with any_good_answer():
            self._say(lambda channel: channel.fail("j", "no", True, before_write=lambda: None))

    def extend(self) -> str:
        return self._say(lambda channel: channel.extend("j", 30))  # type: ignore[no-any-return]

    def complete_again(
        self, times: int, *, between: Between = lambda: None, size: int = 0
    ) -> list[Exception | None]:
        async def all_of_them(channel: HttpChannel) -> list[Exception | None]:
            outcomes: list[Exception | None] = []
            for number in range(times):
                if number:
                    between()
                    await asyncio.sleep(0)  # a loop that is at work elsewhere sees what has come, too
                try:
                    await self._complete(channel, size)
                    outcomes.append(None)
                except Exception as error:
                    outcomes.append(error)
            return outcomes

        return self._say(all_of_them)  # type: ignore[no-any-return]

    async def _complete(self, channel: HttpChannel, size: int) -> None:
        with any_good_answer():
            await self._deliver(channel, b'{"x":"\\u00fc%b"}' % (b"y" * size))

    async def _deliver(self, channel: HttpChannel, encoded: bytes) -> None:
        await channel.complete("j/1", {}, encoded)


class AtOnceStack(AsyncStack):
    """The hot path as nearly every completion takes it: over a connection that rests, without a task."""

    async def _deliver(self, channel: HttpChannel, encoded: bytes) -> None:
        came: asyncio.Future[Callable[[], Awaitable[None]] | None] = (
            asyncio.get_running_loop().create_future()
        )
        if not channel.begin_completion("j/1", encoded, came.set_result):
            await super()._deliver(channel, encoded)
        elif (rest := await came) is not None:
            await rest()


both = pytest.mark.parametrize("stack", [Stack, AsyncStack], ids=["httpx", "lean"])
# For what is done over a connection that has served before.
all_ways = pytest.mark.parametrize(
    "stack", [Stack, AsyncStack, AtOnceStack], ids=["httpx", "lean", "lean, at once"]
)
