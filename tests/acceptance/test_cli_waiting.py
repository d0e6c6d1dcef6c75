"""What `wait` and `start --wait` promise: bounded requests, patience with an engine that is away for a moment, an id
that is known as soon as there is one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from support.command_line import Result, rochallor
from support.engines import running_engine
from support.gateway import running_gateway
from support.scripted_server import Answer, route, stand_in
from support.workflows import decision, do_jobs, gateway, join, service, uploaded, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

ID = "01JD8Q3VZ6M0T2H8X4K7N5RWZK"
Instance = dict[str, object]


def instance(status: str = "ACTIVE", **more: object) -> Instance:
    return {
        "id": ID, "definitionId": "one", "definitionVersion": 1, "status": status, "currentStepIds": ["s"],
        "variables": {}, "startedAt": "2026-11-28T10:00:00Z", **more,
    }  # fmt: skip


def engine_that(*looks: Answer, start: Answer | None = None) -> Callable[[str, str, bytes], Answer]:
    """Answers a start, and each look at the instance in turn, the last one for ever."""
    left = list(looks)

    def answer(method: str, path: str, body: bytes) -> Answer:
        if method == "POST" and route(path) == "/v1/instances":
            return start or (201, instance())
        if route(path) == f"/v1/instances/{ID}":
            return left.pop(0) if len(left) > 1 else left[0]
        if path.endswith("/history"):
            return 200, {
                "items": [{"ID": "e", "StepID": "s", "StepType": "SERVICE_TASK", "Status": "RUNNING"}]
            }
        return 404, {"error": "not-found", "reason": "not here"}

    return answer


AWAY: Answer = (503, b"<html>")


@pytest.mark.parametrize("command", [("start", "one", "--wait"), ("start", "one", "--follow"), ("wait", ID)])
def test_a_gateway_that_answers_503_for_a_moment_ends_no_wait(command: tuple[str, ...]) -> None:
    looks = AWAY, (200, instance()), AWAY, (200, instance("COMPLETED"))
    with stand_in(engine_that(*looks)) as there:
        result = rochallor("instances", *command, "-o", "json", url=there.url, sleep=lambda _: None)
    assert result.exit_status == 0, result.stderr
    assert result.stderr.count("engine unreachable: ") == (0 if "--follow" in command else 2)


@pytest.mark.parametrize("output", ["json", "jsonl", "name", "table", "yaml"])
def test_the_id_is_known_also_where_the_time_runs_out(output: str) -> None:
    with stand_in(engine_that((200, instance()))) as there:
        line = ("instances", "start", "one", "--wait", "--timeout", "10ms", "-o", output)
        result = rochallor(*line, url=there.url)
    assert (result.exit_status, f"started {ID}" in result.stderr) == (10, True)
    if output == "name":
        assert result.lines() == [ID]
    if output in ("json", "jsonl"):
        assert json.loads(result.stdout)["id"] == ID


def test_an_unknown_id_is_said_before_another_is_waited_for(engine_url: str, ended: dict[str, str]) -> None:
    result = rochallor("instances", "wait", ended["active"], ID, url=engine_url)
    assert (result.exit_status, f"no instance {ID}" in result.stderr) == (6, True)


def test_a_request_is_no_longer_than_what_is_left_of_the_wait() -> None:
    with running_gateway(silent=True) as silent:
        result = rochallor("instances", "wait", ID, "--timeout", "200ms", url=silent.url)
        silent.released.set()
    assert result.exit_status == 5
    assert "does not answer" in result.stderr
    assert "waited 200 ms" in result.stderr


def test_a_wait_for_many_is_over_with_the_first_that_nobody_answers_for() -> None:
    ids = [f"{ID[:-2]}{number}" for number in range(10, 40)]
    with stand_in(lambda *_: AWAY) as there:
        result = rochallor("instances", "wait", *ids, "--timeout", "1ms", url=there.url)
    asked = {path for _, path, _ in there.seen}
    assert (result.exit_status, asked) == (5, {f"/v1/instances/{ids[0]}"})


def test_an_engine_that_was_silent_at_the_end_of_the_time_is_asked_nothing_more() -> None:
    released = threading.Event()

    def silent(method: str, path: str, body: bytes) -> Answer:
        if method == "GET":
            released.wait(60)
        return 201, instance()

    with stand_in(silent) as there:
        result = rochallor("instances", "start", "one", "--wait", "--timeout", "50ms", url=there.url)
        asked = [(method, path) for method, path, _ in there.seen]
        released.set()
    assert (result.exit_status, f"{ID} is still ACTIVE" in result.stderr) == (10, True)
    assert asked == [("POST", "/v1/instances"), ("GET", f"/v1/instances/{ID}")]


def test_nobody_there_at_all_is_said_at_once() -> None:
    result = rochallor("instances", "wait", ID, url="http://127.0.0.1:9")
    assert (result.exit_status, "cannot reach" in result.stderr) == (5, True)


def test_what_was_started_is_cancelled_where_the_time_runs_out_if_asked() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("s"), id_="slow")
        line = ("instances", "start", "slow", "--wait", "--timeout", "10ms", "--cancel-on-timeout")
        result = rochallor(*line, "-o", "name", url=engine.url)
        assert (result.exit_status, "it was cancelled" in result.stderr) == (10, True)
        assert client.get_instance(result.lines()[0])["status"] == "CANCELLED"
    alone = rochallor("instances", "start", "slow", "--wait", "--cancel-on-timeout", url="http://127.0.0.1:9")
    assert (alone.exit_status, "--timeout" in alone.stderr) == (2, True)


@pytest.mark.parametrize("status", [502, 504])
def test_a_lost_answer_says_that_the_instance_may_have_been_started(status: int) -> None:
    with stand_in(engine_that((200, instance()), start=(status, b"<html>"))) as there:
        result = rochallor("instances", "start", "one", "--business-key", "K 1", url=there.url)
    assert result.exit_status == 5
    assert "may have been started all the same" in result.stderr
    assert "rochallor instances list --definition one --since 10m --business-key 'K 1'" in result.stderr


def test_a_start_that_never_left_is_not_called_doubtful() -> None:
    result = rochallor("instances", "start", "one", url="http://127.0.0.1:9")
    assert (result.exit_status, "may have been started" in result.stderr) == (5, False)


@pytest.mark.parametrize("more", [(), ("--wait",), ("--follow",)])
def test_a_start_that_fails_at_once_ends_with_nine_and_the_reason(
    engine_url: str, client: RestEngineClient, more: tuple[str, ...]
) -> None:
    uploaded(client, decision("d", {"missing > 1": "end"}), id_="fails-at-once")
    result = rochallor("instances", "start", "fails-at-once", *more, url=engine_url)
    assert result.exit_status == 9
    assert "missing" in result.stdout


def followed_dead_one(*command: str, terminal: bool = False) -> Result:
    """Of an instance that nothing can move."""
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, decision("d", {"n > 1": "only", "n <= 1": "end"}), service("only", None), id_="dead")
        dead = client.start_instance("dead", {"n": 2})["id"]
        do_jobs(client, "only")
        naps: list[float] = []

        def sleep(seconds: float) -> None:
            naps.append(seconds)
            if len(naps) > 30:
                raise KeyboardInterrupt

        return rochallor(
            "instances", command[0], dead, *command[1:], url=engine.url, sleep=sleep, terminal=terminal
        )


def test_waiting_in_vain_is_said() -> None:
    ran_out = followed_dead_one("wait", "--timeout", "1ms")
    assert (ran_out.exit_status, "and nothing can move it (W304)" in ran_out.stderr) == (10, True)
    assert "rochallor instances explain" in ran_out.stderr
    interrupted = followed_dead_one("wait")
    assert interrupted.exit_status == 130
    assert interrupted.stderr.count("nothing can move it (W304)") == 1


def test_a_dead_instance_is_not_followed_as_if_it_went_on() -> None:
    lines = followed_dead_one("watch").stdout
    assert lines.count("nothing can move it (W304): rochallor instances explain") == 1
    panel = followed_dead_one("watch", terminal=True).stdout
    assert "nothing can move it (W304)" in panel
    events = [json.loads(line) for line in followed_dead_one("watch", "-o", "jsonl").lines()]
    assert [event["event"] for event in events] == ["step", "step", "instance", "stuck"]


def test_user_task_and_signal_are_both_named(engine_url: str, client: RestEngineClient) -> None:
    uploaded(
        client, gateway("split", ["ask", "hold"]), user_task("ask", "meet"), wait("hold", "meet"), join(),
        id_="both-open",
    )  # fmt: skip
    both = client.start_instance("both-open")["id"]
    result = rochallor("instances", "watch", both, "--timeout", "10ms", url=engine_url)
    assert f"tasks complete {both} ask" in result.stdout
    assert f"instances signal {both} hold" in result.stdout
