"""Start-up and shutdown hooks: each once for the process, on the loop of the async handlers.

Runners share them: those of a registry and of its copies (with other limits, or merged with others) are the same
functions. The last runner that has a hook's registry, or a copy of it, calls its shutdown hooks.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.handlers.handler_loop import HandlerLoop

log = logging.getLogger("workflow_sdk.runner")

Hook = Callable[[], Any]


@dataclass
class _Use:
    """How many runners need a hook; `started` is the run of a start-up hook, which the later ones wait for."""

    runners: int = 0
    started: Future[None] | None = None


_uses: dict[Hook, _Use] = {}
# Registries whose start-up was tried: the shutdown of one that failed is left out.
_failed: set[Hook] = set()
_lock = threading.Lock()


async def start_up(registry: HandlerRegistry, handler_loop: HandlerLoop) -> None:
    """Run the start-up hooks that no other runner has run, one after another; raises what a hook raises."""
    hooks = registry.startup_hooks()
    with _lock:
        for hook in (*hooks, *registry.shutdown_hooks()):
            _uses.setdefault(hook, _Use()).runners += 1
    try:
        for hook in hooks:
            await asyncio.shield(asyncio.wrap_future(_started(hook, handler_loop)))
    except BaseException:
        with _lock:
            _failed.update(registry.shutdown_hooks())
        raise


async def shut_down(registry: HandlerRegistry, handler_loop: HandlerLoop) -> None:
    """Run the shutdown hooks that no other runner needs any more; what goes wrong is logged."""
    with _lock:
        for hook in registry.startup_hooks():
            _is_last_use(hook)
        due = [hook for hook in registry.shutdown_hooks() if _is_last_use(hook)]
        due = [hook for hook in due if hook not in _failed]
        _failed.difference_update(registry.shutdown_hooks())
    for hook in due:
        try:
            await handler_loop.call(call_hook(hook))
        except Exception:
            log.exception("the shutdown hook %s failed", _name(hook))


def _started(hook: Hook, handler_loop: HandlerLoop) -> Future[None]:
    with _lock:
        use = _uses[hook]
        if use.started is None:
            use.started = asyncio.run_coroutine_threadsafe(call_hook(hook), handler_loop.loop)
        return use.started


def _is_last_use(hook: Hook) -> bool:
    """Called with the lock held."""
    use = _uses.get(hook)
    if use is None:
        return False
    use.runners -= 1
    if use.runners:
        return False
    del _uses[hook]
    if use.started is not None:
        use.started.cancel()
    return True


def _name(hook: Hook) -> str:
    return str(getattr(hook, "__qualname__", hook))


async def call_hook(hook: Hook) -> None:
    """Call it, and await what it returns. What would end a loop or a thread (sys.exit, say) becomes a RuntimeError."""
    try:
        result = hook()
        if inspect.isawaitable(result):
            await result
    except Exception:
        raise
    except BaseException as error:
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        raise RuntimeError(f"{_name(hook)} raised {type(error).__name__}: {error}") from error
