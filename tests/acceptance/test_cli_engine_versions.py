"""Which version an engine is: what it tells, what is remembered, and what goes by it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from rochallor_cli.command_names import ENGINE_VERSIONS as NAMES
from rochallor_cli.dev_engine import DEFAULT_ENGINE_VERSION, ENGINE_VERSIONS
from rochallor_cli.dev_engine import FEATURES as ENGINES_FEATURES
from rochallor_cli.engine_client.engine_version import OFFLINE, EngineVersion
from support.command_line import rochallor, rochallor_process
from support.engine_of_version import ID, LOAN, START, TABLE, engine_of
from support.engines import running_engine
from support.scripted_server import NO_ROUTE, Answer, route, stand_in
from workflow_sdk import engine_versions as sdk

KEY_TAKEN = "start: business key already in use by an in-flight instance of this definition"
UNKNOWN_PART = 'parse error: parse: json: unknown field "decisionTable"'
NO_ROWS = "lock job instance: no rows in result set"


def test_the_versions_that_can_be_named_are_those_that_there_are() -> None:
    assert ("auto", *ENGINE_VERSIONS) == NAMES
    assert OFFLINE == DEFAULT_ENGINE_VERSION


def test_client_and_engine_have_the_same_table_of_versions_though_they_share_no_code() -> None:
    assert sdk.ENGINE_VERSIONS == ENGINE_VERSIONS
    assert dict(sdk.FEATURES) == dict(ENGINES_FEATURES)


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
    [("0", 7, "several live instances"), ("1.0", 0, "taken for 1.0.1"), ("1.1", 0, "")],
)
def test_start_if_absent_is_refused_where_keys_are_not_unique_and_says_what_it_assumes(
    age: str, status: int, said: str, tmp_path: Path
) -> None:
    with stand_in(engine_of(age)) as there:
        result = rochallor(*START, url=there.url, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert (result.exit_status, said in result.stderr) == (status, True), result.stderr
    starts = [path for method, path, _ in there.seen if (method, path) == ("POST", "/v1/instances")]
    assert len(starts) == (1 if status == 0 else 0)


def test_what_an_engine_is_is_asked_once_and_remembered_for_its_url(tmp_path: Path) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    with stand_in(engine_of("1.1")) as there:
        rochallor(*START, url=there.url, env=env)
        asked = [path for _, path, _ in there.seen if path.endswith("/retry")]
        again = rochallor(*START, "-v", url=there.url, env=env)
        assert [path for _, path, _ in there.seen if path.endswith("/retry")] == asked
    assert "engine version 1.1.0 or later (asked within the last day)" in again.stderr
    with stand_in(engine_of("0")) as other:
        assert rochallor(*START, url=other.url, env=env).exit_status == 7


def test_a_key_that_an_engine_did_not_keep_unique_is_found_after_the_start(tmp_path: Path) -> None:
    """On 1.0.0, which looks like 1.0.1, another start at the same moment gets an instance of its own."""
    other = {**LOAN, "id": ID[:-1] + "2", "status": "ACTIVE"}
    asked = engine_of("1.0")
    has_started = False

    def answer(method: str, path: str, body: bytes) -> Answer:
        nonlocal has_started
        if method == "POST" and path == "/v1/instances":
            has_started = True
        if has_started and "status=ACTIVE" in path:
            return 200, {"items": [{**LOAN, "id": ID, "status": "ACTIVE"}, other], "total": 2}
        return asked(method, path, body)

    with stand_in(answer) as there:
        result = rochallor(*START, url=there.url, env={"XDG_CACHE_HOME": str(tmp_path)})
    assert result.exit_status == 7
    assert f"{ID} was started while {other['id']} has the business key" in result.stderr
    assert f"rochallor instances cancel {ID}" in result.stderr


# (what was found, what answers since, whether the two contradict each other): by commands that do not ask for versions.
CONTRADICTIONS: list[tuple[str, tuple[str, ...], Answer, bool]] = [
    ("1.1", ("instances", "get", ID), (404, {"error": "not-found", "reason": f'instance "{ID}" not found'}), True),
    ("0", ("instances", "get", ID), (404, {"error": "not-found", "reason": "workflow instance not found"}), True),
    ("1.1", ("instances", "get", ID), (404, {"error": "not-found", "reason": "workflow instance not found"}), False),
    ("1.1", ("instances", "get", ID), (404, b"<html>no</html>"), False),
    ("0", ("instances", "start", "loan"), (500, {"error": "internal-error", "reason": "schema violation: x"}), True),
    ("1.1", ("instances", "start", "loan"), (500, {"error": "internal-error", "reason": "schema violation: x"}), False),
    ("0", ("instances", "start", "loan"), (409, {"error": "conflict", "reason": KEY_TAKEN}), True),
    ("0", ("instances", "retry", ID, "--step", "a"), (200, {"id": ID, "status": "ACTIVE", **LOAN}), True),
    ("1.1", ("instances", "retry", ID, "--step", "a"), NO_ROUTE, True),
    ("0", ("defs", "get", "loan"), (200, {"id": "loan", "version": 1, "steps": [{"type": "DECISION_TABLE"}]}), True),
    ("1.0", ("defs", "get", "loan"), (200, {"id": "loan", "version": 1, "input_schema": {}}), True),
    ("1.1", ("defs", "upload", "-"), (400, {"error": "bad-request", "reason": UNKNOWN_PART}), True),
    ("0", ("jobs", "complete", ID, "--yes"), (500, {"error": "internal-error", "reason": NO_ROWS}), True),
]  # fmt: skip


@pytest.mark.parametrize(("age", "line", "answer", "is_one"), CONTRADICTIONS, ids=str)
def test_what_is_remembered_of_an_engine_is_forgotten_once_any_answer_contradicts_it(
    age: str, line: tuple[str, ...], answer: Answer, is_one: bool, tmp_path: Path
) -> None:
    env = {"XDG_CACHE_HOME": str(tmp_path)}
    asked = engine_of(age)
    is_replaced = False

    def either(method: str, path: str, body: bytes) -> Answer:
        if is_replaced and route(path) == "/v1/jobs/poll":
            return 400, {"error": "bad-request", "reason": "workerId is required"}
        if is_replaced and method == "GET" and line[1] not in ("get", "retry"):
            return 404, {"error": "not-found", "reason": "definition not found"}
        return answer if is_replaced else asked(method, path, body)

    with stand_in(either) as there:
        rochallor("doctor", url=there.url, env=env)
        assert list(tmp_path.rglob("engine-version-*"))
        is_replaced = True
        rochallor(*line, url=there.url, env=env, stdin=json.dumps(TABLE))
    assert bool(list(tmp_path.rglob("engine-version-*"))) == (not is_one)


def test_a_version_that_is_named_is_not_asked_for(tmp_path: Path) -> None:
    with stand_in(engine_of("0")) as there:
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


@pytest.mark.parametrize(
    ("line", "env", "version"),
    [
        (("dev", "--engine-version", "1.0.0"), {"ROCHALLOR_ENGINE_VERSION": "0"}, "1.0.0"),
        (("--engine-version", "1.0.1", "dev"), {"ROCHALLOR_ENGINE_VERSION": "0"}, "1.0.1"),
        (("dev",), {"ROCHALLOR_ENGINE_VERSION": "leases"}, "leases"),
        (("dev",), {"ROCHALLOR_ENGINE_VERSION": "auto"}, DEFAULT_ENGINE_VERSION),
    ],
    ids=str,
)
def test_the_embedded_engine_is_of_the_version_that_is_said_in_any_way(
    line: tuple[str, ...], env: dict[str, str], version: str
) -> None:
    with rochallor_process(*line, "--port", "0", "-o", "jsonl", env=env) as command:
        assert json.loads(command.line())["engineVersion"] == version


def test_an_embedded_engine_of_version_auto_says_that_it_takes_its_own() -> None:
    with rochallor_process("dev", "--engine-version", "auto", "--port", "0", "-o", "jsonl") as command:
        assert json.loads(command.line())["engineVersion"] == DEFAULT_ENGINE_VERSION
        command.process.send_signal(signal.SIGTERM)
        assert "auto asks an engine" in command.wait().stderr


def test_what_a_context_says_of_an_engine_elsewhere_is_not_the_embedded_ones(tmp_path: Path) -> None:
    env = {"ROCHALLOR_CONFIG_FILE": str(tmp_path / "config.toml")}
    rochallor("config", "set", "old", "url=http://old", "engine-version=0", env=env)
    with rochallor_process("dev", "--port", "0", "-o", "jsonl", env=env) as command:
        assert json.loads(command.line())["engineVersion"] == DEFAULT_ENGINE_VERSION


@pytest.mark.parametrize("version", ["1.0.0", "leases"])
def test_a_definition_shows_its_branches_in_the_order_in_which_the_engine_tries_them(version: str) -> None:
    steps = [
        {"id": "which", "name": "which", "type": "DECISION", "conditionalNextSteps": {
            "a > 1000 && b": "end", "a > 10": "end", "zz": "end"}},
        {"id": "end", "name": "end", "type": "END"},
    ]  # fmt: skip
    written = json.dumps({"id": "loan", "name": "loan", "steps": steps})
    with running_engine(engine_version=version) as engine:
        rochallor("defs", "upload", "-", stdin=written, url=engine.url)
        for line in (("get",), ("get", "-o", "json"), ("graph",)):
            shown = rochallor("defs", line[0], "loan", *line[1:], url=engine.url).stdout
            places = [shown.index(condition) for condition in ("zz", "a > 10", "a > 1000 && b")]
            assert places == sorted(places), shown


# --- business keys -------------------------------------------------------------------------------


def holder(method: str, path: str, body: bytes) -> Answer:
    """A key that a WAITING instance holds."""
    if method == "POST":
        return 409, {"error": "conflict", "reason": KEY_TAKEN}
    live = {"id": ID, "status": "WAITING", **LOAN}
    items = [live] if "status=WAITING" in path and "businessKey=A-1" in path else []
    return 200, {"items": items, "total": len(items)}


def test_a_key_that_is_taken_names_who_holds_it() -> None:
    with stand_in(holder) as there:
        result = rochallor("instances", "start", "loan", "--business-key", "A-1", url=there.url)
    assert result.exit_status == 7
    assert f"held by {ID}, which is WAITING at score" in result.stderr
    assert "or start with --if-absent" in result.stderr


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
            (500, {"error": "internal-error", "reason": 'retry step: step "scor" not found in definition'}),
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
    assert [(row["step"], row["result"]) for row in dry.json()] == [("score", "would be retried")]
    assert (unasked.exit_status, "1 instance of loan" in unasked.stderr) == (2, True)
    assert [row["result"] for row in done.json()] == ["retried"]


def test_a_rehearsed_retry_asks_for_the_step_where_several_have_failed() -> None:
    with stand_in(failed("score", "rate")) as there:
        several = rochallor("instances", "retry", ID, "--dry-run", "-o", "json", url=there.url)
        named = rochallor(
            "instances", "retry", ID, "--step", "rate", "--dry-run", "-o", "json", url=there.url
        )
        assert there.writes == []
    [row] = several.json()
    assert (row["result"], row["step"], several.exit_status) == ("cannot be retried", None, 2)
    assert "rate, score" in row["error"]
    assert [(row["step"], row["result"]) for row in named.json()] == [("rate", "would be retried")]


def test_instances_that_an_engine_cannot_retry_are_not_said_to_have_ended() -> None:
    with stand_in(failed("score", retry=NO_ROUTE)) as there:
        result = rochallor("instances", "retry", "--definition", "loan", "--yes", "-o", "json", url=there.url)
    [row] = result.json()
    assert (row["result"], result.exit_status) == ("not retried", 7)
    assert "from 1.1.0 on" in row["error"]


def test_variables_that_a_schema_forbids_are_not_called_a_fault_of_the_definition() -> None:
    reason = 'schema violation: field "n" expected number, got string'

    def answer(method: str, path: str, body: bytes) -> Answer:
        return 500, {"error": "internal-error", "reason": reason}

    with stand_in(answer) as there:
        result = rochallor("instances", "start", "loan", "--var", "n=x", url=there.url)
    assert (result.exit_status, reason in result.stderr) == (4, True)
    assert "input_schema" in result.stderr
    assert "asks for something" not in result.stderr
