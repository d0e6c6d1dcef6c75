"""An engine in Kafka mode that knows reports only: it counts them, and can be away or refuse a job for ever."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from types import TracebackType
from typing import Self

from aiohttp import web

POLL_ANSWER = {"error": "poll path disabled", "dispatch_mode": "kafka_outbox"}


class ReportingEngine:
    """Serves in a thread; entering starts it. What it has counted may be read by any thread.

    `completed` and `failed` count reports by job id, and every history shows the completed ones; jobs in `refused`
    get a 500 for ever; while `away` is set every request is answered 502, as a gateway does, and the reports among
    them are counted in `turned_away`.
    """

    def __init__(self) -> None:
        self.completed: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.variables: dict[str, object] = {}
        self.refused: set[str] = set()
        self.refusals: Counter[str] = Counter()
        self.away = False
        self.turned_away = 0
        self.polls = 0
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="reporting engine", daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    @property
    def reported(self) -> set[str]:
        """The jobs whose outcome has been acknowledged."""
        return set(self.completed) | set(self.failed)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/v1/jobs/poll", self._poll)
        app.router.add_post("/v1/jobs/{id}/complete", self._complete)
        app.router.add_post("/v1/jobs/{id}/fail", self._fail)
        app.router.add_get("/v1/instances/{id}/history", self._history)
        app.router.add_get("/v1/instances/{id}", self._instance)
        runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _poll(self, request: web.Request) -> web.Response:
        self.polls += 1
        return self._gateway_error() or web.json_response(POLL_ANSWER, status=410)

    async def _complete(self, request: web.Request) -> web.Response:
        return await self._count(request, self.completed)

    async def _fail(self, request: web.Request) -> web.Response:
        return await self._count(request, self.failed)

    async def _history(self, request: web.Request) -> web.Response:
        steps = [{"id": f"step-of-{job_id}", "status": "COMPLETED"} for job_id in self.completed]
        return self._gateway_error() or web.json_response({"items": steps})

    async def _instance(self, request: web.Request) -> web.Response:
        instance = {"id": request.match_info["id"], "definitionId": "d", "status": "ACTIVE"}
        return self._gateway_error() or web.json_response(instance)

    async def _count(self, request: web.Request, counts: Counter[str]) -> web.Response:
        job_id = request.match_info["id"]
        body = json.loads(await request.read())
        if (error := self._gateway_error()) is not None:
            self.turned_away += 1
            return error
        if job_id in self.refused:
            self.refusals[job_id] += 1
            answer = {"error": "internal-error", "reason": f'job "{job_id}" not found'}
            return web.json_response(answer, status=500)
        counts[job_id] += 1
        self.variables[job_id] = body.get("variables")
        return web.Response(status=204)

    def _gateway_error(self) -> web.Response | None:
        return web.Response(status=502, text="<html>bad gateway</html>") if self.away else None
