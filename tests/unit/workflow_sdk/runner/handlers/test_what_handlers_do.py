"""Property tests over what a handler can raise, return and do: the slot comes back, and the next job is untouched."""

from __future__ import annotations

import asyncio
import contextvars
import decimal
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow_sdk.errors import NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient, run_handler


class MuteError(Exception):
    """Nobody can read its text."""

    def __str__(self) -> str:
        raise KeyboardInterrupt

    __repr__ = __str__


ERRORS: list[Callable[[], BaseException]] = [
    lambda: ValueError("x"),
    lambda: NonRetryableError("x"),
    lambda: GeneratorExit(),
    lambda: KeyboardInterrupt(),
    lambda: SystemExit("text"),
    lambda: asyncio.CancelledError(),
    lambda: StopIteration(3),
    lambda: StopAsyncIteration(),
    lambda: MuteError(),
    lambda: BaseExceptionGroup("g", [KeyboardInterrupt(), ValueError("v")]),
    lambda: ExceptionGroup("g", [ExceptionGroup("h", [NonRetryableError("deep")])]),
    lambda: MemoryError(),
    lambda: RecursionError(),
]


def broken(*_: Any, **__: Any) -> Any:
    raise RuntimeError("broken")


def ends(*_: Any) -> None:
    raise SystemExit


LOOP_DEEDS: dict[str, Callable[[asyncio.AbstractEventLoop], object]] = {
    "factory that raises": lambda loop: loop.set_task_factory(broken),
    "factory that makes nothing": lambda loop: loop.set_task_factory(lambda *_, **__: None),  # type: ignore[arg-type, return-value]
    "exception handler": lambda loop: loop.set_exception_handler(broken),
    "debug": lambda loop: loop.set_debug(True),
    "stop": lambda loop: loop.stop(),
    "callback that ends the program": lambda loop: loop.call_soon(ends),
    "callback that raises": lambda loop: loop.call_soon(broken),
    "no loop": lambda loop: asyncio.set_event_loop(None),
    "close": lambda loop: loop.close(),
    "no running loop": lambda loop: asyncio._set_running_loop(None),
    "itself cancelled": lambda loop: getattr(asyncio.current_task(), "cancel")(),  # noqa: B009
}


def yield_nothing() -> Any:
    yield


tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="none")


def soil() -> None:
    tenant.set("ACME")
    decimal.setcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP))


def seen() -> dict[str, Any]:
    return {"tenant": tenant.get(), "prec": decimal.getcontext().prec}


def groups_of(errors: list[BaseException]) -> BaseException:
    return BaseExceptionGroup("several", errors)


ODD_VALUES: dict[str, Any] = {
    "flag": True,
    "number": 3,
    "not a number": float("nan"),
    "text": "text",
    "NUL": "\0",
    "half a pair": "\ud800",
    "bytes": b"x",
    "object": object(),
    "5,000 digits": 10**5_000,
    "set": {1},
    "function": open,
    "generator": yield_nothing(),
}
RAISED = st.recursive(
    st.sampled_from(ERRORS).map(lambda make: make()),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(groups_of),
    max_leaves=4,
)
RETURNED = st.recursive(
    st.none() | st.sampled_from(sorted(ODD_VALUES)).map(lambda name: ODD_VALUES[name]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "", 1, None, (1, 2)]), inner)
    ),
    max_leaves=4,
)
# What it does first, what comes of it, whether it is async, plain, or plain and returns what is to be awaited.
ODD_JOBS = st.tuples(
    st.lists(st.sampled_from(sorted(LOOP_DEEDS)), max_size=2),
    RAISED | RETURNED,
    st.sampled_from(["async", "plain", "awaited"]),
)


