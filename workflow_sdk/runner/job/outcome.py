"""Outcome: what a handler produced, and what the engine will be told of it."""

from __future__ import annotations

import math
import sys
import sysconfig
import traceback
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass
from os.path import basename
from typing import Any

from workflow_sdk.client.answers import body_from_value
from workflow_sdk.errors import NonRetryableError, ReleaseJobError
from workflow_sdk.known_secrets import beginning, without_secrets

MAX_MESSAGE = 2_000
_DECIDING = (NonRetryableError, ReleaseJobError)
# Python writes no longer numbers by itself; what an engine stores has some 308 digits at most.
_LONGEST_BITS = int(4_300 * math.log2(10))


@dataclass(frozen=True, slots=True)
class Completed:
    """`encoded` is the JSON of `variables`, made where the handler ran."""

    variables: dict[str, Any]
    encoded: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    message: str
    retryable: bool


Outcome = Completed | Failed

NOTHING = Completed({}, b"{}")


def outcome_of_result(result: object, *, handler_name: str) -> Outcome:
    """A dict or None completes the job; anything else fails it, and retrying would not help."""
    if result is None:
        return NOTHING
    if not isinstance(result, dict):
        kind = type(result).__name__
        return Failed(
            f"{handler_name} returned a value of type {kind}; a dict or None is needed", retryable=False
        )
    try:
        encoded = body_from_value(result)
    except (TypeError, ValueError, RecursionError):
        return Failed(_unfit(result, handler_name), retryable=False)
    # The engine's database refuses this character, for ever; so say so now.
    if b"\\u0000" in encoded and (found := _first_unfit(result)):
        return Failed(f"{handler_name} returned {found}", retryable=False)
    return Completed(result, encoded)


def outcome_of_error(error: BaseException) -> Failed:
    """What an exception in a handler means: retry, unless it says otherwise, alone or within a group."""
    error = meant_in(error)
    place = _raised_at(error)
    # The engine's database refuses NUL characters, in messages, too.
    text = f"{type(error).__name__}: {_text_of(error)}".removesuffix(": ").replace("\0", "\\0")
    # Whoever may look at an instance sees why it failed.
    text = without_secrets(text)
    return Failed(
        beginning(text, MAX_MESSAGE - len(place)) + place, retryable=not isinstance(error, NonRetryableError)
    )


def meant_in(error: BaseException) -> BaseException:
    """Of a group (a TaskGroup raises nothing else) the error that decides.

    One that forbids a retry before one that gives the job back, and this before any other.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    inner = [meant_in(part) for part in error.exceptions]
    for kind in _DECIDING:
        if deciding := [part for part in inner if isinstance(part, kind)]:
            return deciding[0]
    return inner[0] if len(inner) == 1 else error


def awaitable_in(result: object) -> Awaitable[Any] | None:
    """What a plain function returned, when it is still to be awaited (a decorated `async def`)."""
    if result is None or isinstance(result, dict):
        return None
    return result if isinstance(result, Awaitable) else None


def no_handler(job_type: str) -> Failed:
    return Failed(f"this worker has no handler for job type {job_type!r}", retryable=False)


def timed_out(timeout_s: float) -> Failed:
    return Failed(f"TimeoutError: the handler ran longer than its timeout of {timeout_s:g} s", retryable=True)


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a __str__ of the user's own may raise anything
        return "(its text cannot be read)"


def _raised_at(error: BaseException) -> str:
    """` (handlers.py:34)`: the innermost line of the user's own code."""
    # Not `extract_tb`, which looks whether each of the files has changed.
    steps = traceback.walk_tb(error.__traceback__)
    places = [(frame.f_code.co_filename, line) for frame, line in steps]
    own = [place for place in places if not _is_library(place[0])] or places
    return f" ({basename(own[-1][0])}:{own[-1][1]})" if own else ""


_LIBRARIES = tuple(
    {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    | {sys.base_prefix + "/lib/"}
)


def _is_library(file: str) -> bool:
    return file.startswith("<") or file.startswith(_LIBRARIES)


def _unfit(result: dict[Any, Any], handler_name: str) -> str:
    found = _first_unfit(result)
    return f"{handler_name} returned {found or 'a value that JSON cannot carry'}"


def _first_unfit(value: Any) -> str:
    """Where and what the first value is that cannot be sent: `["a"][2]: a set, which JSON cannot carry`."""
    return next(_unfit_values(value, "", ()), "")


def _unfit_values(value: Any, path: str, above: tuple[int, ...]) -> Iterator[str]:
    if id(value) in above:
        yield f"{path}: a container inside itself, which JSON cannot carry"
    elif len(above) > 200:
        yield f"{beginning(path, 80)}…: nested too deeply for JSON"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _unfit_key(key, path)
            yield from _unfit_values(item, f"{path}[{key!r}]", (*above, id(value)))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _unfit_values(item, f"{path}[{index}]", (*above, id(value)))
    else:
        yield from _unfit_scalar(value, path)


def _unfit_key(key: object, path: str) -> Iterator[str]:
    if not isinstance(key, str | int | float | bool | None):
        yield f"{path}: the key {key!r} is of type {type(key).__name__}, and JSON keys are texts"
    elif _is_too_long(key):
        yield f"{path}: a key of more than 4,300 digits, which no engine can store"
    elif isinstance(key, str) and "\0" in key:
        yield f"{path}: the key {key!r} holds a NUL character, which the engine cannot store"


def _is_too_long(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > _LONGEST_BITS


def _unfit_scalar(value: object, path: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield f"{path}: a text with a NUL character, which the engine cannot store"
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield f"{path}: {value}, which JSON cannot carry"
    elif _is_too_long(value):
        yield f"{path}: a whole number of more than 4,300 digits, which no engine can store"
    elif not isinstance(value, int | None):
        yield f"{path}: a value of type {type(value).__name__}, which JSON cannot carry"
