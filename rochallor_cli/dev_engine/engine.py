"""One engine on one event loop: database, use cases, background work and HTTP server put together."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

import rochallor_cli.dev_engine.expression.evaluation  # noqa: F401 - ready before the first request
from rochallor_cli.dev_engine.api.server import Api
from rochallor_cli.dev_engine.background.periodic import Rounds, attempt, repeat
from rochallor_cli.dev_engine.clock import AheadClock, HandClock
from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.errors import DevEngineError, Refused
from rochallor_cli.dev_engine.services.definitions import upload
from rochallor_cli.dev_engine.services.resources import Resources
from rochallor_cli.dev_engine.services.unit_of_work import UnitOfWork
from rochallor_cli.dev_engine.store import Store
from rochallor_cli.dev_engine.store.database import adopt_version, open_database

if TYPE_CHECKING:
    from rochallor_cli.dev_engine.kafka.dispatch import KafkaDispatch

logger = logging.getLogger("rochallor_cli.dev_engine")

_SHUTDOWN_S = 1.0
# "A moment later": also what keeps a workflow that is its own next one from filling the memory at once.
_NEXT_WORKFLOW_DELAY_S = 0.02


class Engine:
    """Everything happens in the loop that `start` is called in."""

    def __init__(self, config: DevEngineConfig) -> None:
        self.config = config
        # A version that there is not is refused before a file is made.
        version = config.rules.version
        self._connection = open_database(config.db)
        self._adopt_version(version)
        self._resources = Resources(config, Store(self._connection))
        self._work = UnitOfWork(self._connection, after_commit=self._after_commit)
        self._rounds = Rounds(self._resources, self._work)
        # By hand: nothing happens by itself, everything due happens in `advance`.
        self._is_hand_driven = isinstance(config.clock, HandClock)
        self._began_ns = config.clock.now_ns()
        self._tasks: set[asyncio.Task[None]] = set()
        self._chain: asyncio.TimerHandle | None = None
        self._dispatch: KafkaDispatch | None = None
        # Where workers find the jobs in dispatch mode "kafka".
        self.brokers = ""
        self._runner = web.ServerRunner(
            Api(self._resources, self._work).server(), shutdown_timeout=_SHUTDOWN_S, handle_signals=False
        )

    async def start(self) -> int:
        """Serve; the port. Raises DevEngineError when that cannot be."""
        await self._upload_definitions()
        if self.config.dispatch == "kafka":
            await self._start_dispatch()
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.config.host, self.config.port)
        try:
            await site.start()
        except OSError as error:
            raise DevEngineError(
                f"cannot listen on {self.config.host} port {self.config.port}: {_reason_of(error)}; "
                "name another port, or 0 for any free one"
            ) from error
        if not self._is_hand_driven:
            self._spawn(repeat(self.config.sweep_s, self._rounds.sweep_leases))
            self._spawn(repeat(self.config.timer_s, self._rounds.fire_timers))
            if self._resources.rules.durable_chains:
                self._spawn(repeat(self.config.timer_s, self._rounds.start_next_workflows))
            self._after_commit()
        port: int = self._runner.addresses[0][1]
        return port

    async def stop(self) -> None:
        """Stop serving, then close the database."""
        if self._chain is not None:
            self._chain.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.cleanup()
        self._work.flush()
        if self._dispatch is not None:
            await self._dispatch.stop()
        self._connection.close()

    async def advance(self, seconds: float) -> None:
        """Move the clock, doing on the way what is due, each at its own time."""
        clock = self.config.clock
        if not isinstance(clock, (HandClock, AheadClock)):
            raise DevEngineError("advance() needs an engine with a hand-driven clock")
        until_ns = clock.now_ns() + round(seconds * 1e9)
        await self._do_what_is_due()
        while (next_ns := self._next_ns(clock.now_ns())) is not None and next_ns <= until_ns:
            clock.move_to(next_ns)
            await self._do_what_is_due()
        clock.move_to(until_ns)
        if self._resources.rules.durable_chains:
            await self._rounds.start_next_workflows()

    async def fire_next_timer(self, instance_id: str) -> str | None:
        """Move the clock to when the first timer of an instance fires; the step it is on, None without any."""
        found = self._resources.store.timers.next_of(instance_id)
        if found is None:
            return None
        fires_ns, step_id = found
        await self.advance(max(0, fires_ns - self.config.clock.now_ns()) / 1e9)
        return step_id

    async def _do_what_is_due(self) -> None:
        sweep_ns = self._next_sweep_ns()
        if sweep_ns is not None and sweep_ns <= self.config.clock.now_ns():
            await self._rounds.sweep_leases()
        await self._rounds.fire_timers()
        if self._resources.next_workflows_due:
            await self._rounds.start_next_workflows()

    def _next_ns(self, after_ns: int) -> int | None:
        times = (self._resources.store.timers.next_after(after_ns), self._next_sweep_ns())
        return min((time_ns for time_ns in times if time_ns is not None), default=None)

    def _next_sweep_ns(self) -> int | None:
        """The first sweep that finds a lease at its end; sweeps come at a fixed beat from the start on."""
        expiry_ns = self._resources.store.jobs.next_expiry_ns()
        if expiry_ns is None:
            return None
        beat_ns = round(self.config.sweep_s * 1e9)
        beats = -((self._began_ns - expiry_ns) // beat_ns)
        return self._began_ns + max(beats, 1) * beat_ns

    def _adopt_version(self, version: str) -> None:
        path = self.config.db
        try:
            before = adopt_version(self._connection, version, path)
        except DevEngineError:
            self._connection.close()
            raise
        if before != version:
            text = "%s was used as version %s of the engine, and goes on as version %s"
            logger.warning(text, path, before, version)

    async def _start_dispatch(self) -> None:
        # confluent-kafka is loaded only where it is needed.
        from rochallor_cli.dev_engine.kafka.dispatch import KafkaDispatch

        self._dispatch = KafkaDispatch(self._resources, self._work)
        self.brokers = await self._dispatch.start()

    def _after_commit(self) -> None:
        if self._dispatch is not None:
            self._dispatch.committed()
        if self._resources.next_workflows_due and self._chain is None and not self._is_hand_driven:
            loop = asyncio.get_running_loop()
            self._chain = loop.call_later(_NEXT_WORKFLOW_DELAY_S, self._start_chain)

    def _start_chain(self) -> None:
        self._chain = None
        self._spawn(attempt(self._rounds.start_next_workflows))

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _upload_definitions(self) -> None:
        if self.config.definitions is None:
            return
        for path in _documents(self.config.definitions):
            try:
                body = path.read_bytes()
                await self._work.do(lambda body=body: upload(self._resources, body))  # type: ignore[misc]
            except OSError as error:
                raise DevEngineError(f"{path} cannot be read: {error.strerror}") from error
            except Refused as refused:
                raise DevEngineError(f"{path} cannot be uploaded: {refused.reason}") from refused


def _reason_of(error: OSError) -> str:
    """The system's words alone: asyncio puts the address round them, with brackets and quotes."""
    if error.errno is not None and error.errno > 0:
        return os.strerror(error.errno).lower()
    return error.strerror or str(error)


def _documents(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise DevEngineError(f"{folder} is no folder of definitions")
    return sorted(folder.glob("*.json"))
