"""The server in a thread of its own: started, stopped, and its first address."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web

from rochallor_cli.command_line.stopping import StopRequest
from rochallor_cli.errors import UsageError
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.routes import ENGINE_TIMEOUT_S, UiAnswers
from rochallor_cli.ui.security import BrowserAccess

HOST = "127.0.0.1"
_JOIN_S = 10.0
_SHUTDOWN_S = 0.5
_GLANCE_S = 0.1


class UiServer:
    """Serves the pages while the block runs. `tell` is given what nobody expected.

    port: 0 for a free one. engine_timeout_s: how long a page waits for one answer of the engine.
    Raises UsageError where it cannot listen.
    """

    def __init__(
        self,
        page_engine: PageEngine,
        *,
        port: int = 0,
        tell: Callable[[Exception], None] = lambda _: None,
        engine_timeout_s: float = ENGINE_TIMEOUT_S,
    ) -> None:
        self._page_engine = page_engine
        self._engine_timeout_s = engine_timeout_s
        self._port = port
        self._tell = tell
        self._ready = threading.Event()
        self._visited = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ui", daemon=True)
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None
        self.door = BrowserAccess(0)

    def address(self, at: str = "/") -> str:
        """The address to open first; it holds the token."""
        return self.door.first_address(at)

    def wait_for_visitor(self, stop: StopRequest, timeout_s: float) -> None:
        """Wait until a browser has opened the page, until `stop`, or so long."""
        deadline = time.monotonic() + timeout_s
        while not (self._visited.is_set() or stop.is_set()) and time.monotonic() < deadline:
            stop.wait(_GLANCE_S)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join(_JOIN_S)
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop, stopped = self._loop, self._stopped
        if loop is not None and stopped is not None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(stopped.set)
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for the start
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        answers = UiAnswers(
            self._page_engine,
            tell=self._tell,
            on_visit=self._visited.set,
            engine_timeout_s=self._engine_timeout_s,
        )
        runner = web.ServerRunner(answers.server, shutdown_timeout=_SHUTDOWN_S, handle_signals=False)
        await runner.setup()
        polling: asyncio.Task[None] | None = None
        try:
            site = web.TCPSite(runner, HOST, self._port)
            try:
                await site.start()
            except OSError as error:
                raise UsageError(
                    f"the page cannot be served on {HOST}:{self._port}: {error.strerror or error}",
                    hint="--port names another port, 0 a free one",
                ) from None
            self.door = answers.door = BrowserAccess(runner.addresses[0][1])
            polling = asyncio.create_task(answers.poller.run())
            self._ready.set()
            await answers.warm()
            await self._stopped.wait()
        finally:
            if polling is not None:
                polling.cancel()
            await runner.cleanup()
            answers.close()
