"""Which way a runner talks to the client it was given."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from workflow_sdk.client.deadline import current_lease_seconds
from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.client.job_channel import job_channel
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.client.thread_channel import ThreadChannel
from workflow_sdk.errors import HeartbeatUnsupportedError


class Subclass(RestEngineClient):
    """Somebody's own."""


class ThreeMethods:
    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def poll_jobs(self, *arguments: Any, **named: Any) -> list[dict[str, Any]] | None:
        self.calls.append(("poll", arguments, named, current_lease_seconds()))
        return None

    def complete_job(self, *arguments: Any, **named: Any) -> None:
        self.calls.append(("complete", arguments, named))

    def fail_job(self, *arguments: Any, **named: Any) -> None:
        self.calls.append(("fail", arguments, named))


class WithExtension(ThreeMethods):
    def extend_job_lease(self, *arguments: Any) -> str:
        self.calls.append(("extend", arguments))
        return "2026-01-01T00:00:00Z"


def test_a_client_as_we_wrote_it_takes_the_fast_way() -> None:
    with RestEngineClient("http://localhost:1") as client:
        assert isinstance(job_channel(client, worker_id="w"), HttpChannel)


@pytest.mark.parametrize("name", ["poll_jobs", "complete_job", "fail_job"])
def test_a_client_with_a_replaced_method_has_it_called(name: str) -> None:
    with RestEngineClient("http://localhost:1") as client:
        setattr(client, name, lambda *_: None)
        assert isinstance(job_channel(client, worker_id="w"), ThreadChannel)


def test_a_subclass_is_called_in_threads() -> None:
    with Subclass("http://localhost:1") as client:
        channel = job_channel(client, worker_id="w")
        assert isinstance(channel, ThreadChannel)
        assert channel.url == "http://localhost:1"


class Withheld(Exception):
    """What keeps a failure from its way."""


def withhold() -> None:
    raise Withheld


def test_a_failure_whose_time_is_over_when_a_thread_has_it_is_not_sent() -> None:
    client = ThreeMethods()
    channel = ThreadChannel(client, worker_id="w", lease_seconds=0)
    with pytest.raises(Withheld):
        asyncio.run(channel.fail("j", "no", True, before_write=withhold))
    assert client.calls == []


def test_another_client_is_called_with_exactly_the_published_arguments() -> None:
    client = WithExtension()
    channel = job_channel(client, worker_id="w", lease_seconds=60)

    async def talk() -> None:
        assert await channel.claim(["a"], 3) == []
        await channel.complete("j", {"x": 1}, b'{"x":1}')
        await channel.fail("j", "no", True, before_write=lambda: None)
        assert await channel.extend("j", 30) == "2026-01-01T00:00:00Z"

    asyncio.run(talk())
    assert client.calls == [
        ("poll", ("w", ["a"], 3), {}, 60),
        ("complete", ("j", "w", {"x": 1}), {}),
        ("fail", ("j", "w", "no", True), {}),
        ("extend", ("j", "w", 30)),
    ]


def test_a_client_that_can_only_claim_is_not_asked_for_a_sign_of_life() -> None:
    client = ThreeMethods()
    assert asyncio.run(job_channel(client, worker_id="w").probe()) is False
    assert client.calls == []


def test_a_client_without_lease_extension_says_so() -> None:
    channel = job_channel(ThreeMethods(), worker_id="w")
    with pytest.raises(HeartbeatUnsupportedError, match="ThreeMethods has no extend_job_lease"):
        asyncio.run(channel.extend("j", 30))
