"""A worker for one run: handlers of modules, and stubs for those that are not written yet."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from rochallor_cli.errors import UsageError
from rochallor_cli.handler_modules.loading import load_handlers, merged
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner

ALL_OTHERS: Final = "*"
WORKER_ID: Final = "run-1"
_POLL_S = 0.05
_DRAIN_S = 5.0


def registry_for(
    modules: Sequence[str], *, stubs: Mapping[str, dict[str, Any]], job_types: Sequence[str]
) -> HandlerRegistry:
    """The modules' handlers, and a stub for each of `stubs`; `*` stands for every other type of the definition."""
    registries = [load_handlers(modules).registry] if modules else []
    known = {job_type for registry in registries for job_type in registry.job_types()}
    stubbed = HandlerRegistry()
    for job_type, result in stubs.items():
        if job_type in known:
            raise UsageError(f"--stub {job_type}: the handlers of --module serve it already")
        if job_type != ALL_OTHERS:
            stubbed.register(job_type, _answering(result))
    if ALL_OTHERS in stubs:
        for job_type in dict.fromkeys(job_types):
            if job_type not in known and job_type not in stubs:
                stubbed.register(job_type, _answering(stubs[ALL_OTHERS]))
    return merged([*registries, stubbed])


def renamed(registry: HandlerRegistry, prefix: str) -> HandlerRegistry:
    """The same handlers for job types of one's own, so that no other worker takes part."""
    own = HandlerRegistry()
    for job_type, handler in registry.handlers().items():
        own.add(replace(handler, job_type=f"{prefix}{job_type}"))
    for hook in registry.startup_hooks():
        own.on_startup(hook)
    for hook in reversed(registry.shutdown_hooks()):
        own.on_shutdown(hook)
    return own


def _answering(result: dict[str, Any]) -> Callable[[Any], dict[str, Any]]:
    return lambda job: dict(result)


@contextmanager
def working(client: RestEngineClient, registry: HandlerRegistry) -> Iterator[Callable[[], None]]:
    """A runner in a thread; what is yielded raises where it has failed."""
    if not registry.job_types():
        yield lambda: None
        return
    runner = Runner(client, registry, WORKER_ID, poll_interval=_POLL_S, drain_timeout=_DRAIN_S)
    failures: list[BaseException] = []
    stop = threading.Event()

    def work() -> None:
        try:
            runner.run(stop)
        except BaseException as error:  # noqa: BLE001 - raised again by whoever follows the instance
            failures.append(error)

    def check() -> None:
        if failures:
            raise failures[0]

    thread = threading.Thread(target=work, name="run-worker", daemon=True)
    thread.start()
    try:
        yield check
    finally:
        stop.set()
        thread.join(_DRAIN_S + 1)
