"""How often the engine is asked, and what windows are told."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from typing import Any, cast

import pytest
from simulation.loop import SimulatedLoop

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.instances.polling import PollInterval
from rochallor_cli.ui.events import MOST_WINDOWS
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.pages.addresses import page_at
from rochallor_cli.ui.pages.page import UiPage
from rochallor_cli.ui.poller import PageSnapshot, Part, Poller, WatchedPage
from support.engines import running_engine
from support.scripted_server import Answer, stand_in
from support.ui_pages import Visitor, ui_of
from support.workflows import document, service, user_task
from workflow_sdk.client.rest import RestEngineClient

MINUTES = 10


class Shown(UiPage):
    template, parts, section = "none", (), "none"

    def read(self) -> Any:
        return None

    def values(self, found: Any) -> dict[str, Any]:
        return {}

    def title(self, found: Any) -> str:
        return ""


def page(address: str) -> UiPage:
    return Shown(cast(PageEngine, None), address)


class ParsedDefinition:
    """Counts looks; each takes a moment, and what it finds changes when it is told to."""

    def __init__(self) -> None:
        self.looks: list[tuple[str, float]] = []
        self.found = "a"

    async def __call__(self, at: UiPage, last: PageSnapshot) -> PageSnapshot:
        self.looks.append((at.address, asyncio.get_running_loop().time()))
        await asyncio.sleep(0.01)
        return PageSnapshot(
            {"part": Part(self.found, self.found)},
            every_s=at.every_s(None) if "list" in at.address else 0,
            state=self.found,
        )


def looks_of_watch(seconds: float) -> int:
    """How often `instances watch` looks at an instance at which nothing happens."""
    pauses, spent, looks = PollInterval(), 0.0, 0
    while spent < seconds:
        looks += 1
        spent += pauses.next_s
        pauses.take(changed=False)
    return looks


def simulated(course: Any) -> None:
    def in_thread(*_: Any) -> asyncio.Future[Any]:
        raise AssertionError("the poller itself starts no threads")

    loop = SimulatedLoop(Random(0), in_thread=in_thread)
    task = loop.create_task(course())
    loop.run_until_complete(task)


@pytest.mark.parametrize("addresses", [1, 3, 20])
def test_however_many_windows_there_are_no_more_is_asked_than_watch_asks(addresses: int) -> None:
    reading = ParsedDefinition()

    async def course() -> None:
        poller = Poller(reading)
        polling = asyncio.create_task(poller.run())
        with ExitStack() as windows:
            for number in range(3 * addresses):
                windows.enter_context(poller.watched(page(f"/{number % addresses}")))
            await asyncio.sleep(60 * MINUTES)
        polling.cancel()

    simulated(course)
    assert len(reading.looks) <= looks_of_watch(60 * MINUTES)
    # Each has its turn.
    assert {address for address, _ in reading.looks[-addresses:]} == {f"/{n}" for n in range(addresses)}


def test_a_list_is_looked_at_as_the_command_does_and_hidden_windows_are_not_followed() -> None:
    reading = ParsedDefinition()

    async def course() -> None:
        poller = Poller(reading)
        polling = asyncio.create_task(poller.run())
        with poller.watched(page("/list")):
            await asyncio.sleep(60)
        seen = len(reading.looks)
        assert seen <= 31
        await asyncio.sleep(600)
        assert len(reading.looks) <= seen + 1
        polling.cancel()

    simulated(course)


def test_a_window_is_told_once_of_each_change() -> None:
    reading = ParsedDefinition()

    async def course() -> None:
        poller = Poller(reading)
        polling = asyncio.create_task(poller.run())
        with poller.watched(page("/x")) as subject:
            first = await subject.beyond(0)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(subject.beyond(first), 30)
            reading.found = "b"
            assert await asyncio.wait_for(subject.beyond(first), 30) == first + 1
            assert subject.look.parts["part"].html == "b"
        polling.cancel()

    simulated(course)


def test_a_look_of_this_second_serves_whoever_comes() -> None:
    reading = ParsedDefinition()

    async def course() -> None:
        poller = Poller(reading)
        for _ in range(5):
            await poller.looked_at(page("/x"))
        assert len(reading.looks) == 1
        await asyncio.sleep(2)
        await poller.looked_at(page("/x"))
        assert len(reading.looks) == 2

    simulated(course)


def test_addresses_that_nobody_is_at_are_forgotten() -> None:
    reading = ParsedDefinition()

    async def course() -> None:
        poller = Poller(reading)
        with poller.watched(page("/kept")) as kept:
            for number in range(1_000):
                await poller.looked_at(page(f"/{number}"))
            assert poller.subject(page("/kept")) is kept
            assert len(poller._subjects) <= 66

    simulated(course)


# --- a real one ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flow() -> Iterator[tuple[RestEngineClient, Visitor]]:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("score", "approve"), user_task("approve"), id_="flow"))
        with ui_of(engine.url) as visitor:
            yield client, visitor


def test_an_instance_is_followed_to_its_end(flow: tuple[RestEngineClient, Visitor]) -> None:
    client, visitor = flow
    started = client.start_instance("flow", {})["id"]
    told: dict[str, str] = {}
    with visitor.events(f"/instances/{started}") as events:

        def until(text: str) -> None:
            while text not in told.get("head", ""):
                told.update({name: part[1] for name, part in next(events)["parts"].items()})

        until("ACTIVE")
        for job in client.poll_jobs("t", ["score"], 10):
            client.complete_job(job["id"], "t", {"score": 7})
        until("WAITING")
        assert "waits for a person" in told["why"]
        client.complete_user_task("approve", "jane", {}, instance_id=started)
        until("COMPLETED")
    assert "is-completed" in told["picture"]


def test_a_list_grows_while_it_is_looked_at(flow: tuple[RestEngineClient, Visitor]) -> None:
    client, visitor = flow
    with visitor.events("/instances?status=ACTIVE") as events:
        next(events)
        started = client.start_instance("flow", {})["id"]
        assert started in next(event for event in events if event["parts"])["parts"]["list"][1]


def test_a_look_at_an_instance_costs_what_a_look_of_watch_does() -> None:
    started = "01M8F67NFZ001ZM4WAD2XA5AZ1"
    definition = {**document(user_task("approve"), id_="flow"), "version": 1}
    row = {"ID": "e", "StepID": "approve", "StepType": "USER_TASK", "Status": "RUNNING", "AttemptNumber": 1}

    def engine_of(method: str, path: str, body: bytes) -> Answer:
        if path.endswith("/history"):
            return 200, {"items": [{**row, "StartedAt": "2026-11-28T10:00:00Z"}]}
        if "/v1/definitions/" in path:
            return 200, definition
        at = {"currentStepIds": ["approve"], "definitionId": "flow", "definitionVersion": 1}
        return 200, {"id": started, "status": "WAITING", "startedAt": "2026-11-28T10:00:00Z", **at}

    with stand_in(engine_of) as there, connect(EngineAccess(there.url)) as client:
        asked: list[str] = []

        def ask() -> EngineVersion:
            asked.append("version")
            return EngineVersion(("next",), "said")

        page_engine = PageEngine(
            AdminClient(client, Settings(access=EngineAccess(there.url))), lambda: datetime.now(UTC), ask
        )
        looked_at = page_at(page_engine, f"/instances/{started}")
        looked_at.read()
        there.seen.clear()
        found = looked_at.read()
        # What is as it was is neither explained nor written anew.
        assert all(looked_at.read() is found for _ in range(9))
        assert len(there.seen) == 20
        assert asked == ["version"]


def test_windows_are_bounded(flow: tuple[RestEngineClient, Visitor]) -> None:
    _, visitor = flow
    with ExitStack() as windows:
        for _ in range(MOST_WINDOWS):
            next(windows.enter_context(visitor.events("/")))
        assert visitor.get("/events?page=/").status == 503
        assert visitor.get("/").status == 200


@pytest.mark.parametrize(
    "address", ["/nope", "/static/ui.css", "/events", "//evil.example", "/instances?status=x"]
)
def test_only_pages_are_followed(flow: tuple[RestEngineClient, Visitor], address: str) -> None:
    _, visitor = flow
    assert visitor.get(f"/events?page={address.replace('?', '%3F')}").status in (400, 404)


def test_a_look_is_equal_to_another_with_the_same_parts() -> None:
    look = PageSnapshot({"a": Part("m", "html")})
    assert look.seen == replace(look, title="other").seen


def test_an_engine_that_hung_is_asked_again_as_soon_as_one_that_refuses() -> None:
    subject = WatchedPage(page("/instances"))
    subject.read_s, subject.took_s = 100.0, 5.0
    subject.take(PageSnapshot(trouble="no answer", every_s=2.0))
    assert subject.due_s == 102.0
    subject.take(PageSnapshot(every_s=2.0))
    assert subject.due_s == 120.0
