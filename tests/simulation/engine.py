"""SimulatedEngine: the embedded engine's endpoints and background work, its store in memory, in simulated time."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from contextvars import copy_context
from functools import cache
from sqlite3 import Connection
from typing import Any, NamedTuple, TypeVar

from rochallor_cli.dev_engine.api import record_json
from rochallor_cli.dev_engine.api.endpoints import Endpoints, Request
from rochallor_cli.dev_engine.api.routes import NoRoute, find_route
from rochallor_cli.dev_engine.background.periodic import Rounds
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from rochallor_cli.dev_engine.kafka.relay import record_of
from rochallor_cli.dev_engine.records import ExecutionStatus
from rochallor_cli.dev_engine.services.definitions import upload
from rochallor_cli.dev_engine.services.offloading import Offloading
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.store import Store
from rochallor_cli.dev_engine.store.database import open_database
from workflow_sdk.client.answers import RawResponse

T = TypeVar("T")

SWEEP_S = 1.0
RELAY_S, RELAY_BATCH = 0.25, 50
_WAITING = "SELECT seq, dedup_id FROM outbox ORDER BY seq LIMIT ?"
# A result with the one is to it as with the other, which its database refuses, and which this worker would not send.
_UNSTORABLE = (b'"unstorable":true', b'"unstorable":"\\u0000"')
_BEGAN_NS = 1_767_225_600_000_000_000


class InstanceEnd(NamedTuple):
    """How an instance has ended; `steps` are the ids of its service tasks' executions, with the step's own."""

    id: str
    status: str
    reason: str
    variables: dict[str, Any]
    steps: list[tuple[str, str]]


@cache
def _new_database() -> bytes:
    """What each world begins with: to copy it takes a tenth of the time that its schema does."""
    with closing(open_database(None)) as connection:
        return connection.serialize()


class _SimulatedClock:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now_ns(self) -> int:
        return _BEGAN_NS + round(self._loop.time() * 1e9)


class _AtOnce:
    """In place of a UnitOfWork: each piece of work is a transaction of its own, done when it is asked for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.offloading = Offloading()

    async def do(self, work: Callable[[], T]) -> T:
        self._connection.execute("BEGIN")
        try:
            result = work()
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        return result


