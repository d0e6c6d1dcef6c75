"""HandlerLoop: the event loop, on a thread of its own, where async handlers run.

One for the process: pools that a start-up hook opens belong to one loop, whichever runner uses them.
A handler that blocks it stops other async handlers, but neither claims nor reports.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
import traceback
from collections import deque
from collections.abc import Coroutine
from contextvars import Context
from typing import Any

from workflow_sdk.runner.daemon_loop import DaemonLoop

log = logging.getLogger("workflow_sdk.runner")

BLOCKED_AFTER_S = 1.0
_STOP_WITHIN_S = 1.0


class HandlerLoop:
    """A running event loop; `shared_handler_loop` and `release` hand out the process's own."""

    def __init__(self) -> None:
        self.loop = DaemonLoop()
        self._probed_at = 0.0
        self._said_blocked = False
        self._closing = False
        self._settings: tuple[Any, ...] | None = None
        self._thread = threading.Thread(target=self._run, name="workflow-sdk async handlers", daemon=True)
        try:
            self._thread.start()
        except (RuntimeError, MemoryError):
            self.loop.close()
            raise

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
        """Run it there and await it here: for hooks."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    def new_task(self, run: Coroutine[Any, Any, None], *, context: Context) -> asyncio.Task[None]:
        """A task of ours, called on the loop: made by no factory that a handler may have set.

        What the loop's settings are before the first one, by a start-up hook perhaps, they are to be.
        """
        if self._settings is None:
            self._settings = self._settings_now()
        factory = self.loop.get_task_factory()
        self.loop.set_task_factory(None)
        try:
            return self.loop.create_task(run, context=context)
        finally:
            self.loop.set_task_factory(factory)

    def put_back(self) -> None:
        """The loop's settings, where the job that ends has changed them: others would have no tasks, perhaps."""
        if asyncio._get_running_loop() is not self.loop:
            asyncio._set_running_loop(self.loop)  # as a patch for nested loops leaves it
        if self._settings is None or self._settings == self._settings_now():
            return
        factory, handler, is_debugged = self._settings
        self.loop.set_task_factory(factory)
        self.loop.set_exception_handler(handler)
        self.loop.set_debug(is_debugged)
        log.warning("an async handler has changed the settings of the event loop: put back")

    def _settings_now(self) -> tuple[Any, ...]:
        return self.loop.get_task_factory(), self.loop.get_exception_handler(), self.loop.get_debug()

    def watch(self, now: float) -> None:
        """Called now and then while handlers run: says once, with the stack, that one blocks the loop."""
        if not self._probed_at:
            self._probed_at = now
            self.loop.call_soon_threadsafe(self._probe_answered)
        elif now - self._probed_at > BLOCKED_AFTER_S and not self._said_blocked:
            self._said_blocked = True
            log.warning(
                "an async handler has blocked the event loop for %.1f s; the other async handlers wait:\n%s",
                now - self._probed_at,
                self.stack(),
            )

    def stack(self) -> str:
        frame = sys._current_frames().get(self._thread.ident or 0)
        return "".join(traceback.format_stack(frame)[-6:]) if frame else ""

    @property
    def is_current_thread(self) -> bool:
        return threading.get_ident() == self._thread.ident

    def close(self) -> None:
        """End the loop; a blocked one is left behind, its thread is a daemon."""
        self._closing = True
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_STOP_WITHIN_S)

    def _probe_answered(self) -> None:
        self._probed_at = 0.0
        self._said_blocked = False

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        while not self._closing:
            try:
                self.loop.run_forever()
            except BaseException:
                log.exception("a task of an async handler tried to end the event loop; it goes on")
        self._cancel_leftovers()
        self.loop.close()

    def _cancel_leftovers(self) -> None:
        """Tasks that handlers started and forgot: they see their cancellation before the loop is closed."""
        leftovers = asyncio.all_tasks(self.loop)
        for task in leftovers:
            task.cancel()
        if leftovers:
            self.loop.run_until_complete(asyncio.wait(leftovers, timeout=_STOP_WITHIN_S / 2))


_shared: HandlerLoop | None = None
_users = 0
_lock = threading.Lock()


def _end_forked_child() -> None:
    """A process that an async handler has forked shares this loop's epoll: it must not go on with the loop.

    The handler's own code runs to its next await; then the child ends, before anything else of this loop runs in it.
    """
    if _shared is not None and _shared.is_current_thread:
        ready: deque[asyncio.Handle] = _shared.loop._ready  # type: ignore[attr-defined]
        ready.appendleft(asyncio.Handle(os._exit, (0,), _shared.loop))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_forked_child)


def shared_handler_loop() -> HandlerLoop:
    """The process's loop for async handlers, started by its first user. Release it once."""
    global _shared, _users
    with _lock:
        if _shared is None:
            _shared = HandlerLoop()
        _users += 1
        return _shared


def release_handler_loop(handler_loop: HandlerLoop) -> None:
    global _shared, _users
    with _lock:
        _users -= 1
        is_last = _users == 0
        if is_last and _shared is handler_loop:
            _shared = None
    if is_last:
        handler_loop.close()
