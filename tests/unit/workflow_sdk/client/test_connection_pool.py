"""ConnectionPool: which connection a request takes, how long one is kept, and what a request costs."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from support.byte_server import ByteServer, Step, byte_server
from support.counted_work import CountingLoop, counting_socket
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.http1 import pool as pools
from workflow_sdk.client.http1.dialing import DialTimeoutError, Route
from workflow_sdk.client.http1.pool import ConnectionPool

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
REQUEST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def server() -> Iterator[ByteServer]:
    with byte_server([Step.READ, NO_CONTENT] * 300) as running:
        yield running


def with_pool(port: int, work: Callable[[ConnectionPool], Awaitable[Any]], *, timeout_s: float = 5.0) -> Any:
    async def run() -> Any:
        pool = ConnectionPool(Route("127.0.0.1", port), timeout_s=timeout_s)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(run())


async def ask_often(pool: ConnectionPool, times: int) -> None:
    for _ in range(times):
        assert (await pool.ask(REQUEST)).status_code == 204


def test_requests_one_after_the_other_share_a_connection(server: ByteServer) -> None:
    with_pool(server.port, lambda pool: ask_often(pool, 5))
    assert [len(requests) for requests in server.requests] == [5]


def test_requests_at_once_have_a_connection_each_up_to_the_limit(server: ByteServer) -> None:
    async def many(pool: ConnectionPool) -> None:
        await asyncio.gather(*(pool.ask(REQUEST) for _ in range(100)))

    with_pool(server.port, many)
    assert server.total == 100
    assert len(server.requests) <= pools.MAX_CONNECTIONS


def test_a_request_that_finds_no_room_in_time_was_not_sent(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_CONNECTIONS", 0)
    with pytest.raises(DialTimeoutError):
        with_pool(server.port, lambda pool: pool.ask(REQUEST), timeout_s=0.05)
    assert server.total == 0


def test_a_cancelled_request_ends_its_connection_and_leaves_room(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_CONNECTIONS", 1)

    async def cancel_one(pool: ConnectionPool) -> None:
        await pool.ask(REQUEST)
        asking = asyncio.create_task(pool.ask(REQUEST))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        await pool.ask(REQUEST)

    with_pool(server.port, cancel_one)
    assert len(server.requests) == 2


class Withheld(Exception):
    """What keeps a request from its way."""


@pytest.mark.parametrize("kept", [0, 1])
def test_what_may_not_be_sent_once_there_is_a_connection_is_not(server: ByteServer, kept: int) -> None:
    """The last look is at the very end: standing still while a connection is made costs any amount of time."""

    def withhold() -> None:
        raise Withheld

    async def ask_in_vain(pool: ConnectionPool) -> None:
        await ask_often(pool, kept)
        with pytest.raises(Withheld):
            await pool.ask(REQUEST, before_write=withhold)
        await ask_often(pool, 1)

    with_pool(server.port, ask_in_vain)
    assert [len(requests) for requests in server.requests] == [kept + 1]


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of hosts, as they are looked up."""
    names: list[str] = []
    real = socket.getaddrinfo

    def noted(host: str, *arguments: Any, **options: Any) -> Any:
        names.append(host)
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return names


