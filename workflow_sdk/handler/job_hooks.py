"""JobHooks: what a registry does around each job of its handlers, and when one fails."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from workflow_sdk.handler.callables import name_of, refuse_generators, require_callable, written_function

# From a job to a context manager, plain or async.
Around = Callable[[Any], Any]
# Called with the job, its error and whether the engine will not try again.
OnFailure = Callable[[Any, BaseException, bool], Any]


@dataclass(slots=True)
class JobHooks:
    """`has_async_around`: of the hooks around jobs one at least can be entered by async handlers only."""

    around: list[Around] = field(default_factory=list)
    on_failure: list[OnFailure] = field(default_factory=list)
    has_async_around: bool = False

    def add_around(self, function: Callable[..., Any]) -> None:
        """A generator function is a context manager still to be made. TypeError for what can be none."""
        who = "the around_job hook"
        require_callable(function, who, arguments=1, given="with the job alone")
        if inspect.iscoroutinefunction(function):
            raise TypeError(f"{who}, {name_of(function)}, gives no context manager: it needs one `yield`")
        self.has_async_around = self.has_async_around or inspect.isasyncgenfunction(
            written_function(function)
        )
        if inspect.isasyncgenfunction(function):
            function = asynccontextmanager(function)
        elif inspect.isgeneratorfunction(function):
            function = contextmanager(function)
        self.around.append(function)

    def add_on_failure(self, function: OnFailure) -> None:
        """TypeError for what cannot be called with a job, its error and whether that was the last attempt."""
        refuse_generators(function, "the on_failure hook")
        require_callable(function, "the on_failure hook", arguments=3, given="with job, error and final")
        self.on_failure.append(function)


def check_process_hook(function: Any, who: str) -> None:
    """TypeError for a start-up or shutdown hook that could never run."""
    refuse_generators(function, who)
    require_callable(function, who, arguments=0, given="without arguments")
