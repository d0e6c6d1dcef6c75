"""Handler: a function that does jobs of one type, with its own limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from workflow_sdk.handler.callables import (
    is_async,
    refuse_generators,
    require_callable,
    written_function,
)
from workflow_sdk.handler.job_hooks import JobHooks

# Returns a dict or None, or is a coroutine function that does.
JobHandler = Callable[..., Any]
# Seconds, or a function from the number of the failed attempt (1, 2, …) to seconds, or the SDK's back-off.
RetryDelay = float | Callable[[int], float] | Literal["backoff"]


@dataclass(frozen=True, slots=True)
class Handler:
    """What the registry knows of one job type.

    `parallelism` bounds jobs of this type running at once (None: the runner's slots), `timeout_s` one run,
    `retry_delay` is the wait before a failure is reported, `rate` how many may start a second. `file`, `line` and
    `name` say where the function is written, `hooks` are those of its registry.
    """

    callable: JobHandler
    job_type: str
    is_async: bool
    name: str
    file: str
    line: int
    parallelism: int | None = None
    timeout_s: float | None = None
    retry_delay: RetryDelay | None = None
    rate: float | None = None
    hooks: JobHooks = field(default_factory=JobHooks, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, limit in (
            ("parallelism", self.parallelism),
            ("timeout", self.timeout_s),
            ("rate", self.rate),
        ):
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float))):
                raise ValueError(f"{self.job_type}: {name} is {limit!r}, a number is needed")
        if self.parallelism is not None and self.parallelism < 1:
            raise ValueError(f"{self.job_type}: parallelism is {self.parallelism}, at least 1 is needed")
        if self.timeout_s is not None and self.timeout_s <= 0:
            raise ValueError(f"{self.job_type}: a timeout of {self.timeout_s:g} s lets no handler finish")
        if self.rate is not None and self.rate <= 0:
            raise ValueError(f"{self.job_type}: a rate of {self.rate:g} jobs a second lets none start")
        _check_retry_delay(self.job_type, self.retry_delay)

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def handler_of(
    function: JobHandler,
    job_type: str,
    *,
    parallelism: int | None = None,
    timeout: float | None = None,
    retry_delay: RetryDelay | None = None,
    rate: float | None = None,
) -> Handler:
    """Describe `function`; TypeError when it cannot be called, ValueError for limits that make no sense."""
    who = f"the handler of {job_type!r}"
    refuse_generators(function, who)
    require_callable(function, who, arguments=1, given="with the job alone")
    written = written_function(function)
    code = getattr(written, "__code__", None)
    return Handler(
        callable=function,
        job_type=job_type,
        is_async=is_async(function),
        name=getattr(written, "__qualname__", type(function).__name__),
        file=code.co_filename if code else "",
        line=code.co_firstlineno if code else 0,
        parallelism=parallelism,
        timeout_s=timeout,
        retry_delay=retry_delay,
        rate=rate,
    )


def _check_retry_delay(job_type: str, retry_delay: RetryDelay | None) -> None:
    if retry_delay is None or callable(retry_delay) or retry_delay == "backoff":
        return
    if not isinstance(retry_delay, int | float) or retry_delay < 0:
        raise ValueError(
            f'{job_type}: retry_delay is {retry_delay!r}; seconds, a function or "backoff" are needed'
        )