def odd_registry(jobs: list[Any], runs: Counter[str]) -> HandlerRegistry:
    """Handlers of these odd jobs by their numbers, and two of good ones, that count their runs."""
    registry = HandlerRegistry()

    def come_to(what: Any) -> Any:
        soil()
        if isinstance(what, BaseException):
            raise what
        return what

    async def odd_async(job: Any) -> Any:
        runs[job.job_id] += 1
        deeds, what, _ = jobs[job.variables["number"]]
        for deed in deeds:
            LOOP_DEEDS[deed](asyncio.get_running_loop())
        return come_to(what)

    def odd_plain(job: Any) -> Any:
        runs[job.job_id] += 1
        return come_to(jobs[job.variables["number"]][1])

    def good(job: Any) -> dict[str, Any]:
        runs[job.job_id] += 1
        return seen()

    async def good_async(job: Any) -> dict[str, Any]:
        runs[job.job_id] += 1
        return await asyncio.to_thread(seen)

    registry.register("async", odd_async)
    registry.register("plain", odd_plain)
    registry.register("awaited", lambda job: odd_async(job))
    registry.register("good", good)
    registry.register("good async", good_async)
    return registry


@settings(max_examples=30, deadline=None)
@given(jobs=st.lists(ODD_JOBS, min_size=1, max_size=4))
def test_whatever_handlers_do_each_job_runs_and_ends_once_and_the_next_ones_are_untouched(
    jobs: list[Any],
) -> None:
    engine, runs = FakeEngineClient(), Counter[str]()
    odd, clean = [], []
    for number, (_, _, kind) in enumerate(jobs):
        odd.append(engine.offer(kind, {"number": number}))
        clean += [engine.offer("good"), engine.offer("good async")]
    engine.work(odd_registry(jobs, runs), parallelism=1, timeout_s=60)
    assert runs == dict.fromkeys([*odd, *clean], 1)
    assert [engine.completed[job] for job in clean] == [{"tenant": "none", "prec": 28}] * len(clean)
    assert engine.completed.keys() | engine.failed.keys() == {*odd, *clean}
    assert [failure.job_id for failure in engine.failures] == [job for job in odd if job in engine.failed]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_of_an_async_handler_is_its_failure(error: Callable[[], BaseException]) -> None:
    async def handler(job: Any) -> None:
        raise error()

    result = run_handler(handler)
    assert result.error is not None
    assert result.retryable is (not isinstance(error(), NonRetryableError) and "deep" not in result.error)


def test_a_group_with_a_final_error_is_final_and_says_which() -> None:
    async def handler(job: Any) -> None:
        async def part() -> None:
            raise NonRetryableError("card is stolen")

        async with asyncio.TaskGroup() as group:
            group.create_task(part())
            group.create_task(asyncio.sleep(5))

    result = run_handler(handler)
    assert (result.retryable, "NonRetryableError: card is stolen" in str(result.error)) == (False, True)


@pytest.mark.parametrize("deed", LOOP_DEEDS)
def test_whatever_a_handler_that_runs_alone_does_to_its_loop_its_outcome_is_known(deed: str) -> None:
    async def odd(job: Any) -> dict[str, Any]:
        LOOP_DEEDS[deed](asyncio.get_running_loop())
        return {"done": True}

    result = run_handler(odd)
    assert (
        result.variables == {"done": True} if deed != "close" else "running event loop" in str(result.error)
    )


def test_a_handler_that_cancels_all_tasks_costs_no_job_that_had_not_begun() -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    runs: list[str] = []

    @registry.handler("odd")
    async def odd(job: Any) -> None:
        for task in asyncio.all_tasks():
            task.cancel()

    @registry.handler("next")
    async def following(job: Any) -> None:
        runs.append(job.job_id)

    engine.offer("odd")
    others = [engine.offer("next") for _ in range(6)]
    engine.work(registry, parallelism=4)
    assert (sorted(runs), engine.failures) == (others, [])


@pytest.mark.parametrize("deed", LOOP_DEEDS)
def test_whatever_an_async_handler_does_to_its_loop_the_next_ones_have_tasks(deed: str) -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()

    async def part() -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        return {"debug": loop.get_debug(), "handler": loop.get_exception_handler()}

    @registry.handler("odd")
    async def odd(job: Any) -> None:
        LOOP_DEEDS[deed](asyncio.get_running_loop())

    @registry.handler("next")
    async def following(job: Any) -> dict[str, Any]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(part())
        return await task

    engine.offer("odd")
    after = engine.offer("next")
    engine.work(registry, parallelism=1)
    assert engine.completed[after] == {"debug": False, "handler": None}


