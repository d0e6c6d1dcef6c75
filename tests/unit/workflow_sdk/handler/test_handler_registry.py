"""HandlerRegistry."""

from __future__ import annotations

import functools
import logging
import threading

import pytest

from workflow_sdk.handler.registry import HandlerRegistry


def plain(job: object) -> None:
    """A handler."""


async def coroutine(job: object) -> None:
    """A handler."""


class Callable:
    def __call__(self, job: object) -> None:
        """A handler."""


class AsyncCallable:
    async def __call__(self, job: object) -> None:
        """A handler."""


def test_all_ways_of_registering_are_the_same() -> None:
    registry = HandlerRegistry()
    registry.register("a", plain)
    assert registry.register("b")(plain) is plain
    assert registry.handler("c")(plain) is plain
    assert [registry.get(name) for name in "abc"] == [plain] * 3
    assert registry.job_types() == ["a", "b", "c"]
    assert registry.get("d") is None


@pytest.mark.parametrize("empty", ["", "  ", None, 3])
def test_an_empty_job_type_is_refused(empty: object) -> None:
    with pytest.raises(ValueError, match="job type"):
        HandlerRegistry().register(empty, plain)  # type: ignore[arg-type]


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be called"):
        HandlerRegistry().register("a", "text")  # type: ignore[arg-type]


def test_registering_again_replaces_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    registry = HandlerRegistry()
    registry.register("a", plain)
    registry.register("a", plain)
    assert caplog.records == []
    registry.register("a", coroutine)
    assert registry.get("a") is coroutine
    assert "job type a: coroutine" in caplog.text
    assert "takes the place of plain" in caplog.text


@pytest.mark.parametrize(
    ("function", "is_async", "name"),
    [
        (plain, False, "plain"),
        (coroutine, True, "coroutine"),
        (functools.partial(coroutine), True, "coroutine"),
        (functools.wraps(plain)(lambda job: plain(job)), False, "plain"),
        (Callable(), False, "Callable.__call__"),
        (AsyncCallable(), True, "AsyncCallable.__call__"),
    ],
)
def test_a_handler_knows_its_kind_and_where_it_is_written(
    function: object, is_async: bool, name: str
) -> None:
    registry = HandlerRegistry()
    registry.register("a", function)  # type: ignore[arg-type]
    handler = registry.handlers()["a"]
    assert (handler.is_async, handler.name, handler.file) == (is_async, name, __file__)
    assert handler.line > 10


@pytest.mark.parametrize(
    "limits",
    [{"parallelism": 0}, {"timeout": 0}, {"timeout": -1}, {"retry_delay": -1}, {"retry_delay": "soon"}],
)
def test_limits_that_make_no_sense_are_refused(limits: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="a: "):
        HandlerRegistry().register("a", plain, **limits)  # type: ignore[call-overload]


def test_a_host_can_override_limits_and_leaves_the_others() -> None:
    registry = HandlerRegistry()
    registry.register("a", plain, parallelism=2, timeout=5, retry_delay="backoff")
    registry.configure("a", timeout=7)
    handler = registry.handlers()["a"]
    assert (handler.parallelism, handler.timeout_s, handler.retry_delay) == (2, 7, "backoff")
    with pytest.raises(KeyError):
        registry.configure("b", timeout=1)


def test_hooks_are_called_in_order_and_backwards() -> None:
    registry = HandlerRegistry()
    first, second = registry.on_startup(lambda: 1), registry.on_startup(lambda: 2)
    registry.on_shutdown(first)
    registry.on_shutdown(second)
    assert registry.startup_hooks() == (first, second)
    assert registry.shutdown_hooks() == (second, first)


def test_registering_from_many_threads_loses_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    registry = HandlerRegistry()
    threads = [
        threading.Thread(target=lambda n=n: [registry.register(f"{n}-{i}", plain) for i in range(200)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(registry.job_types()) == 1600


@pytest.mark.parametrize("limit", [{"rate": "10/s"}, {"timeout": "5s"}, {"parallelism": True}])
def test_a_limit_that_is_no_number_is_refused_with_its_name(limit) -> None:
    ((name, value),) = limit.items()
    with pytest.raises(ValueError, match=f"a: {name} is {value!r}, a number is needed"):
        HandlerRegistry().register("a", plain, **limit)
