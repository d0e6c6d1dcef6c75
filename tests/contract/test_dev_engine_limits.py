"""The embedded engine among strangers: web pages, other users, connections that say nothing, numbers at the edge."""

from __future__ import annotations

import http.client
import json
import os
import socket
import stat
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from rochallor_cli.dev_engine.api import connection_limits, endpoints, server
from rochallor_cli.dev_engine.services import definitions, offloading

END = {"id": "e", "name": "e", "type": "END"}


def ask(engine: DevEngine, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(engine.url).netloc, timeout=60)
    sent = {"Content-Type": "application/json", **headers}
    connection.putrequest(method, path, skip_host="Host" in sent)
    for name, value in {**sent, "Content-Length": str(len(body))}.items():
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    return answer.status, json.loads(raw) if raw.startswith(b"{") else raw


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:3000"])
def test_a_web_page_may_do_nothing_where_cors_is_closed(origin: str) -> None:
    with DevEngine(DevEngineConfig(port=0, cors=False)) as engine:
        status, body = ask(
            engine, "POST", "/v1/definitions", "{}", Origin=origin, **{"Content-Type": "text/plain"}
        )
        assert (status, body["error"]) == (403, "browser-refused")
        assert ask(engine, "GET", "/v1/definitions", Origin=engine.url)[0] == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403), ("evil.example:8080", 403), ("", 403), ("localhost:1", 200),
        ("[::1]:8080", 200), ("127.0.0.9", 200),
    ],
)  # fmt: skip
def test_a_name_that_is_pointed_here_is_refused_where_cors_is_closed(host: str, status: int) -> None:
    with DevEngine(DevEngineConfig(port=0, cors=False)) as engine:
        assert ask(engine, "GET", "/v1/definitions", Host=host)[0] == status


def test_web_pages_may_call_it_by_default_as_they_may_the_real_engine() -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        assert ask(engine, "GET", "/v1/definitions", Origin="http://any", Host="evil.example")[0] == 200


@pytest.mark.parametrize("mask", [0, 0o022])
def test_the_database_is_its_owners_alone(mask: int, tmp_path: Path) -> None:
    there = tmp_path / "older.sqlite"
    there.touch(0o644)
    before = os.umask(mask)
    try:
        for path in (tmp_path / "engine.sqlite", there):
            with DevEngine(DevEngineConfig(port=0, db=path)) as engine:
                ask(engine, "POST", "/v1/definitions", json.dumps({"id": "a", "name": "a", "steps": [END]}))
                modes = {
                    each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob(f"{path.name}*")
                }
            assert set(modes.values()) == {0o600}, modes
    finally:
        os.umask(before)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("9223372036854775807", 200), ("9223372036854775296", 200), ("9223372036854775808", 400),
        ("-9223372036854775808", 200), ("2147483648", 200), ("0", 200), ("-1", 200), ("1e400", 400), ("1.5", 400),
    ],
)  # fmt: skip
def test_any_number_of_jobs_may_be_asked_for(number: str, status: int) -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        body = '{"workerId":"w","jobTypes":["t"],"maxJobs":NUMBER}'.replace("NUMBER", number)
        assert ask(engine, "POST", "/v1/jobs/poll", body)[0] == status


@pytest.mark.parametrize(
    "number", ["9007199254740993", "-9007199254740993", "123456789012345678901234567890"]
)
def test_metadata_keeps_every_digit(number: str) -> None:
    text = '{"id":"b","name":"b","Metadata":{"n":%s,"deep":[{"m":%s}]},"steps":[%s]}'
    with DevEngine(DevEngineConfig(port=0)) as engine:
        assert ask(engine, "POST", "/v1/definitions", text % (number, number, json.dumps(END)))[0] == 201
        metadata = ask(engine, "GET", "/v1/definitions/b")[1]["metadata"]
    assert metadata == {"n": int(number), "deep": [{"m": int(number)}]}


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True


HALF = (b"GET /v1/inst", b"POST /v1/instances HTTP/1.1\r\nHost: localhost\r\nContent-Le", b"")


def test_requests_that_are_never_finished_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "HEAD_TIMEOUT_S", 0.3)
    with DevEngine(DevEngineConfig(port=0)) as engine:
        host, port = urlsplit(engine.url).netloc.split(":")
        held = [socket.create_connection((host, int(port)), timeout=60) for _ in HALF]
        for one, half in zip(held, HALF, strict=True):
            one.sendall(half)
        assert ask(engine, "GET", "/healthz")[0] == 200
        assert [one.recv(1) for one in held] == [b""] * len(held)
        for one in held:
            one.close()