# --- logs and hooks of failures ---


def test_each_failed_attempt_is_one_record_and_the_last_one_an_error(caplog) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")
    registry, engine = HandlerRegistry(), FakeEngineClient()
    registry.register("raises", lambda job: 1 / 0)
    registry.register("unfit", lambda job: {"x": object()})
    engine.offer("raises", retries=2)
    engine.offer("unfit", retries=2)
    engine.work(registry)
    records = [record for record in caplog.records if " failed " in record.getMessage()]
    levels = {
        job_type: [record.levelname for record in records if record.job_type == job_type]  # type: ignore[attr-defined]
        for job_type in ("raises", "unfit")
    }
    assert levels == {"raises": ["WARNING", "WARNING", "ERROR"], "unfit": ["ERROR"]}
    assert (
        "failed at attempt 1 of 3, the engine tries again"
        in records[0].getMessage() + records[1].getMessage()
    )


def test_the_failure_hook_hears_of_every_failure_and_cannot_harm(caplog) -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    heard: list[tuple[str, str, bool]] = []

    @registry.on_failure
    def plain(job: Any, error: BaseException, final: bool) -> None:
        heard.append((job.job_type, type(error).__name__, final))
        raise RuntimeError("the hook itself")

    @registry.on_failure
    async def later(job: Any, error: BaseException, final: bool) -> None:
        heard.append((job.job_type, "later", final))

    @registry.handler("async")
    async def handler(job: Any) -> list[int]:
        return [1]

    registry.register("plain", lambda job: 1 / 0)
    engine.offer("async")
    engine.offer("plain", retries=1)
    engine.work(registry)
    assert sorted(heard) == sorted(
        [
            ("async", "WorkflowSDKError", True),
            ("async", "later", True),
            ("plain", "ZeroDivisionError", False),
            ("plain", "ZeroDivisionError", True),
            ("plain", "later", False),
            ("plain", "later", True),
        ]
    )
    assert "the on_failure hook" in caplog.text


def test_hooks_are_entered_around_each_job_of_their_registry(caplog) -> None:
    registry, engine = HandlerRegistry(), FakeEngineClient()
    steps: list[str] = []

    @registry.around_job
    def connection(job: Any):
        steps.append(f"open {job['variables']['n']}")
        try:
            yield
        finally:
            steps.append(f"close {job['variables']['n']}")

    registry.register("plain", lambda job: steps.append("work"))

    @registry.handler("async")
    async def handler(job: Any) -> None:
        steps.append("work")
        raise ValueError("x")

    engine.offer("plain", {"n": 1})
    engine.work(registry, parallelism=1)
    engine.offer("async", {"n": 2})
    engine.work(registry, parallelism=1)
    assert steps == ["open 1", "work", "close 1", "open 2", "work", "close 2"]


# --- registration ---


class Thing:
    def method(self, job: Any) -> None: ...

    def alone(self) -> None: ...


def yields(job: Any):
    yield {}


async def yields_async(job: Any):
    yield {}


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (yields, "is a generator"),
        (yields_async, "is a generator"),
        (lambda: None, "cannot be called with the job alone"),
        (lambda job, more: None, "cannot be called with the job alone"),
        (Thing.method, "it is a method without its object"),
        (Thing.alone, "it is a method without its object"),
    ],
)
def test_what_could_never_do_a_job_is_refused_at_registration(handler: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        HandlerRegistry().register("t", handler)


@pytest.mark.parametrize("handler", [Thing().method, lambda job, more=1: None, lambda *args: None, dict])
def test_what_takes_a_job_is_registered(handler: Any) -> None:
    registry = HandlerRegistry()
    registry.register("t", handler)
    assert "t" in registry.job_types()
