"""A registry of the user's own: any object with `job_types()` and `get(job_type)`, as runners see it."""

from __future__ import annotations

from typing import Any

from workflow_sdk.handler.handler import JobHandler
from workflow_sdk.handler.registry import HandlerRegistry


def registry_for_runner(given: Any) -> HandlerRegistry:
    """What a runner was given, if it is whole; else something that says what that says.

    TypeError where it cannot be a registry.
    """
    if isinstance(given, HandlerRegistry) and hasattr(given, "_handlers"):
        return given
    if all(callable(getattr(given, name, None)) for name in ("job_types", "get")):
        return _ForeignRegistry(given)
    raise TypeError(f"a registry has the methods job_types and get; {type(given).__name__} has not")


class _ForeignRegistry(HandlerRegistry):
    """Asks another for its job types and functions, which have no limits and no hooks.

    One that is a HandlerRegistry by name, but never called its `__init__`, is another as well.
    """

    def __init__(self, given: Any) -> None:
        super().__init__()
        self._given = given

    def job_types(self) -> list[str]:
        return list(self._given.job_types())

    def get(self, job_type: str) -> JobHandler | None:
        found: JobHandler | None = self._given.get(job_type)
        return found
