"""Another engine where one was before, and one that is not what it is said to be: what it answers now counts."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.command_line import rochallor, rochallor_process
from support.engine_of_version import ID, LOAN, START, TABLE, engine_of
from support.engines import running_engine
from support.scripted_server import Answer, route, stand_in
from support.workflows import decision, document, uploaded, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

# (a command, its exit status and what it says where the engine is 0): whatever was found at this URL before.
REPLACED: list[tuple[tuple[str, ...], int, str]] = [
    (START, 7, "version 0"),
    (("instances", "retry", ID, "--dry-run"), 7, "cannot retry a step"),
    (("defs", "upload", "-", "--dry-run"), 3, 'unknown field "decisionTable"'),
    (("doctor",), 0, "0 (its answers)"),
]


@pytest.mark.parametrize(("line", "status", "said"), REPLACED, ids=str)
@pytest.mark.parametrize("before", ["1.0", "1.1"])
def test_what_another_engine_at_this_url_was_counts_for_nothing(
    before: str, line: tuple[str, ...], status: int, said: str, tmp_path: Path
) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    age = before

    def answer(method: str, path: str, body: bytes) -> Answer:
        if route(path) == f"/v1/instances/{ID}":
            return 200, {**LOAN, "id": ID, "status": "FAILED"}
        if route(path) == f"/v1/instances/{ID}/history":
            return 200, [{"stepId": "score", "status": "FAILED", "attemptNumber": 1}]
        if method == "GET" and route(path) == "/v1/definitions/loan":
            return 404, {"error": "not-found", "reason": "definition not found"}
        if route(path) == "/v1/jobs/poll":
            return 400, {"error": "bad-request", "reason": "workerId is required"}
        return engine_of(age)(method, path, body)

    with stand_in(answer) as there:
        rochallor("doctor", url=there.url, env=env)
        assert list(tmp_path.rglob("engine-version-*"))
        age = "0"
        done = rochallor(*line, url=there.url, env=env, stdin=json.dumps(TABLE))
        assert (done.exit_status, said in done.stdout + done.stderr) == (status, True), done.stderr
        assert ("POST", "/v1/instances") not in [(method, path) for method, path, _ in there.seen]
        shown = rochallor("config", "show", url=there.url, env=env).stderr
    assert "this engine was 0" in shown or "this engine was" not in shown


def test_a_key_that_is_not_unique_is_found_whatever_version_is_said(tmp_path: Path) -> None:
    """Four at once, of an engine that keeps no key unique, are not all told that theirs is the only one."""
    with running_engine(engine_version="0") as there:
        flow = json.dumps(document(wait("hold"), id_="loan"))
        assert rochallor("defs", "upload", "-", url=there.url, stdin=flow).exit_status == 0
        line = (*START, "--engine-version", "1.1.0", "-o", "json")
        env = {"XDG_CACHE_HOME": str(tmp_path)}
        with ExitStack() as stack:
            starts = [stack.enter_context(rochallor_process(*line, url=there.url, env=env)) for _ in range(4)]
            done = [start.wait() for start in starts]
        live = rochallor("instances", "list", "--business-key", "A-1", "-o", "json", url=there.url).json()
    given = {json.loads(one.stdout)["id"] for one in done if one.exit_status == 0}
    assert given <= {min(one["id"] for one in live)}
    refused = [one for one in done if one.exit_status == 7]
    assert len(refused) >= len(live) - 1
    assert all("does not keep keys unique" in one.stderr for one in refused)


def test_an_answer_that_no_engine_of_the_version_said_gives_is_told_once(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with stand_in(engine_of("0")) as there:
        done = rochallor("instances", "get", ID, "--engine-version", "1.1.0", url=there.url, env=env)
        fits = rochallor("instances", "get", ID, "--engine-version", "0", url=there.url, env=env)
        told = rochallor("doctor", "--engine-version", "1.1.0", url=there.url, env=env)
    assert done.stderr.count("this engine answers as version 0 does") == 1
    assert "this engine answers" not in fits.stderr
    assert "but it answers as version 0 does" in told.stdout


def test_a_refused_retry_leaves_what_it_does_not_contradict(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}

    def answer(method: str, path: str, body: bytes) -> Answer:
        if route(path) == "/v1/jobs/poll":
            return 400, {"error": "bad-request", "reason": "workerId is required"}
        return engine_of("1.0")(method, path, body)

    with stand_in(answer) as there:
        rochallor("doctor", url=there.url, env=env)
        for _ in range(3):
            refused = rochallor("instances", "retry", ID, "--step", "a", url=there.url, env=env)
            assert refused.exit_status == 7, refused.stderr
            assert list(tmp_path.rglob("engine-version-*"))


def test_a_retry_that_a_taken_key_forbids_names_who_holds_it() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, decision("d", {"v > 1": "ask"}), user_task("ask"), id_="keyed")
        broken = client.start_instance("keyed", {"v": 0}, None, "A-1")["id"]
        live = client.start_instance("keyed", {"v": 2}, None, "A-1")["id"]
        result = rochallor("instances", "retry", broken, "--step", "d", "--var", "v=2", url=engine.url)
    assert (result.exit_status, f"held by {live}" in result.stderr) == (7, True), result.stderr
    assert "--if-absent" not in result.stderr
