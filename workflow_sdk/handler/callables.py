"""What handlers and hooks must be like to be called: TypeErrors for those that could never do their work."""

from __future__ import annotations

import functools
import inspect
from typing import Any


def require_callable(function: Any, who: str, *, arguments: int, given: str) -> None:
    """TypeError unless `function` can be called with so many arguments, which `given` names ("with the job alone").

    `who` is what it is to be, in an error's words ("the handler of 'score'").
    """
    if not callable(function):
        raise TypeError(f"{who} is {function!r}, which cannot be called")
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return  # written in C: nobody can tell
    reason = ""
    is_unbound = next(iter(signature.parameters), "") == "self"
    try:
        signature.bind(*[object()] * arguments)
    except TypeError as error:
        reason = f" ({error})"
    if reason or (is_unbound and _is_written_in_a_class(function)):
        hint = "; it is a method without its object: register `object.method`" if is_unbound else ""
        raise TypeError(f"{who}, {name_of(function)}{signature}, cannot be called {given}{reason}{hint}")


def refuse_generators(function: Any, who: str) -> None:
    """TypeError for what only makes a generator when it is called, whatever is wrapped around it."""
    written = written_function(function)
    if inspect.isgeneratorfunction(written) or inspect.isasyncgenfunction(written):
        raise TypeError(
            f"{who}, {name_of(written)}, is a generator: it would never run; use return, not yield"
        )


def is_async(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def written_function(function: Any) -> Any:
    """The function a person wrote, beneath decorators, partials and callable objects."""
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if inspect.isroutine(function):
        return function
    return type(function).__call__


def name_of(function: Any) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))


def _is_written_in_a_class(function: Any) -> bool:
    parent = name_of(function).rpartition(".")[0]
    return inspect.isfunction(function) and bool(parent) and not parent.endswith("<locals>")
