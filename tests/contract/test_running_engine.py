"""An engine that serves: its door, its options, and what it does to odd requests."""

from __future__ import annotations

import json
import logging
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, DevEngineError, HandClock
from rochallor_cli.dev_engine.go_json.reading import MAX_DEPTH
from support.engines import running_engine
from support.waiting import wait_until
from support.workflows import decision, document, gateway, join, service, transform, user_task, wait


def call(engine: DevEngine, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status and the JSON (or text) of an answer."""
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(engine.url + path, data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, _read(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _read(error.read())


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def post(engine: DevEngine, path: str, body: Any = None) -> Any:
    status, answer = call(engine, "POST", path, {} if body is None else body)
    assert status < 300, answer
    return answer


def start(engine: DevEngine, *steps: dict[str, Any], **variables: Any) -> str:
    post(engine, "/v1/definitions", document(*steps))
    return str(post(engine, "/v1/instances", {"definitionId": "flow", "variables": variables})["id"])


def poll(engine: DevEngine, *job_types: str, max_jobs: int = 10) -> list[dict[str, Any]]:
    body = {"workerId": "w", "jobTypes": list(job_types), "maxJobs": max_jobs}
    return post(engine, "/v1/jobs/poll", body)["jobs"] or []


# --- the door -----------------------------------------------------------------------------------


def test_an_engine_serves_on_a_free_port_and_stops() -> None:
    with running_engine() as engine:
        assert engine.port > 0
        assert call(engine, "GET", "/healthz") == (200, "")
    with pytest.raises(urllib.error.URLError):
        call(engine, "GET", "/healthz")


def test_run_blocks_until_stop_is_called_from_elsewhere() -> None:
    engine = DevEngine(DevEngineConfig(port=0))
    thread = threading.Thread(target=engine.run, kwargs={"on_ready": engine.stop})
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    with (
        running_engine() as engine,
        pytest.raises(
            DevEngineError,
            match=r"cannot listen on 127.0.0.1 port \d+: address already in use; .*0 for any free",
        ),
    ):
        DevEngine(DevEngineConfig(port=engine.port)).__enter__()


def test_moving_a_clock_that_moves_by_itself_is_an_error() -> None:
    with running_engine() as engine, pytest.raises(DevEngineError, match="hand-driven clock"):
        engine.advance(1)


def test_definitions_of_a_folder_are_there_from_the_start(tmp_path: Path) -> None:
    (tmp_path / "flow.json").write_text(json.dumps(document(wait("hold"))))
    with running_engine(definitions=tmp_path) as engine:
        assert call(engine, "GET", "/v1/definitions/flow")[0] == 200


def test_a_folder_with_a_bad_definition_names_the_file_and_the_rule(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(json.dumps({"id": "x", "steps": []}))
    with pytest.raises(DevEngineError, match=r"bad\.json cannot be uploaded: (.|\n)*name is required"):
        DevEngine(DevEngineConfig(port=0, definitions=tmp_path)).__enter__()


# --- leases, by the clock -----------------------------------------------------------------------


def test_a_lease_that_ended_is_swept_and_the_job_comes_again_unchanged() -> None:
    with running_engine(clock=HandClock(), lease_s=30) as engine:
        start(engine, service("work", retryCount=1), a=1)
        [first] = poll(engine, "work")
        engine.advance(29)
        assert poll(engine, "work") == []
        engine.advance(1)
        [again] = poll(engine, "work")
        assert (again["id"], again["retriesRemaining"]) == (first["id"], 1)
        assert again["lockExpiresAt"] > first["lockExpiresAt"]


def test_the_late_completion_of_the_first_worker_is_accepted() -> None:
    with running_engine(clock=HandClock()) as engine:
        instance_id = start(engine, service("work"))
        [job] = poll(engine, "work")
        engine.advance(31)
        poll(engine, "work")
        post(engine, f"/v1/jobs/{job['id']}/complete", {"variables": {"by": "first"}})
        assert call(engine, "GET", f"/v1/instances/{instance_id}")[1]["status"] == "COMPLETED"
        engine.advance(60)
        assert poll(engine, "work") == []


def test_the_sweep_runs_by_itself() -> None:
    with running_engine(lease_s=0.05, sweep_s=0.05) as engine:
        start(engine, service("work"))
        [job] = poll(engine, "work")
        found: list[dict[str, Any]] = []
        wait_until(lambda: found.extend(poll(engine, "work")) or found, "the job comes again")
        assert [each["id"] for each in found] == [job["id"]]


# --- options ------------------------------------------------------------------------------------


def test_cors_can_be_closed() -> None:
    with running_engine(cors=False) as engine:
        request = urllib.request.Request(engine.url + "/v1/definitions", headers={"Origin": "http://x"})
        with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(request):
            pass
        refused.value.close()
        assert "Access-Control-Allow-Origin" not in refused.value.headers
        assert call(engine, "OPTIONS", "/v1/instances")[0] == 405


def test_requests_are_logged_when_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "rochallor_cli.dev_engine"),
        running_engine(log_requests=True) as engine,
    ):
        call(engine, "GET", "/v1/definitions/none")
    assert any("GET /v1/definitions/none 404" in record.getMessage() for record in caplog.records)


ENDS_EARLY = (gateway("split", ["fast", "slow"]), service("fast"), service("slow", "meet"), join())


def test_an_engine_fault_is_told_once_with_its_code(caplog: pytest.LogCaptureFixture) -> None:
    with running_engine() as engine:
        for _ in range(3):
            start(engine, *ENDS_EARLY)
        for job in poll(engine, "fast"):
            post(engine, f"/v1/jobs/{job['id']}/complete")
    told = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(told) == 1
    assert told[0].startswith("W303 flow v1, instance ")


@pytest.mark.parametrize(("apart_s", "told"), [(0.001, 1), (0.005, 0)])
def test_two_completions_at_the_same_moment_are_warned_of(
    caplog: pytest.LogCaptureFixture, apart_s: float, told: int
) -> None:
    with running_engine(clock=HandClock()) as engine:
        start(engine, service("work", "hold"), wait("hold"))
        [job] = poll(engine, "work")
        post(engine, f"/v1/jobs/{job['id']}/complete")
        engine.advance(apart_s)
        post(engine, f"/v1/jobs/{job['id']}/complete")
    warned = [record for record in caplog.records if record.getMessage().startswith("W603 flow v1")]
    assert len(warned) == told


def test_a_strict_engine_fails_the_instance_with_the_fault() -> None:
    with running_engine(strict=True) as engine:
        instance_id = start(engine, *ENDS_EARLY)
        [job] = poll(engine, "fast")
        post(engine, f"/v1/jobs/{job['id']}/complete")
        instance = call(engine, "GET", f"/v1/instances/{instance_id}")[1]
    assert instance["status"] == "FAILED"
    assert instance["failureReason"].startswith("W303: END")


def test_the_same_seed_takes_the_same_branches() -> None:
    def taken(seed: int) -> list[str]:
        with running_engine(seed=seed) as engine:
            branches = {"n > 0": "one", "n > 1": "two", "n > 2": "three"}
            steps = (decision("d", branches), wait("one"), wait("two"), wait("three"))
            ids = [start(engine, *steps, n=3) for _ in range(40)]
            return [call(engine, "GET", f"/v1/instances/{id_}")[1]["currentStepIds"][0] for id_ in ids]

    first = taken(3)
    assert first == taken(3)
    assert len(set(first)) > 1
    assert first.count("one") > 20


# --- odd requests -------------------------------------------------------------------------------


def test_what_is_no_http_closes_the_connection_and_nothing_else() -> None:
    with running_engine() as engine:
        for garbage in (
            b"\x00\x01\x02\r\n\r\n",
            b"GET\r\n\r\n",
            b"POST /v1/instances HTTP/9.9\r\n\r\n",
            b"{}\n\n",
        ):
            with socket.create_connection(("127.0.0.1", engine.port), timeout=60) as raw:
                raw.sendall(garbage)
                raw.shutdown(socket.SHUT_WR)
                assert all(iter(lambda: raw.recv(4096), b"")), "read until the engine closes"
        assert call(engine, "GET", "/healthz")[0] == 200


def test_a_request_that_is_cut_off_changes_nothing() -> None:
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(wait("hold")))
        with socket.create_connection(("127.0.0.1", engine.port), timeout=60) as raw:
            raw.sendall(
                b'POST /v1/instances HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"definitionId"'
            )
        assert call(engine, "GET", "/v1/instances")[1] == {"items": None, "total": 0}


@pytest.mark.parametrize(
    "path", ["/%zz", "/v1/definitions/%", "/v1/definitions/%C3%28", "//", "/v1//", "/v1/jobs/%00/x"]
)
def test_odd_paths_are_answered(path: str) -> None:
    with running_engine() as engine, socket.create_connection(("127.0.0.1", engine.port), timeout=60) as raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert raw.recv(4096).split()[1] in (b"400", b"404")


def test_json_that_is_nested_too_deeply_is_refused() -> None:
    with running_engine() as engine:
        deep = b"[" * 100_000 + b"]" * 100_000
        body = b'{"definitionId": "x", "variables": {"a": ' + deep + b"}}"
        status, answer = call(engine, "POST", "/v1/instances", body)
        assert (status, answer["reason"]) == (400, "invalid request body: exceeded max depth")


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_as_deeply_as_may_be_goes_all_the_way(brackets: tuple[str, str]) -> None:
    depth = MAX_DEPTH - 2
    value = brackets[0] * depth + '"\\ud800"' + brackets[1] * depth
    steps = (
        service("work", "shape"),
        transform("shape", {"copy": "${deep}", "n": "${n + 1}"}, "size"),
        decision("size", {"n > 1": "end", "n <= 1": "end"}),
    )
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(*steps))
        body = f'{{"definitionId": "flow", "variables": {{"n": 1, "deep": {value}}}}}'.encode()
        instance_id = post(engine, "/v1/instances", body)["id"]
        [job] = poll(engine, "work")
        post(engine, f"/v1/jobs/{job['id']}/complete", f'{{"variables": {{"more": {value}}}}}'.encode())
        instance = call(engine, "GET", f"/v1/instances/{instance_id}")[1]
    assert instance["status"] == "COMPLETED"
    assert instance["variables"]["copy"] == instance["variables"]["more"] == instance["variables"]["deep"]


def test_a_value_that_a_loop_nests_deeper_and_deeper_is_refused() -> None:
    steps = (
        transform("wrap", {"x": "${[x]}"}, "again"),
        decision("again", {"true": "wrap", "false": "end"}),
    )
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(*steps))
        body = {"definitionId": "flow", "variables": {"x": 1}}
        status, answer = call(engine, "POST", "/v1/instances", body)
        assert (status, answer["reason"]) == (
            500,
            "start: transformation: marshal merged vars: json: exceeded max depth",
        )


def test_large_and_many_variables_come_back_and_are_handed_out() -> None:
    with running_engine() as engine:
        variables = {"text": "x" * 5_000_000, **{f"v{n}": n for n in range(10_000)}}
        start(engine, service("work"), **variables)
        [job] = poll(engine, "work")
        assert job["variables"] == variables


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ('"\\ud800"', "\ufffd"),
        ("9007199254740993", 9007199254740992),
        ("4611686018427387904", 4611686018427388000),
        ("1e21", 10**21),
        ("3.0", 3),
        ("-0.0", 0),
        ("1.5e300", 15 * 10**299),
        ("0.1", 0.1),
        ('"<&>\\u2028"', "<&>\u2028"),
    ],
)
def test_values_come_back_as_doubles_and_clean_text_hold_them(sent: str, read: Any) -> None:
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(wait("hold")))
        body = f'{{"definitionId": "flow", "variables": {{"v": {sent}}}}}'.encode()
        instance = post(engine, "/v1/instances", body)
        stored = call(engine, "GET", f"/v1/instances/{instance['id']}")[1]["variables"]["v"]
        assert (stored, type(stored)) == (read, type(read))


def test_a_loop_that_never_rests_does_not_hang_the_server() -> None:
    with running_engine() as engine:
        instance_id = start(
            engine, decision("a", {"true": "b"}), decision("b", {"true": "a", "false": "end"})
        )
        instance = call(engine, "GET", f"/v1/instances/{instance_id}")[1]
        assert instance["status"] == "FAILED"
        assert "without a rest" in instance["failureReason"]


def test_every_job_is_handed_out_once_to_many_workers_at_the_same_time() -> None:
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(service("work")))
        for _ in range(100):
            post(engine, "/v1/instances", {"definitionId": "flow"})
        with ThreadPoolExecutor(8) as pool:
            polled = list(pool.map(lambda _: poll(engine, "work", max_jobs=7), range(24)))
        ids = [job["id"] for jobs in polled for job in jobs]
        assert len(ids) == len(set(ids)) == 100


def test_a_request_that_fails_does_not_undo_those_beside_it() -> None:
    with running_engine() as engine:
        start(engine, service("work", conditionalNextSteps={"ok": "nowhere", "!ok": "end"}))
        for _ in range(19):
            post(engine, "/v1/instances", {"definitionId": "flow"})
        jobs = poll(engine, "work", max_jobs=20)

        def complete(number: int) -> int:
            body = {"variables": {"ok": number % 2 == 0}}
            return call(engine, "POST", f"/v1/jobs/{jobs[number]['id']}/complete", body)[0]

        with ThreadPoolExecutor(10) as pool:
            statuses = list(pool.map(complete, range(20)))
        assert statuses == [500, 204] * 10
        assert call(engine, "GET", "/v1/instances?status=COMPLETED")[1]["total"] == 10
        assert call(engine, "GET", "/v1/instances?status=ACTIVE")[1]["total"] == 10


@pytest.mark.parametrize(
    ("keyword", "found"),
    [
        ("ŽLUŤ", ["flow"]),
        ("fl_w", ["flow"]),
        ("100%25", []),
        ("k%25%C5%88", ["flow"]),
        ("a\\_b", ["other"]),
        ("a_c", []),
        (".*", []),
        ("", ["flow", "other"]),
    ],
)
def test_definitions_are_found_whatever_their_case_and_by_wildcards(keyword: str, found: list[str]) -> None:
    with running_engine() as engine:
        post(engine, "/v1/definitions", {**document(wait("hold")), "name": "Žluťoučký kůň"})
        post(engine, "/v1/definitions", {**document(wait("hold"), id_="other"), "name": "a_b"})
        path = f"/v1/definitions?keyword={quote(keyword, safe='%')}"
        items = call(engine, "GET", path)[1]["items"]
        assert [each["id"] for each in items or []] == found


def test_instances_are_listed_newest_first_and_filtered_exactly() -> None:
    with running_engine() as engine:
        post(engine, "/v1/definitions", document(user_task("ask")))
        for number in range(5):
            post(engine, "/v1/instances", {"definitionId": "flow", "businessKey": f"bk-{number % 2}"})
        page = call(engine, "GET", "/v1/instances?businessKey=bk-0&pageSize=2")[1]
        assert page["total"] == 3
        assert [each["startedAt"] for each in page["items"]] == sorted(
            (each["startedAt"] for each in page["items"]), reverse=True
        )
        assert call(engine, "GET", "/v1/instances?status=waiting")[1] == {"items": None, "total": 0}
        assert call(engine, "GET", "/v1/instances?page=-1")[0] == 500