def test_an_old_connection_is_let_go_and_the_name_looked_up_again(
    server: ByteServer, looked_up: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_pool(server.port, lambda pool: ask_often(pool, 2))
    assert len(looked_up) == 1
    monkeypatch.setattr(pools, "MAX_AGE_S", -1.0)
    with_pool(server.port, lambda pool: ask_often(pool, 2))
    assert len(looked_up) == 3
    assert [len(requests) for requests in server.requests] == [2, 1, 1]


def test_connections_made_at_once_share_one_look_up_of_the_name(
    server: ByteServer, looked_up: list[str]
) -> None:
    async def nine(pool: ConnectionPool) -> None:
        await asyncio.gather(*(pool.ask(REQUEST) for _ in range(9)))

    with_pool(server.port, nine)
    assert len(server.requests) == 9
    assert len(looked_up) == 1


def test_a_connection_that_nobody_needs_is_closed_by_us(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "KEEP_ALIVE_S", 0.01)

    async def rest(pool: ConnectionPool) -> None:
        await pool.ask(REQUEST)
        assert await asyncio.to_thread(server.ended[0].wait, 5)

    with_pool(server.port, rest)


def test_a_resting_connection_that_was_closed_is_passed_over(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "LOOK_AFTER_S", -1.0)

    async def close_between(pool: ConnectionPool) -> None:
        await pool.ask(REQUEST)
        resting = pool._resting[0]
        resting.close()
        await resting.closed
        await pool.ask(REQUEST)

    with_pool(server.port, close_between)
    assert [len(requests) for requests in server.requests] == [1, 1]


def test_another_address_of_the_name_is_tried_when_the_first_does_not_answer(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two addresses: one that refuses, and one whose queue is full, before the one that answers."""
    with socket.socket() as full, socket.create_server(("127.0.0.1", 0)) as closed:
        refusing = closed.getsockname()
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        held = [socket.socket() for _ in range(3)]
        for one in held:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        closed.close()
        addresses = [refusing, full.getsockname(), ("127.0.0.1", server.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        with_pool(server.port, lambda pool: ask_often(pool, 1))
        for one in held:
            one.close()
    assert server.total == 1


def test_what_begins_at_once_costs_no_future_and_no_callback_either(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()
    monkeypatch.setattr(socket, "socket", counting_socket(counts, threads=threading.current_thread().name))

    async def counted() -> Counter[str]:
        pool, all_came = ConnectionPool(Route("127.0.0.1", server.port), timeout_s=5.0), asyncio.Event()
        await ask_often(pool, 2)
        left = 100
        before = counts.copy()

        def came(answer: RawResponse | Exception) -> None:
            nonlocal left
            assert isinstance(answer, RawResponse)
            assert answer.status_code == 204
            left -= 1
            if left:
                assert pool.begin(REQUEST, came)
            else:
                all_came.set()

        assert pool.begin(REQUEST, came)
        await all_came.wait()
        spent = counts - before
        await pool.close()
        return spent

    with asyncio.Runner(loop_factory=lambda: CountingLoop(counts)) as runner:
        spent = runner.run(counted())
    assert max(spent["futures"], spent["callbacks"]) <= 1  # this test's own
    assert spent["timers"] == spent["tasks"] == 0
    assert spent["writes"] == spent["reads"] == 100


def test_nothing_begins_at_once_without_a_connection_that_rests_or_without_room(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_CONNECTIONS", 1)

    async def begin(pool: ConnectionPool) -> None:
        assert not pool.begin(REQUEST, answers.append)
        await ask_often(pool, 1)
        asking = asyncio.create_task(pool.ask(REQUEST))
        await asyncio.sleep(0)
        assert not pool.begin(REQUEST, answers.append)
        await asking
        pool._resting[0].close()
        assert not pool.begin(REQUEST, answers.append)
        await ask_often(pool, 1)

    answers: list[RawResponse | Exception] = []
    with_pool(server.port, begin)
    assert answers == []
    assert server.total == 3


def test_what_began_at_once_fails_at_its_time_and_leaves_its_place() -> None:
    async def begin(pool: ConnectionPool) -> Exception | RawResponse:
        await ask_often(pool, 1)
        came: asyncio.Future[Exception | RawResponse] = asyncio.get_running_loop().create_future()
        assert pool.begin(REQUEST, came.set_result)
        answer = await came
        await ask_often(pool, 1)
        return answer

    read = Step.READ
    with byte_server([read, NO_CONTENT, read, Step.WAIT], [read, NO_CONTENT]) as server:
        assert isinstance(with_pool(server.port, begin, timeout_s=0.3), TimeoutError)


def test_a_request_costs_one_future_one_callback_one_write_one_read_and_no_timer(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts: Counter[str] = Counter()
    monkeypatch.setattr(socket, "socket", counting_socket(counts, threads=threading.current_thread().name))

    async def counted() -> Counter[str]:
        pool = ConnectionPool(Route("127.0.0.1", server.port), timeout_s=5.0)
        await ask_often(pool, 2)
        before = counts.copy()
        await ask_often(pool, 100)
        spent = counts - before
        await pool.close()
        return spent

    with asyncio.Runner(loop_factory=lambda: CountingLoop(counts)) as runner:
        spent = runner.run(counted())
    # The callback that wakes the caller is the future's own, which the loop in C does not count here.
    assert spent["futures"] == 100
    assert spent["timers"] == spent["tasks"] == 0
    assert spent["callbacks"] <= 200
    assert spent["writes"] == spent["reads"] == 100
    assert spent["bytes"] == 100 * len(REQUEST)


def test_a_request_that_finds_no_memory_leaves_room(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body of megabytes is copied where the system does not take it at once."""
    monkeypatch.setattr(pools, "MAX_CONNECTIONS", 1)
    answers: list[Any] = []

    async def ask(pool: ConnectionPool) -> None:
        await pool.ask(REQUEST)
        with monkeypatch.context() as short:
            short.setattr("asyncio.selector_events._SelectorSocketTransport.write", _no_memory)
            with pytest.raises(MemoryError):
                pool.begin(REQUEST, answers.append)
            with pytest.raises(MemoryError):
                async with asyncio.timeout(30):
                    await pool.ask(REQUEST)
        await pool.ask(REQUEST)

    with_pool(server.port, ask)
    assert answers == []
    assert server.total == 2


def test_an_answer_for_which_there_is_no_memory_is_told_and_leaves_room(
    server: ByteServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "MAX_CONNECTIONS", 1)

    async def ask(pool: ConnectionPool) -> None:
        with monkeypatch.context() as short:
            short.setattr("workflow_sdk.client.http1.answer.unpacked", _no_memory)
            with pytest.raises(MemoryError):
                async with asyncio.timeout(30):
                    await pool.ask(REQUEST)
        await pool.ask(REQUEST)

    with_pool(server.port, ask)
    assert server.total == 2


def _no_memory(*_arguments: Any, **_options: Any) -> Any:
    raise MemoryError
