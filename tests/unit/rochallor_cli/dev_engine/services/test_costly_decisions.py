"""Expressions that cost much: others are served meanwhile, and what comes of them is the same."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.dev_engine.clock import HandClock
from rochallor_cli.dev_engine.errors import Refused, conflict
from rochallor_cli.dev_engine.expression import TooCostly
from rochallor_cli.dev_engine.services import decisions
from rochallor_cli.dev_engine.services.decisions import decide
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork
from support.workflows import decision, document, service, timer, transform, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

PATIENCE_S = 60.0


def in_a_unit_of_work(test: Callable[[UnitOfWork], Any]) -> None:
    async def run() -> None:
        with sqlite3.connect(":memory:", isolation_level=None) as connection:
            await asyncio.wait_for(test(UnitOfWork(connection, after_commit=lambda: None)), PATIENCE_S)
        connection.close()

    asyncio.run(run())


class Costly:
    """A decision that is too costly where all wait, and held up where nobody does."""

    def __init__(self, outcome: object) -> None:
        self.may_end = threading.Event()
        self.asked = self.made = 0
        self._outcome = outcome

    def __call__(self) -> Any:
        if threading.current_thread() is threading.main_thread():
            self.asked += 1
            raise TooCostly
        assert self.may_end.wait(PATIENCE_S)
        self.made += 1
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def test_others_are_served_while_a_costly_decision_is_made() -> None:
    async def test(work: UnitOfWork) -> None:
        costly = Costly("found")
        waiting = asyncio.create_task(work.do(lambda: decide("key", decision=costly)))
        while not costly.asked:
            await asyncio.sleep(0)
        for number in range(100):
            assert await work.do(lambda number=number: number) == number
        assert not waiting.done()
        costly.may_end.set()
        assert (await waiting, costly.made) == ("found", 1)

    in_a_unit_of_work(test)


def test_a_refusal_that_cost_much_is_the_answer() -> None:
    async def test(work: UnitOfWork) -> None:
        costly = Costly(conflict("no"))
        costly.may_end.set()
        with pytest.raises(Refused, match="no"):
            await work.do(lambda: decide("key", decision=costly))

    in_a_unit_of_work(test)


def test_what_has_changed_meanwhile_is_decided_anew() -> None:
    async def test(work: UnitOfWork) -> None:
        state, costly = ["before"], Costly("found")
        waiting = asyncio.create_task(work.do(lambda: decide(state[0], decision=costly)))
        while not costly.asked:
            await asyncio.sleep(0)
        await work.do(lambda: state.__setitem__(0, "after"))
        costly.may_end.set()
        await waiting
        assert costly.made == 2

    in_a_unit_of_work(test)


def test_what_keeps_changing_is_refused_in_the_end() -> None:
    async def test(work: UnitOfWork) -> None:
        costly = Costly("found")
        costly.may_end.set()
        with pytest.raises(Refused, match="keeps changing"):
            await work.do(lambda: decide(object(), decision=costly))

    in_a_unit_of_work(test)


@contextmanager
def engine(version: str) -> Iterator[tuple[DevEngine, RestEngineClient]]:
    config = DevEngineConfig(port=0, seed=1, engine_version=version, clock=HandClock())
    with DevEngine(config) as dev, RestEngineClient(dev.url) as client:
        yield dev, client


FLOW = document(
    transform("t", {"double": "${n * 2}", "many": "${len(filter(1..200, # > 100))}"}, "d"),
    decision("d", {"double > 3": "s", "double <= 3": "u"}),
    service("s", "u"),
    user_task("u", "w"),
    wait("w", "late", boundaryEvents=[timer("PT1H", "after", interrupting=False)]),
    transform("late", {"sum": "${double + many}"}, "end"),
    transform("after", {"fired": "${many > 1}"}, "idle"),
    user_task("idle"),
    id_="costly",
)


def lived(dev: DevEngine, client: RestEngineClient) -> list[Any]:
    """All that one instance goes through, by every kind of event."""
    client.upload_definition(FLOW)
    instance_id = client.start_instance("costly", {"n": 2})["id"]
    [job] = client.poll_jobs("w", ["s"], 1)
    client.complete_job(job["id"], "w", {"n": 3})
    client.complete_user_task("u", result={"by": "me"}, instance_id=instance_id)
    dev.advance(3_700)
    client.signal(instance_id, "w", {})
    instance = client.get_instance(instance_id)
    steps = [(row["stepId"], row["status"]) for row in client.get_instance_history(instance_id)]
    return [instance["status"], instance["variables"], sorted(steps)]


@pytest.mark.parametrize("version", ["0", "1.1.0", "next"])
def test_an_instance_lives_as_ever_where_each_of_its_decisions_is_made_apart(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine(version) as (dev, client):
        as_ever = lived(dev, client)
    monkeypatch.setattr(decisions, "AT_ONCE_STEPS", -1)
    with engine(version) as (dev, client):
        apart = lived(dev, client)
    assert apart == as_ever


def started(url: str, definition_id: str) -> Any:
    with RestEngineClient(url, PATIENCE_S) as client:
        return client.start_instance(definition_id)


def test_a_loop_of_cheap_steps_is_followed_apart_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of its thousands of steps costs little, and all of them half a second."""
    begun, may_go_on = threading.Event(), threading.Event()
    really = decisions.CostlyDecision.made

    def made(costly: decisions.CostlyDecision) -> decisions.Decided:
        begun.set()
        assert may_go_on.wait(PATIENCE_S), "nobody was answered meanwhile"
        return really(costly)

    monkeypatch.setattr(decisions.CostlyDecision, "made", made)
    endless = document(
        transform("t", {"x": "${1}"}, "d"), decision("d", {"true": "t", "false": "end"}), id_="endless"
    )
    with engine("next") as (dev, client), ThreadPoolExecutor(1) as others:
        client.upload_definition(endless)
        starting = others.submit(started, dev.url, "endless")
        assert begun.wait(PATIENCE_S)
        client.healthz()
        may_go_on.set()
        failed = client.get_instance(starting.result(PATIENCE_S)["id"])
    assert "entered without a rest" in failed["failureReason"]


def test_an_event_whose_expressions_cost_too_much_together_fails_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decisions, "AT_ONCE_STEPS", 1_000)
    monkeypatch.setattr(decisions, "APART_STEPS", 20_000)
    entries = {f"t{number}": "${len(filter(1..300, # > 5))}" for number in range(50)}
    with engine("next") as (_, client):
        client.upload_definition(document(transform("t", entries), id_="greedy"))
        instance = client.get_instance(client.start_instance("greedy")["id"])
    assert instance["status"] == "FAILED"
    assert "the expressions of this event have cost too much together" in instance["failureReason"]
