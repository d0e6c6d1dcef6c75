"""SimulatedEngine: the embedded engine's endpoints and background work, its store in memory, in simulated time."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

from rochallor_cli.dev_engine.api import shapes
from rochallor_cli.dev_engine.api.endpoints import Endpoints, Request
from rochallor_cli.dev_engine.api.routes import NoRoute, find_route
from rochallor_cli.dev_engine.background.periodic import Rounds, repeat
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.errors import Refused
from rochallor_cli.dev_engine.records import ExecutionStatus
from rochallor_cli.dev_engine.services.definitions import upload
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork
from rochallor_cli.dev_engine.store import Store
from rochallor_cli.dev_engine.store.database import open_database
from workflow_sdk.client.answers import RawResponse

SWEEP_S = 1.0
_BEGAN_NS = 1_767_225_600_000_000_000


class _SimulatedClock:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now_ns(self) -> int:
        return _BEGAN_NS + round(self._loop.time() * 1e9)


class SimulatedEngine:
    """`answer` is what a request over a sound network gets. `lease_ends` counts leases that ended unreported, by
    step execution; `leased_until` is when each job's latest lease ends, on the loop's clock.
    """

    def __init__(self, *, version: str, lease_s: float, seed: int) -> None:
        loop = asyncio.get_running_loop()
        self._loop = loop
        config = DevEngineConfig(
            engine_version=version,
            lease_s=lease_s,
            sweep_s=SWEEP_S,
            seed=seed,
            clock=_SimulatedClock(loop),
        )
        self._connection = open_database(None)
        self._resources = Resources(config, Store(self._connection))
        self._work = UnitOfWork(self._connection, after_commit=lambda: None)
        self._endpoints = Endpoints(self._resources, self._work)
        self._rounds = Rounds(self._resources, self._work)
        self._tasks = [
            loop.create_task(repeat(SWEEP_S, self._sweep)),
            loop.create_task(repeat(1.0, self._rounds.fire_timers)),
        ]
        self.lease_ends: Counter[str] = Counter()
        self.leased_until: dict[str, float] = {}

    async def upload(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        await self._work.do(lambda: upload(self._resources, body))

    async def start(self, definition_id: str, variables: dict[str, Any]) -> str:
        """The id of a new instance."""
        body = json.dumps({"definitionId": definition_id, "variables": variables}).encode()
        answered = await self.answer("POST", "/v1/instances", body)
        return str(json.loads(answered.body)["id"])

    async def get(self, path: str) -> Any:
        return json.loads((await self.answer("GET", path, b"")).body)

    async def answer(self, method: str, path: str, body: bytes) -> RawResponse:
        route = find_route(method, path, self._resources.rules)
        if isinstance(route, NoRoute):
            text = b"404 page not found\n" if route is NoRoute.UNKNOWN_PATH else b""
            return RawResponse(route.value, {"content-type": "text/plain"}, text)
        request = Request(route.parameters, {}, "application/json", body, has_length=bool(body))
        try:
            answer = await getattr(self._endpoints, route.name)(request)
            status, text = answer.status, answer.json
        except Refused as refused:
            status, text = refused.status, shapes.error_shape(refused.code, refused.reason)
        response = RawResponse(status, {"content-type": "application/json"} if text else {}, text.encode())
        if path == "/v1/jobs/poll" and status == 200:
            self._note_leases(json.loads(text)["jobs"] or [])
        return response

    def is_running(self, step_execution_id: str) -> bool:
        question = "SELECT status FROM execution WHERE id = ?"
        (status,) = self._connection.execute(question, [step_execution_id]).fetchone()
        return bool(status == ExecutionStatus.RUNNING)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._connection.close()

    def _note_leases(self, jobs: list[dict[str, Any]]) -> None:
        until = self._loop.time() + self._resources.config.lease_s
        self.leased_until.update((job["id"], until) for job in jobs)

    async def _sweep(self) -> None:
        for job, _ in self._resources.store.jobs.expired(self._resources.clock.now_ns()):
            found = self._resources.store.jobs.find_in_place(job.id)
            if found is not None and found.step_status is ExecutionStatus.RUNNING:
                self.lease_ends[job.execution_id] += 1
        await self._rounds.sweep_leases()
