"""HandlerRegistry: which function does the jobs of which type."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, overload

from workflow_sdk.handler.callables import is_async
from workflow_sdk.handler.handler import Handler, JobHandler, RetryDelay, handler_of
from workflow_sdk.handler.job_hooks import JobHooks, check_process_hook

__all__ = ["Handler", "HandlerRegistry", "JobHandler", "RetryDelay"]

log = logging.getLogger(__name__)

F = TypeVar("F", bound=Callable[..., Any])


class _Described(NamedTuple):
    """A handler that `get` of a class of the user's own gave, and what was registered when it did."""

    registered: Handler | None
    handler: Handler


class HandlerRegistry:
    """Job types and their handlers. Thread-safe; no connection, no work is done here.

    `registry.register("t", f)`, `@registry.register("t")` and `@registry.handler("t")` are the same.

    A class of yours may answer `get` and `job_types` itself: runners do what these say, and ask `get` for every job.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handlers: dict[str, Handler] = {}
        # What `get` and `job_types` say is what was registered: nobody has to be asked, job by job.
        self._is_plain = (
            type(self).get is HandlerRegistry.get and type(self).job_types is HandlerRegistry.job_types
        )
        self._described: dict[str, _Described] = {}
        self._startup: list[Callable[[], Any]] = []
        self._shutdown: list[Callable[[], Any]] = []
        self._hooks = JobHooks()

    @overload
    def register(
        self,
        job_type: str,
        handler: JobHandler,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
        retry_delay: RetryDelay | None = None,
        rate: float | None = None,
    ) -> None: ...

    @overload
    def register(
        self,
        job_type: str,
        handler: None = None,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
        retry_delay: RetryDelay | None = None,
        rate: float | None = None,
    ) -> Callable[[F], F]: ...

    def register(
        self,
        job_type: str,
        handler: JobHandler | None = None,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
        retry_delay: RetryDelay | None = None,
        rate: float | None = None,
    ) -> Callable[[F], F] | None:
        """Let `handler` do the jobs of `job_type`; without a handler, a decorator that does so.

        `timeout` in seconds; `retry_delay` in seconds, a function of the attempt, or "backoff"; `rate`:
        as many jobs may start a second in this runner. An
        empty type is a ValueError. Registering a type again replaces its handler.
        """

        def decorator(function: F) -> F:
            handler = handler_of(
                function,
                job_type,
                parallelism=parallelism,
                timeout=timeout,
                retry_delay=retry_delay,
                rate=rate,
            )
            self.add(replace(handler, hooks=self._hooks))
            return function

        _check_job_type(job_type)
        if handler is None:
            return decorator
        decorator(handler)
        return None

    def handler(
        self,
        job_type: str,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
        retry_delay: RetryDelay | None = None,
        rate: float | None = None,
    ) -> Callable[[F], F]:
        """`register` as a decorator."""
        return self.register(
            job_type, parallelism=parallelism, timeout=timeout, retry_delay=retry_delay, rate=rate
        )

    def configure(
        self,
        job_type: str,
        *,
        parallelism: int | None = None,
        timeout: float | None = None,
        retry_delay: RetryDelay | None = None,
        rate: float | None = None,
    ) -> None:
        """Override limits of a registered handler (what is None stays); KeyError for an unknown type."""
        given = {"parallelism": parallelism, "timeout_s": timeout, "retry_delay": retry_delay, "rate": rate}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        with self._lock:
            self._handlers[job_type] = replace(self._handlers[job_type], **changes)

    def get(self, job_type: str) -> JobHandler | None:
        """The function that was registered, or None."""
        with self._lock:
            found = self._handlers.get(job_type)
        return found.callable if found else None

    def find(self, job_type: str) -> Handler | None:
        """The handler with its limits, or None."""
        registered = self._handlers.get(job_type)
        return registered if self._is_plain else self._as_given(job_type, registered)

    def job_types(self) -> list[str]:
        """The registered types, in order of registration."""
        with self._lock:
            return list(self._handlers)

    def handlers(self) -> Mapping[str, Handler]:
        """A picture of the registry as it is now, by job type."""
        if self._is_plain:
            with self._lock:
                return MappingProxyType(dict(self._handlers))
        found = ((job_type, self.find(job_type)) for job_type in self.job_types())
        return MappingProxyType({job_type: handler for job_type, handler in found if handler is not None})

    def on_startup(self, hook: F) -> F:
        """Decorator: call `hook` (plain or async, no arguments) once before the first job."""
        check_process_hook(hook, "the start-up hook")
        self._startup.append(hook)
        return hook

    def on_shutdown(self, hook: F) -> F:
        """Decorator: call `hook` once after the last job, in reverse order of registration."""
        check_process_hook(hook, "the shutdown hook")
        self._shutdown.append(hook)
        return hook

    def around_job(self, hook: F) -> F:
        """Decorator: enter what `hook(job)` gives, a context manager, around each job of this registry's handlers.

        A generator function with one `yield` will do. Async ones are for async handlers only. In a plain handler's
        thread it is entered and left there, so a database connection for each thread can be taken and given back.
        """
        self._hooks.add_around(hook)
        for handler in self.handlers().values():
            _check_hooks(handler)
        return hook

    def on_failure(self, hook: F) -> F:
        """Decorator: call `hook(job, error, final)` when a handler of this registry has failed its job.

        `error` is what it raised (for a result that cannot be sent, a WorkflowSDKError), `final` whether the engine
        will not try again. Called where the handler ran; what it raises is logged.
        """
        self._hooks.add_on_failure(hook)
        return hook

    def startup_hooks(self) -> tuple[Callable[[], Any], ...]:
        return tuple(self._startup)

    def shutdown_hooks(self) -> tuple[Callable[[], Any], ...]:
        return tuple(reversed(self._shutdown))

    def _as_given(self, job_type: str, registered: Handler | None) -> Handler | None:
        """What `get` gives, described; with the limits of what was registered, where something was."""
        function = self._asked(job_type)
        if function is None or (registered is not None and registered.callable is function):
            return registered if function is not None else None
        known = self._described.get(job_type)
        if known is not None and known.handler.callable is function and known.registered is registered:
            return known.handler
        if registered is None:
            handler = replace(handler_of(function, job_type), hooks=self._hooks)
        else:
            handler = replace(registered, callable=function, is_async=is_async(function))
        _check_hooks(handler)
        self._described[job_type] = _Described(registered, handler)
        return handler

    def _asked(self, job_type: str) -> JobHandler | None:
        """What `get` gives; where it raises, a function that does so too, for a job that failed by it."""
        try:
            return self.get(job_type)
        except Exception as error:  # noqa: BLE001 - code of the user's, as a handler is
            raised = error

        def as_get_did(job: object) -> None:
            raise raised

        return as_get_did

    def add(self, handler: Handler) -> None:
        """Let this handler, which is described already, do the jobs of its type."""
        _check_hooks(handler)
        with self._lock:
            before = self._handlers.get(handler.job_type)
            self._handlers[handler.job_type] = handler
        if before is not None and before.callable is not handler.callable:
            log.warning(
                "job type %s: %s (%s) takes the place of %s (%s)",
                handler.job_type,
                handler.name,
                handler.place,
                before.name,
                before.place,
            )


def _check_hooks(handler: Handler) -> None:
    if handler.hooks.has_async_around and not handler.is_async:
        raise TypeError(
            f"the handler of {handler.job_type!r}, {handler.name}, runs in a thread, where the async around_job hook "
            "of its registry cannot be entered: make it async, or give it a registry of its own"
        )


def _check_job_type(job_type: str) -> None:
    if not isinstance(job_type, str) or not job_type.strip():
        raise ValueError(f"a job type is a text that is not empty, not {job_type!r}")
