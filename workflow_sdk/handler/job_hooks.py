"""JobHooks: what a registry does around each job of its handlers, and when one fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

# From a job to a context manager, plain or async.
Around = Callable[[Any], Any]
# Called with the job, its error and whether the engine will not try again.
OnFailure = Callable[[Any, BaseException, bool], Any]


@dataclass(slots=True)
class JobHooks:
    around: list[Around] = field(default_factory=list)
    on_failure: list[OnFailure] = field(default_factory=list)


def around_of(function: Callable[..., Any]) -> Around:
    """A generator function is a context manager still to be made."""
    if inspect.isasyncgenfunction(function):
        return asynccontextmanager(function)
    return contextmanager(function) if inspect.isgeneratorfunction(function) else function
