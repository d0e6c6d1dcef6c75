"""Patches of gevent and eventlet, refused: they replace the threads, sockets and locks that a host itself works with.

What a module patches while it is imported is seen afterwards (`patched_modules`). A start-up hook or a handler would
patch under running threads, which then wait for ever; so from the host's start on a patch raises in its caller.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import NoReturn

HINT = "use async handlers, or plain ones with more slots (--parallelism), in the place of green threads"


class PatchRefusedError(RuntimeError):
    """Raised in whoever asks for a patch of a running host."""


def patched_modules() -> list[str]:
    """`gevent: threading`, for each module that the host needs as it is and that has been patched."""
    gevent, eventlet = (sys.modules.get(name) for name in ("gevent.monkey", "eventlet.patcher"))
    found = [
        f"gevent: {name}"
        for name in ("thread", "threading", "socket")
        if gevent and gevent.is_module_patched(name)
    ]
    return found + [f"eventlet: {name}" for name in getattr(eventlet, "already_patched", ())]


def refuse_patches() -> None:
    """From now on; once is enough, and neither library need be imported yet."""
    for name, forbid in _GUARDS.items():
        if name in sys.modules:
            forbid(sys.modules[name])
    if not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


class _Watch(MetaPathFinder):
    """Waits for the libraries to be imported."""

    def __init__(self) -> None:
        self._is_asking = False

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        forbid = _GUARDS.get(name)
        if forbid is None or self._is_asking:
            return None
        self._is_asking = True
        try:
            spec = find_spec(name)
        finally:
            self._is_asking = False
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _both(spec.loader.exec_module, forbid)  # type: ignore[method-assign, assignment]
        return spec


def _both(
    run: Callable[[ModuleType], None], then: Callable[[ModuleType], None]
) -> Callable[[ModuleType], None]:
    def run_both(module: ModuleType) -> None:
        run(module)
        then(module)

    return run_both


def _forbid_gevent(events: ModuleType) -> None:
    """gevent tells its subscribers of each patch before it makes it."""
    if _refuse_event not in events.subscribers:
        events.subscribers.append(_refuse_event)


def _forbid_eventlet(patcher: ModuleType) -> None:
    for module in (patcher, sys.modules.get("eventlet")):
        if hasattr(module, "monkey_patch"):
            setattr(module, "monkey_patch", _refuse)  # noqa: B010 - a name of a library that is not here


def _refuse_event(event: object) -> None:
    if type(event).__name__.startswith("GeventWillPatch"):
        _refuse()


def _refuse(*_: object, **__: object) -> NoReturn:
    raise PatchRefusedError(f"a running worker host needs its threads and sockets as they are: {HINT}")


_GUARDS: dict[str, Callable[[ModuleType], None]] = {
    "gevent.events": _forbid_gevent,
    "eventlet.patcher": _forbid_eventlet,
}
