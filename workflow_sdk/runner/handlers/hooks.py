"""Start-up and shutdown hooks of a registry: once for the process, on the loop of the async handlers."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.handlers.handler_loop import HandlerLoop

log = logging.getLogger("workflow_sdk.runner")


@dataclass
class _Use:
    """How many runners use a registry, and its start-up, which the later ones wait for."""

    started: Future[None]
    runners: int = 1


_uses: WeakKeyDictionary[HandlerRegistry, _Use] = WeakKeyDictionary()
_lock = threading.Lock()


async def start_up(registry: HandlerRegistry, handler_loop: HandlerLoop) -> None:
    """Run the start-up hooks, unless another runner has; raises what a hook raises."""
    with _lock:
        use = _uses.get(registry)
        if use is None:
            running = asyncio.run_coroutine_threadsafe(_call_all(registry.startup_hooks()), handler_loop.loop)
            use = _uses[registry] = _Use(running)
        else:
            use.runners += 1
    await asyncio.shield(asyncio.wrap_future(use.started))


async def shut_down(registry: HandlerRegistry, handler_loop: HandlerLoop) -> None:
    """Run the shutdown hooks if this is the last runner and start-up went well; what goes wrong is logged."""
    with _lock:
        use = _uses.get(registry)
        if use is None:
            return
        use.runners -= 1
        if use.runners:
            return
        del _uses[registry]
    use.started.cancel()
    if use.started.cancelled() or use.started.exception() is not None:
        return
    for hook in registry.shutdown_hooks():
        try:
            await handler_loop.call(_call_all([hook]))
        except Exception:
            log.exception("the shutdown hook %s failed", getattr(hook, "__qualname__", hook))


async def _call_all(hooks: Iterable[Callable[[], Any]]) -> None:
    for hook in hooks:
        result = hook()
        if inspect.isawaitable(result):
            await result