def test_who_goes_away_in_the_middle_of_a_body_is_no_fault_of_the_engine(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        host, port = urlsplit(engine.url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(
                b"POST /v1/instances HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
            )
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for _ in range(20):
            assert ask(engine, "GET", "/healthz")[0] == 200
    assert [record.getMessage() for record in caplog.records] == []


# What 64 bits of nanoseconds cannot hold is the least number there is, which is no duration.
@pytest.mark.parametrize(
    ("duration", "status"), [(f"P{'9' * 400}H", 500), ("PT999999999H", 500), ("PT2000000H", 201)]
)
@pytest.mark.parametrize("version", ["0", "next"])
def test_a_timer_of_any_length_is_started_or_refused_in_the_engines_words(
    duration: str, status: int, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    timer = {"type": "TIMER", "duration": duration, "targetStepId": "e"}
    waiting = {"id": "w", "name": "w", "type": "WAIT", "nextStep": "e", "boundaryEvents": [timer]}
    with DevEngine(DevEngineConfig(port=0, engine_version=version)) as engine:
        document = {"id": "long", "name": "l", "steps": [waiting, END]}
        assert ask(engine, "POST", "/v1/definitions", json.dumps(document))[0] == 201
        answered, said = ask(engine, "POST", "/v1/instances", '{"definitionId":"long"}')
    assert (answered, "a fault in the dev engine" in str(said)) == (status, False), said
    assert "Traceback" not in caplog.text


def test_idle_connections_make_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_limits, "MOST_CONNECTIONS", 5)
    with DevEngine(DevEngineConfig(port=0)) as engine:
        host, port = urlsplit(engine.url).netloc.split(":")
        held = [socket.create_connection((host, int(port)), timeout=60) for _ in range(8)]
        assert ask(engine, "GET", "/healthz")[0] == 200
        for one in held[:3]:
            assert is_closed(one)
            one.close()
        for one in held[3:]:
            one.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\x00\x1b[2J\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_http_is_refused_in_one_line_of_the_log(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        host, _, port = urlsplit(engine.url).netloc.partition(":")
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(sent)
            assert connection.recv(100).startswith(b"HTTP/1.0 400 ")
    assert [record.exc_info for record in caplog.records] == [None] * len(caplog.records)
    assert not any(set("\n\x1b\x00") & set(record.getMessage()) for record in caplog.records)


LONG = "x" * (2 * offloading.LARGE)
# What takes long, where it is done, and what asks for it.
LONG_READINGS = [
    (definitions, "read", "/v1/definitions", {"id": "long", "name": LONG, "steps": [END]}),
    (endpoints, "decode", "/v1/instances", {"definitionId": "long", "variables": {"x": LONG}}),
    (endpoints, "decode", "/v1/instances/none/cancel", {"reason": LONG}),
]


@pytest.mark.parametrize(
    ("module", "name", "path", "sent"), LONG_READINGS, ids=["upload", "variables", "cancel"]
)
def test_what_takes_long_to_read_holds_nobody(
    module: Any, name: str, path: str, sent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reading goes on only once another request has been answered meanwhile."""
    begun, answered = threading.Event(), threading.Event()
    really = getattr(module, name)

    def slow(*arguments: Any) -> Any:
        begun.set()
        assert answered.wait(60), "nobody was answered meanwhile"
        return really(*arguments)

    with DevEngine(DevEngineConfig(port=0)) as engine, ThreadPoolExecutor(1) as others:
        ask(engine, "POST", "/v1/definitions", json.dumps({"id": "long", "name": "l", "steps": [END]}))
        monkeypatch.setattr(module, name, slow)
        asked = others.submit(ask, engine, "POST", path, json.dumps(sent))
        assert begun.wait(60)
        assert ask(engine, "GET", "/healthz")[0] == 200
        answered.set()
        assert asked.result(60)[0] == (500 if "none" in path else 201)


BODIES = [
    ("/v1/definitions", '{"id": "x", "name": "x", "metadata": {"x": VALUE}}'),
    ("/v1/instances", '{"definitionId": "x", "variables": {"x": VALUE}}'),
    ("/v1/instances/none/cancel", '{"x": VALUE}'),
    ("/v1/jobs/none/complete", '{"workerId": "w", "variables": {"x": VALUE}}'),
]


@pytest.mark.parametrize(("path", "body"), BODIES, ids=[path for path, _ in BODIES])
def test_a_body_of_too_many_values_is_refused_in_words(
    path: str, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MAX_VALUES", 50_000)
    with DevEngine(DevEngineConfig(port=0)) as engine:
        many = "[" + ",".join(["[]"] * 80_000) + "]"
        status, answer = ask(engine, "POST", path, body.replace("VALUE", many))
        assert status == 413
        assert answer["reason"] == "the embedded engine takes at most 50,000 JSON values in a body"
        # What is written within a text is no value.
        assert ask(engine, "POST", path, body.replace("VALUE", json.dumps(many)))[0] != 413


def test_a_body_that_is_too_long_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_BODY_BYTES", 2**20)
    with DevEngine(DevEngineConfig(port=0)) as engine:
        status, answer = ask(engine, "POST", "/v1/instances", json.dumps({"definitionId": "x" * 2**20}))
        assert (status, answer["reason"]) == (413, "the embedded engine takes at most 1 MiB in a body")
        assert ask(engine, "GET", "/healthz")[0] == 200


@pytest.mark.parametrize(("length", "status"), [(60_000, 200), (70_000, 400)])
def test_a_long_header_is_taken_and_one_without_bound_is_not(length: int, status: int) -> None:
    with DevEngine(DevEngineConfig(port=0)) as engine:
        assert ask(engine, "GET", "/healthz", Authorization="x" * length)[0] == status
        assert ask(engine, "GET", f"/v1/definitions?keyword={'x' * length}")[0] == status
