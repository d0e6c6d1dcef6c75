"""What an explanation claims is what the engine then does: random workflows, explained at every state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from rochallor_cli.configuration.settings import Settings
from rochallor_cli.dev_engine import CODES, DevEngine, HandClock, engine_rules
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.explanation.explaining import Explanation, explanation
from rochallor_cli.explanation.facts import FactsReader
from rochallor_cli.explanation.movers import Mover
from support.engines import running_engine
from support.random_workflows import random_document
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError

Key = tuple[str, str]
WALKS = 16


class Walk:
    """One instance of a random definition, on an engine whose clock stands still until it is moved."""

    def __init__(self, engine: DevEngine, admin: AdminClient, random: Random, name: str) -> None:
        self.engine, self.admin, self.random = engine, admin, random
        self.client = admin.client
        self.document = {**random_document(random), "id": name}
        for step in self.document["steps"]:
            if "jobType" in step:
                step["jobType"] = f"{name}-{step['id']}"
        self.client.upload_definition(self.document)
        self.reader = FactsReader(admin)
        self.held: dict[str, str] = {}
        self.id = ""

    def start(self) -> bool:
        try:
            self.id = self.client.start_instance(self.document["id"], {"n": self.random.randint(0, 3)})["id"]
        except EngineClientError:
            return False
        return True

    @property
    def now(self) -> datetime:
        clock = self.engine.config.clock
        return datetime.fromtimestamp(clock.now_ns() / 1e9, UTC)

    def explained(self, versions: tuple[str, ...]) -> Explanation:
        return explanation(self.reader.facts(self.id), versions, self.now)

    def seen(self) -> Any:
        return self.client.get_instance(self.id), self.client.get_instance_history(self.id)

    # --- doing ------------------------------------------------------------------------------------

    def jobs(self) -> dict[Key, str]:
        """Every job on offer by step and start of its execution."""
        types = [step["jobType"] for step in self.document["steps"] if "jobType" in step]
        if types:
            for job in self.client.poll_jobs("walk", types, 50):
                self.held[job["stepExecutionId"]] = job["id"]
        rows = {row["id"]: row for row in self.client.get_instance_history(self.id)}
        return {
            (rows[execution]["stepId"], rows[execution]["startedAt"]): job_id
            for execution, job_id in self.held.items()
            if rows[execution]["status"] == "RUNNING"
        }

    def do(self, mover: Mover) -> int:
        """Have it happen; the status of the answer."""
        if mover.kind == "timer":
            assert mover.at is not None
            seconds = (datetime.fromisoformat(mover.at) - self.now).total_seconds()
            self.engine.advance(max(seconds, 0) + 6)
            return 204
        changes = {"n": self.random.randint(0, 3)}
        try:
            if mover.kind == "job":
                self.client.complete_job(self.jobs()[mover.step, str(mover.since)], "walk", changes)
            elif mover.kind == "user-task":
                self.client.complete_user_task(mover.step, "me", changes, instance_id=self.id)
            else:
                self.client.signal(self.id, mover.step, changes)
        except EngineClientError as error:
            return error.status_code
        return 204

    # --- judging ----------------------------------------------------------------------------------

    def check_nothing_is_missing(self, found: Explanation) -> None:
        """Whatever is open is named."""
        named = {(mover.kind, mover.step) for mover in found.moved_by}
        for step, since in self.jobs():
            assert ("job", step) in named, (step, since)
        for step in self.document["steps"]:
            if step["type"] == "USER_TASK" and ("user-task", step["id"]) not in named:
                assert self.do(Mover("user-task", step["id"], None, "never")) in (404, 409)
            if step["type"] == "WAIT" and ("signal", step["id"]) not in named:
                assert self.do(Mover("signal", step["id"], None, "never")) == 409

    def check_stuck(self, found: Explanation) -> None:
        """Nothing moves it, however long one waits."""
        before = self.seen()
        for mover in found.moved_by:
            assert mover.answers_500 == "always"
            if mover.kind != "timer":
                assert self.do(mover) == 500
        self.engine.advance(hours=3)
        assert self.seen() == before
        assert found.causes

    def _is_far(self, mover: Mover) -> bool:
        """Hours of a timer in a loop are more than a test has time for."""
        return mover.at is not None and datetime.fromisoformat(mover.at) > self.now + timedelta(minutes=10)

    def check_moves(self, found: Explanation) -> None:
        before = self.seen()
        mover = self.random.choice([each for each in found.moved_by if not self._is_far(each)] or [None])
        if mover is None:
            return
        status = self.do(mover)
        if mover.answers_500 != "sometimes" and mover.certain:
            assert (status == 500) == (mover.answers_500 == "always" and mover.kind != "timer"), (
                mover,
                status,
            )
        if mover.answers_500 == "never" and mover.certain and mover.kind != "timer":
            assert status == 204
            assert self.seen() != before


@contextmanager
def clocked(version: str) -> Iterator[DevEngine]:
    with running_engine(engine_version=version, clock=HandClock(), lease_s=1e7) as engine:
        yield engine


@pytest.mark.parametrize("version", ["0", "1.1.0", "leases"])
def test_an_explanation_is_what_the_engine_does_next(version: str) -> None:
    verdicts: set[str] = set()
    for seed in range(WALKS):
        # An engine for each: timers of others, in loops, would fire by the thousand.
        with clocked(version) as engine, RestEngineClient(engine.url) as client:
            walk = Walk(engine, AdminClient(client, Settings()), Random(f"{version} {seed}"), "walk")
            verdicts.update(verdicts_of(walk, version))
    # Of the first version no walk of these gets stuck; its shapes have tests of their own.
    assert verdicts | ({"stuck"} if version == "0" else set()) == {"moves", "waits", "stuck", "ended"}


def verdicts_of(walk: Walk, version: str) -> Iterator[str]:
    """The verdicts along a walk, each of them judged."""
    verdict = "moves" if walk.start() else "ended"
    for _ in range(8):
        if verdict in ("moves", "waits"):
            verdict = step_of(walk, version)
            yield verdict


def step_of(walk: Walk, version: str) -> str:
    """One state explained and judged; the verdict."""
    found = walk.explained((version,))
    if found.verdict == "ended":
        return found.verdict
    assert found.certain or found.codes
    named = [*found.codes, *(code for code, _ in found.outlook.faults)]
    assert all(CODES[code].holds_for(engine_rules(version)) for code in named)
    walk.check_nothing_is_missing(found)
    if found.verdict == "stuck":
        walk.check_stuck(found)
    else:
        walk.check_moves(found)
    return found.verdict
