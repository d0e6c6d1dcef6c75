"""The two HTTP stacks behind one face, for tests that hold them to the same promise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from workflow_sdk.client.aiohttp_channel import AiohttpChannel
from workflow_sdk.client.rest import RestEngineClient


class Stack:
    """One of the two ways to say the same."""

    def __init__(self, url: str, **options: Any) -> None:
        self.client = RestEngineClient(url, options.pop("timeout", 5.0), **options)

    def claim(self) -> list[dict[str, Any]]:
        return self.client.poll_jobs("w ü", ["a", "b"], 3)

    def complete(self) -> None:
        self.client.complete_job("j/1", "w ü", {"x": "ü"})

    def fail(self) -> None:
        self.client.fail_job("j", "w ü", "no", True)

    def extend(self) -> str:
        return self.client.extend_job_lease("j", "w ü", 30)


class AsyncStack(Stack):
    def _say(self, call: Callable[[AiohttpChannel], Awaitable[Any]]) -> Any:
        async def once() -> Any:
            channel = AiohttpChannel(self.client.connection, worker_id="w ü", lease_seconds=0)
            try:
                return await call(channel)
            finally:
                await channel.close()

        return asyncio.run(once())

    def claim(self) -> list[dict[str, Any]]:
        return self._say(lambda channel: channel.claim(["a", "b"], 3))  # type: ignore[no-any-return]

    def complete(self) -> None:
        self._say(lambda channel: channel.complete("j/1", {}, b'{"x":"\\u00fc"}'))

    def fail(self) -> None:
        self._say(lambda channel: channel.fail("j", "no", True))

    def extend(self) -> str:
        return self._say(lambda channel: channel.extend("j", 30))  # type: ignore[no-any-return]


both = pytest.mark.parametrize("stack", [Stack, AsyncStack], ids=["httpx", "aiohttp"])