def _result(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("the engine waits, and nothing may happen meanwhile")


class SimulatedEngine:
    """`answer` is what a request over a sound network gets. `lease_ends` counts leases that ended unreported, by
    step execution; `leased_until` is when each job's latest lease ends, on the loop's clock; `leased_to`, whose.
    """

    def __init__(
        self,
        *,
        version: str,
        lease_s: float,
        seed: int,
        extends_leases: bool = False,
        publish: Callable[[DispatchRecord], bool] | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        # What it does later it does whatever becomes of the process that has asked for it.
        self._world = copy_context()
        config = DevEngineConfig(
            engine_version=version,
            lease_s=lease_s,
            sweep_s=SWEEP_S,
            seed=seed,
            clock=_SimulatedClock(loop),
            dispatch="polling" if publish is None else "kafka",
        )
        self._connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        self._connection.deserialize(_new_database())
        self._resources = Resources(config, Store(self._connection))
        self._work: Any = _AtOnce(self._connection)
        self._endpoints = Endpoints(self._resources, self._work)
        self._rounds = Rounds(self._resources, self._work)
        self._is_open = True
        self._extends_leases = extends_leases
        self._publish = publish
        self._relay_is_due = False
        self._written: dict[str, DispatchRecord] = {}
        # By job, where it was asked for.
        self._instances: dict[str, str] = {}
        self._steps: dict[str, str] = {}
        # Polls that found nothing, each with the count of changes at that time.
        self._in_vain: dict[bytes, tuple[int, RawResponse]] = {}
        loop.call_later(SWEEP_S, self._sweep)
        self.lease_ends: Counter[str] = Counter()
        self.leased_until: dict[str, float] = {}
        self.leased_to: dict[str, str] = {}
        self.cancelled: set[str] = set()
        # Instances and jobs of which the engine has forgotten something that it had said: nobody can know what.
        self._forgotten: set[str] = set()

    def upload(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        _result(self._work.do(lambda: upload(self._resources, body)))

    def start(self, definition_id: str, variables: dict[str, Any]) -> str:
        """The id of a new instance."""
        body = json.dumps({"definitionId": definition_id, "variables": variables}).encode()
        return str(json.loads(self.answer("POST", "/v1/instances", body).body)["id"])

    def ends(self) -> list[InstanceEnd]:
        """How every instance has ended, in the order of their starts."""
        question = "SELECT id, status, coalesce(failure_reason, ''), variables FROM instance ORDER BY seq"
        instances = self._connection.execute(question)
        steps = self._connection.execute(
            "SELECT instance_id, id, step_id FROM execution WHERE step_type = 'SERVICE_TASK'"
        )
        by_instance: dict[str, list[tuple[str, str]]] = {}
        for instance_id, id_, step_id in steps:
            by_instance.setdefault(instance_id, []).append((id_, step_id))
        return [
            InstanceEnd(id_, status, reason, json.loads(variables), by_instance.get(id_, []))
            for id_, status, reason, variables in instances
        ]

    @property
    def is_done(self) -> bool:
        """Whether every instance has ended."""
        question = "SELECT EXISTS (SELECT * FROM instance WHERE status IN ('ACTIVE', 'WAITING'))"
        return not self._connection.execute(question).fetchone()[0]

    def answer(self, method: str, path: str, body: bytes) -> RawResponse:
        if path != "/v1/jobs/poll":
            return self._answer(method, path, body)
        changes, answered = self._in_vain.get(body, (-1, None))
        if answered is not None and changes == self._connection.total_changes:
            return answered
        answered = self._answer(method, path, body)
        jobs = json.loads(answered.body)["jobs"] if answered.status_code == 200 else None
        if jobs:
            until = self._loop.time() + self._resources.config.lease_s
            self.leased_until.update((job["id"], until) for job in jobs)
            self.leased_to.update((job["id"], job["workerId"]) for job in jobs)
        else:
            self._in_vain[body] = self._connection.total_changes, answered
        return answered

    def _answer(self, method: str, path: str, body: bytes) -> RawResponse:
        if self._extends_leases and path.endswith("/heartbeat"):
            return self._extended(path.split("/")[3], json.loads(body))
        route = find_route(method, path, self._resources.rules)
        if isinstance(route, NoRoute):
            text = b"404 page not found\n" if route is NoRoute.UNKNOWN_PATH else b""
            return RawResponse(route.value, {"content-type": "text/plain"}, text)
        meant = body.replace(*_UNSTORABLE)
        request = Request(route.parameters, {}, "application/json", meant, has_length=bool(meant))
        try:
            answer = _result(getattr(self._endpoints, route.name)(request))
            status, text = answer.status, answer.json
        except Refused as refused:
            status, text = refused.status, record_json.error_shape(refused.code, refused.reason)
        self._relay_soon()
        return RawResponse(status, {"content-type": "application/json"} if text else {}, text.encode())

    def _extended(self, job_id: str, asked: dict[str, Any]) -> RawResponse:
        """As newer engines are said to do it; the embedded one knows no such request."""
        now_ns, seconds = self._resources.clock.now_ns(), asked["leaseSeconds"]
        extended = self._connection.execute(
            "UPDATE job SET lock_expires_ns = ? WHERE id = ? AND worker_id = ? AND lock_expires_ns > ?",
            [now_ns + seconds * 1_000_000_000, job_id, asked["workerId"], now_ns],
        )
        if not extended.rowcount:
            text = record_json.error_shape("conflict", "the lease is over")
            return RawResponse(409, {"content-type": "application/json"}, text.encode())
        self.leased_until[job_id] = self._loop.time() + seconds
        text = json.dumps({"accepted": True, "lockExpiresAt": str(now_ns)})
        return RawResponse(200, {"content-type": "application/json"}, text.encode())

    def cancel(self, instance_id: str) -> None:
        """As somebody does whose job is lost."""
        if self.answer("POST", f"/v1/instances/{instance_id}/cancel", b"{}").status_code < 300:
            self.cancelled.add(instance_id)

    def cancel_later(self, delay_s: float, instance_id: str, step_execution_id: str) -> None:
        """As somebody does who has been told that the step cannot go on, unless it has meanwhile."""

        def cancel() -> None:
            if self._is_open and self.is_running(instance_id, step_execution_id):
                self.cancel(instance_id)

        self._loop.call_later(delay_s, cancel, context=self._world)

    def on_disk(self) -> bytes:
        """What is left should its machine die now."""
        return self._connection.serialize()

    def go_back(self, on_disk: bytes, *, cancels: bool) -> None:
        """Forget the transactions since, whose answers may have been given. `cancels`: where jobs are published once,
        somebody cancels their instances.
        """
        before = self._jobs()
        self._connection.deserialize(on_disk)
        self._instances.clear()
        self._steps.clear()
        self._forgotten.update(id_ for job in before ^ self._jobs() for id_ in job[:2])
        self._in_vain.clear()
        if cancels:
            for instance_id in sorted({job[1] for job in before ^ self._jobs()}):
                self.cancel(instance_id)

    def has_forgotten(self, job_id: str) -> bool:
        """Whether it has lost something that it had said of this job, or of its instance."""
        return not self._forgotten.isdisjoint((job_id, self.instance_of(job_id)))

    def _jobs(self) -> set[tuple[Any, ...]]:
        question = "SELECT id, instance_id, status, retries_remaining, worker_id, lock_expires_ns FROM job"
        return set(self._connection.execute(question))

    def attempt_of(self, job_id: str) -> tuple[str, int] | None:
        """The step execution and the retries left of a job that is open; None for any other."""
        question = (
            "SELECT execution_id, retries_remaining FROM job WHERE id = ? AND status IN ('OFFERED', 'LOCKED')"
        )
        found: tuple[str, int] | None = self._connection.execute(question, [job_id]).fetchone()
        return found

    def instance_of(self, job_id: str) -> str:
        """The id of the instance that this job belongs to; empty where there is no such job."""
        known = self._instances.get(job_id)
        if known is None:
            found = self._connection.execute("SELECT instance_id FROM job WHERE id = ?", [job_id]).fetchone()
            if found is None:
                return ""
            known = self._instances[job_id] = str(found[0])
        return known

    def step_of(self, job_id: str) -> str:
        """The step execution that this job belongs to; empty where there is no such job."""
        known = self._steps.get(job_id)
        if known is None:
            question = "SELECT execution_id FROM job WHERE id = ?"
            found = self._connection.execute(question, [job_id]).fetchone()
            if found is None:
                return ""
            known = self._steps[job_id] = str(found[0])
        return known

    def status_of_step(self, instance_id: str, step_execution_id: str) -> str:
        """Empty where there is no such step execution."""
        question = "SELECT status FROM execution WHERE instance_id = ? AND id = ?"
        found = self._connection.execute(question, [instance_id, step_execution_id]).fetchone()
        return "" if found is None else str(found[0])

    def is_running(self, instance_id: str, step_execution_id: str) -> bool:
        return self.status_of_step(instance_id, step_execution_id) == ExecutionStatus.RUNNING

    def has_ended(self, instance_id: str) -> bool:
        """Whether the instance is over, so that whatever is reported of it counts for nothing."""
        question = "SELECT status FROM instance WHERE id = ?"
        found = self._connection.execute(question, [instance_id]).fetchone()
        return found is not None and found[0] not in ("ACTIVE", "WAITING")

    def _relay_soon(self) -> None:
        """The real engine's relay rests for a quarter of a second whenever it has found nothing."""
        if self._publish is not None and not self._relay_is_due:
            self._relay_is_due = True
            rest_s = self._resources.random.uniform(0.0, RELAY_S)
            self._loop.call_later(rest_s, self._relay, context=self._world)

    def _relay(self) -> None:
        """Publish what waits, as a batch: while one record of it cannot be published, all are, again and again."""
        self._relay_is_due = False
        if not self._is_open or self._publish is None:
            return
        pending = self._connection.execute(_WAITING, [RELAY_BATCH]).fetchall()
        if not pending:
            return
        outbox, written = self._resources.store.outbox, self._written
        if any(dedup_id not in written for _, dedup_id in pending):
            for entry in outbox.pending(RELAY_BATCH):
                written.setdefault(entry.dedup_id, record_of(entry))
        # What is published again is what was written first, whatever has become of the job meanwhile.
        taken = [self._publish(written[dedup_id]) for _, dedup_id in pending]
        if all(taken):
            _result(self._work.do(lambda: outbox.forget(seq for seq, _ in pending)))
        self._relay_soon()

    def close(self) -> None:
        self._is_open = False
        self._connection.close()

    def _sweep(self) -> None:
        if not self._is_open:
            return
        self._loop.call_later(SWEEP_S, self._sweep)
        now_ns = self._resources.clock.now_ns()
        ends_ns = self._resources.store.jobs.next_expiry_ns()
        if ends_ns is None or ends_ns > now_ns:
            return
        for job, _ in self._resources.store.jobs.expired(now_ns):
            found = self._resources.store.jobs.find_in_place(job.id)
            if found is not None and found.step_status is ExecutionStatus.RUNNING:
                self.lease_ends[job.execution_id] += 1
        _result(self._rounds.sweep_leases())
