"""One client shared by threads: what ends one connection costs no request of another thread."""

from __future__ import annotations

import random
import threading
import time

import pytest

from support.scripted_server import stand_in
from workflow_sdk.client import httpx_client
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineUnreachableError

THREADS, REQUESTS = 8, 100


def test_a_connection_that_expires_is_not_closed_under_the_request_of_another_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As happens once in thousands of requests on a busy machine; here connections expire all the time."""
    monkeypatch.setattr(httpx_client, "KEPT_S", 0.002)
    lost: list[EngineUnreachableError] = []

    def ask() -> None:
        pauses = random.Random(threading.get_ident())
        for _ in range(REQUESTS):
            try:
                client.get_definition("one")
            except EngineUnreachableError as error:
                lost.append(error)
            time.sleep(pauses.random() * 0.004)

    with (
        stand_in(lambda *_: (200, {"id": "one", "version": 1})) as there,
        RestEngineClient(there.url) as client,
    ):
        threads = [threading.Thread(target=ask) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert lost == []


def test_a_client_that_was_closed_during_a_request_leaves_no_connection_open() -> None:
    asked, released = threading.Event(), threading.Event()

    def answer(method: str, path: str, body: bytes) -> tuple[int, object]:
        asked.set()
        released.wait(60)
        return 200, {"id": "one", "version": 1}

    with stand_in(answer) as there:
        client = RestEngineClient(there.url)
        thread = threading.Thread(target=lambda: client.get_definition("one"))
        thread.start()
        assert asked.wait(60)
        client.close()
        released.set()
        thread.join()
        assert client._http._idle == []


def test_a_thread_that_goes_on_after_the_close_leaves_no_connection_open() -> None:
    """A command that has its answer closes the client; a thread of its may be between two requests."""
    with stand_in(lambda *_: (200, {"id": "one", "version": 1})) as there:
        client = RestEngineClient(there.url)
        client.close()
        client.get_definition("one")
        assert client._http._idle == []
