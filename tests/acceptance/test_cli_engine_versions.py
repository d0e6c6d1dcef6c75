"""Which version an engine is: what it tells, what is remembered, and what goes by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rochallor_cli.command_names import ENGINE_VERSIONS as NAMES
from rochallor_cli.dev_engine import DEFAULT_ENGINE_VERSION, ENGINE_VERSIONS
from rochallor_cli.engine_client.engine_version import OFFLINE, EngineVersion
from tests.support.command_line import rochallor
from tests.support.stand_in import NO_ROUTE, Answer, route, stand_in

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
LOAN = {"definitionId": "loan", "definitionVersion": 1, "businessKey": "A-1", "currentStepIds": ["score"]}


def engine(age: str):
    """Answers as an engine of an age does: "0", "1.0" or "1.1"; a start finds the key A-1 taken since 1.0.1."""

    def answer(method: str, path: str, body: bytes) -> Answer:
        where = route(path)
        if where.endswith("/retry"):
            return (404, {"error": "not-found", "reason": REASONS["1.1"]}) if age == "1.1" else NO_ROUTE
        if where.startswith("/v1/instances/"):
            name = where.split("/")[3]
            return 404, {"error": "not-found", "reason": REASONS[age].replace("ID", name)}
        if method == "POST":
            return 201, {"id": ID, "status": "ACTIVE", **LOAN}
        return 200, {"items": [], "total": 0}

    return answer


REASONS = {
    "0": 'instance "ID" not found',
    "1.0": "workflow instance not found",
    "1.1": "workflow instance not found",
}
START = ("instances", "start", "loan", "--business-key", "A-1", "--if-absent")


def test_the_versions_that_can_be_named_are_those_that_there_are() -> None:
    assert ("auto", *ENGINE_VERSIONS) == NAMES
    assert OFFLINE == DEFAULT_ENGINE_VERSION


@pytest.mark.parametrize(
    ("possible", "text"),
    [
        (("0",), "0"),
        (("1.0.0", "1.0.1"), "1.0.0 or 1.0.1"),
        (("1.1.0", "next", "leases"), "1.1.0 or later"),
    ],
)
def test_a_version_says_no_more_than_is_known(possible: tuple[str, ...], text: str) -> None:
    assert EngineVersion(possible, "").text == text


@pytest.mark.parametrize(
    ("age", "status", "said"),
    [("0", 7, "several live instances"), ("1.0", 7, "--engine-version 1.0.1"), ("1.1", 0, "")],
)
def test_start_if_absent_is_refused_where_keys_may_not_be_unique(
    age: str, status: int, said: str, tmp_path: Path
) -> None:
    with stand_in(engine(age)) as there:
        result = rochallor(*START, url=there.url, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert (result.exit_status, said in result.stderr) == (status, True), result.stderr
    starts = [path for method, path, _ in there.seen if (method, path) == ("POST", "/v1/instances")]
    assert len(starts) == (1 if status == 0 else 0)


def test_what_an_engine_is_is_asked_once_and_remembered_for_its_url(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with stand_in(engine("1.1")) as there:
        rochallor(*START, url=there.url, env=env)
        asked = [path for _, path, _ in there.seen if path.endswith("/retry")]
        again = rochallor(*START, "-v", url=there.url, env=env)
        assert [path for _, path, _ in there.seen if path.endswith("/retry")] == asked
    assert "engine version 1.1.0 or later (asked within the last day)" in again.stderr
    with stand_in(engine("0")) as other:
        assert rochallor(*START, url=other.url, env=env).exit_status == 7


def test_a_version_that_is_named_is_not_asked_for(tmp_path: Path) -> None:
    with stand_in(engine("0")) as there:
        done = rochallor(
            *START, "--engine-version", "1.0.1", url=there.url, env={"XDG_CACHE_HOME": str(tmp_path)}
        )
    assert done.exit_status == 0
    assert not [path for _, path, _ in there.seen if "/v1/instances/" in path]
    wrong = rochallor("instances", "list", "--engine-version", "1.2", url=there.url)
    assert (wrong.exit_status, "none of auto, 0, 1.0.0" in wrong.stderr) == (2, True)


def test_a_context_may_say_the_version_and_a_url_from_elsewhere_leaves_it_behind(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    env = {"ROCHALLOR_CONFIG_FILE": str(config)}
    rochallor("config", "set", "old", "url=http://old", "engine-version=0", "no-coercion=true", env=env)
    rows = {row["setting"]: row for row in rochallor("config", "show", "-o", "json", env=env).json()}
    assert (rows["engine-version"]["value"], rows["engine-version"]["origin"]) == ("0", "context old")
    shown = rochallor("config", "show", "--engine-url", "http://new", "-o", "json", env=env)
    assert {row["setting"]: row["value"] for row in shown.json()}["engine-version"] == "auto"


# --- business keys -------------------------------------------------------------------------------


def holder(method: str, path: str, body: bytes) -> Answer:
    """A key that a WAITING instance holds."""
    if method == "POST":
        reason = "start: business key already in use by an in-flight instance of this definition"
        return 409, {"error": "conflict", "reason": reason}
    live = {"id": ID, "status": "WAITING", **LOAN}
    items = [live] if "status=WAITING" in path and "businessKey=A-1" in path else []
    return 200, {"items": items, "total": len(items)}


def test_a_key_that_is_taken_names_who_holds_it() -> None:
    with stand_in(holder) as there:
        result = rochallor("instances", "start", "loan", "--business-key", "A-1", url=there.url)
    assert result.exit_status == 7
    assert f"held by {ID}, which is WAITING at score" in result.stderr


def test_start_if_absent_gives_the_live_one_back() -> None:
    with stand_in(holder) as there:
        result = rochallor(*START, "--engine-version", "1.0.1", "-o", "name", url=there.url)
    assert (result.exit_status, result.stdout) == (0, f"{ID}\n")
    assert there.writes == []


def test_start_if_absent_gives_one_back_that_was_quicker() -> None:
    refused = False

    def race(method: str, path: str, body: bytes) -> Answer:
        nonlocal refused
        refused = refused or method == "POST"
        return holder(method, path, body) if refused else (200, {"items": [], "total": 0})

    with stand_in(race) as there:
        result = rochallor(*START, "--engine-version", "next", "-o", "name", url=there.url)
    assert (result.exit_status, result.stdout) == (0, f"{ID}\n")


# --- retrying ------------------------------------------------------------------------------------


def failed(*steps: str, retry: Answer | None = None):
    """An engine with one FAILED instance, whose last executions of these steps have failed."""

    def answer(method: str, path: str, body: bytes) -> Answer:
        where = route(path)
        instance = {"id": ID, "status": "FAILED", **LOAN}
        if where.endswith("/history"):
            return 200, {"items": [{"ID": step, "StepID": step, "Status": "FAILED"} for step in steps]}
        if where == "/v1/jobs/poll":
            return 400, {"error": "bad-request", "reason": "workerId is required"}
        if where.endswith("/retry"):
            return retry or (200, {**instance, "status": "ACTIVE"})
        if where == "/v1/instances":
            return 200, {"items": [instance] if "status=FAILED" in path else [], "total": 1}
        if where.startswith("/v1/definitions"):
            return 200, {"id": "loan", "version": 1, "steps": [{"id": "score"}, {"id": "rate"}]}
        return 200, instance

    return answer


def test_the_one_failed_step_is_retried_with_variables() -> None:
    with stand_in(failed("score")) as there:
        result = rochallor("instances", "retry", ID, "--var", "limit=5", "-o", "json", url=there.url)
    assert result.exit_status == 0
    assert [(row["id"], row["step"], row["status"], row["result"]) for row in result.json()] == [
        (ID, "score", "ACTIVE", "retried")
    ]
    [(_, path, body)] = [one for one in there.seen if one[0] == "POST"]
    assert path == f"/v1/instances/{ID}/steps/score/retry"
    assert json.loads(body) == {"variables": {"limit": 5}}


def test_of_several_failed_steps_one_must_be_named() -> None:
    with stand_in(failed("score", "rate")) as there:
        several = rochallor("instances", "retry", ID, url=there.url)
        named = rochallor("instances", "retry", ID, "--step", "rate", url=there.url)
    assert (several.exit_status, "rate, score" in several.stderr, "--step" in several.stderr) == (
        2,
        True,
        True,
    )
    assert named.exit_status == 0


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (NO_ROUTE, 7, "from 1.1.0 on"),
        ((405, b"", {"Content-Type": "text/plain"}), 7, "from 1.1.0 on"),
        ((409, {"error": "conflict", "reason": "step is not in a retryable state"}), 7, "not in a retryable"),
        (
            (500, {"error": "internal", "reason": 'retry step: step "scor" not found in definition'}),
            6,
            "score?",
        ),
    ],
)
def test_a_refused_retry_says_why(answer: Answer, status: int, said: str) -> None:
    with stand_in(failed("score", retry=answer)) as there:
        result = rochallor("instances", "retry", ID, "--step", "scor", url=there.url)
    assert (result.exit_status, said in result.stderr) == (status, True), result.stderr


def test_failed_instances_that_fit_are_retried_after_a_question() -> None:
    chosen = ("instances", "retry", "--definition", "loan")
    with stand_in(failed("score")) as there:
        dry = rochallor(*chosen, "--dry-run", "-o", "json", url=there.url)
        unasked = rochallor(*chosen, url=there.url)
        assert there.writes == []
        done = rochallor(*chosen, "--yes", "-o", "json", url=there.url)
    assert [row["result"] for row in dry.json()] == ["would be retried"]
    assert (unasked.exit_status, "1 instance of loan on" in unasked.stderr) == (2, True)
    assert [row["result"] for row in done.json()] == ["retried"]
