"""The dev engine as its users hold it: started, stopped, and asked from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from rochallor_cli.dev_engine.config import DevEngineConfig
from rochallor_cli.dev_engine.errors import DevEngineError

if TYPE_CHECKING:
    from rochallor_cli.dev_engine.engine import Engine

_JOIN_S = 10.0
_T = TypeVar("_T")


class DevEngine:
    """An engine in this process: `run` it here, or use it as a context manager to have it in a thread.

    engine_version: as which of the engine's versions it behaves, in place of the configuration's.
    url, port: where it serves, once it does; brokers: where its jobs are, in dispatch mode "kafka".
    stop: from any thread or signal handler.
    """

    def __init__(self, config: DevEngineConfig | None = None, *, engine_version: str | None = None) -> None:
        self.config = config or DevEngineConfig()
        if engine_version is not None:
            self.config = replace(self.config, engine_version=engine_version)
        self.port = 0
        self.brokers = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: Engine | None = None
        self._stopped: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        host = self.config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def run(self, *, on_ready: Callable[[], None] | None = None) -> None:
        """Serve until `stop`; on_ready is called once the port is open. Raises DevEngineError."""
        with asyncio.Runner() as runner:
            runner.run(self._serve(on_ready or (lambda: None)))

    def stop(self) -> None:
        """Have the engine stop soon; what is under way is finished."""
        loop, stopped = self._loop, self._stopped
        if loop is not None and stopped is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stopped.set)

    def advance(
        self, seconds: float = 0.0, *, minutes: float = 0.0, hours: float = 0.0, days: float = 0.0
    ) -> None:
        """Move the clock, one that can be moved: timers and leases due on the way are dealt with, in order of time."""
        seconds += 60 * (minutes + 60 * (hours + 24 * days))
        self._await(lambda engine: engine.advance(seconds))

    def fire_next_timer(self, instance_id: str) -> str | None:
        """Move the clock, one that can be moved, to an instance's first timer; its step, None where it has no timer."""
        return self._await(lambda engine: engine.fire_next_timer(instance_id))

    def _await(self, task: Callable[[Engine], Coroutine[Any, Any, _T]]) -> _T:
        loop, engine = self._loop, self._engine
        if loop is None or engine is None:
            raise DevEngineError("the clock of an engine that does not run cannot be moved")
        return asyncio.run_coroutine_threadsafe(task(engine), loop).result()

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run_in_thread, args=[ready], name="dev-engine", daemon=True
        )
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            self._thread.join(_JOIN_S)
            raise self._failure
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join(_JOIN_S)

    def _run_in_thread(self, ready: threading.Event) -> None:
        try:
            self.run(on_ready=ready.set)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the start
            self._failure = error
        finally:
            ready.set()

    async def _serve(self, on_ready: Callable[[], None]) -> None:
        # aiohttp is loaded when an engine runs, not when the door is imported.
        from rochallor_cli.dev_engine.engine import Engine

        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        self._engine = Engine(self.config)
        try:
            self.port = await self._engine.start()
            self.brokers = self._engine.brokers
            on_ready()
            await self._stopped.wait()
        finally:
            await self._engine.stop()
