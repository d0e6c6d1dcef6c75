"""Uploads of folders that an engine, or whatever stands in front of it, refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rochallor_cli.definitions.linting import located
from rochallor_cli.documents.json_text import parse_json
from rochallor_cli.documents.json_yaml import dump
from support.command_line import rochallor
from support.scripted_server import Answer, stand_in
from support.workflows import document, rule, service, table, user_task

RECORDED = Path(__file__).parent.parent / "contract"
NAMED_STEP = 'validation error: validation errors:\nstep "a": not in this version'


@pytest.mark.parametrize(
    "status", [301, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 501, 502, 503, 504]
)
@pytest.mark.parametrize("names", ["a step", "nothing"])
def test_a_folder_that_is_refused_names_file_and_step_whatever_the_status(
    status: int, names: str, tmp_path: Path
) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.yaml").write_text(dump(document(service("a"), id_=name)))
    said: object = {"error": "bad-request", "reason": NAMED_STEP} if names == "a step" else b"<html>no</html>"

    def answer(method: str, path: str, body: bytes) -> Answer:
        if method == "GET":
            return 404, {"error": "not-found", "reason": "definition not found"}
        stored = json.loads(body)
        taken = {"id": stored["id"], "version": 1, "name": "n", "uploadedAt": "2026-11-28T10:00:00Z"}
        return (status, said) if stored["id"] == "three" else (201, taken)

    with stand_in(answer) as there:
        refused = rochallor("defs", "upload", tmp_path, url=there.url)
    assert refused.exit_status not in (0, 1)
    assert f"{tmp_path / 'three.yaml'}" in refused.stderr
    if names == "a step":
        assert f"{tmp_path / 'three.yaml'}:" in refused.stderr
        assert 'step "a": not in this version' in refused.stderr


def recorded_refusals() -> list[tuple[str, str]]:
    """(the document, the reason) of every refused upload that was recorded."""
    found = []
    for file in sorted(RECORDED.glob("golden*/validation.json")):
        for each in json.loads(file.read_text()):
            answer = each["response"]
            if answer["status"] == 400 and "body" in each["request"]:
                found.append((json.dumps(each["request"]["body"]), answer["body"]["reason"]))
    return found


def test_every_refusal_that_was_recorded_is_shown_in_the_engines_own_words_with_a_place() -> None:
    refusals = recorded_refusals()
    assert len(refusals) > 50
    for text, reason in refusals:
        [read] = [parse_json(text, source="flow.json")]
        problems = [line.strip() for line in reason.splitlines()]
        for problem, line in zip(problems, located(read, problems), strict=True):
            assert line.startswith("flow.json"), line
            assert line.endswith(problem), (line, problem)


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({**user_task("a"), "sla": "PT1H"}, 'parse error: parse: json: unknown field "sla"'),
        (
            {**user_task("a"), "type": "SUB_PROCESS"},
            'validation error: validation errors:\n  step "a": unsupported type "SUB_PROCESS"',
        ),
        (
            {**table("a", rule("x > 1", y="2"), policy="Z#")},
            'validation error: validation errors:\n  step "a": hitPolicy "Z#" is not recognised',
        ),
        (service("a"), "parse error: parse: a quota of this engine's own"),
    ],
)
def test_what_only_the_engine_refuses_is_its_refusal_in_its_words(
    step: dict, reason: str, tmp_path: Path
) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(document(step, id_="flow")))

    def answer(method: str, path: str, body: bytes) -> Answer:
        if method == "GET":
            return 404, {"error": "not-found", "reason": "definition not found"}
        return 400, {"error": "bad-request", "reason": reason}

    with stand_in(answer) as there:
        refused = rochallor("defs", "upload", file, url=there.url)
    assert refused.exit_status == 4
    words = reason.rpartition(": " if "\n" not in reason else "\n")[2].strip()
    assert words in refused.stderr
    assert "knows SERVICE_TASK" not in refused.stderr
    assert str(file) in refused.stderr


def test_a_part_that_the_engine_is_too_old_for_says_from_which_version_on(
    engine_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(document(table("t", rule("x > 1", y="2"), policy="F"), id_="flow")))
    refused = rochallor("defs", "upload", file, url=engine_url)
    assert refused.exit_status == 4
    assert 'json: unknown field "hitPolicy"' in refused.stderr or "decisionTable" in refused.stderr
    assert "from 1.0.0 on" in refused.stderr


@pytest.mark.parametrize("where", ["rule", "table", "step"])
@pytest.mark.parametrize("field", ["then", "defaultNextStep"])
def test_a_decision_table_of_the_older_form_is_an_error_in_the_engines_words(
    where: str, field: str, tmp_path: Path
) -> None:
    step = table("t", rule("x > 1", y="2"), policy="F")
    holder = {"rule": step["decisionTable"]["rules"][0], "table": step["decisionTable"], "step": step}[where]
    holder[field] = "end"
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(document(step, id_="flow")))
    for version in ((), ("--engine-version", "1.0.0"), ("--engine-version", "leases")):
        found = rochallor("defs", "lint", file, "-o", "json", *version)
        [error] = [row for row in found.json() if row["severity"] == "error"]
        assert found.exit_status == 3
        assert error["code"] == "E100"
        assert f'field "{field}" is no longer supported' in error["text"]
        assert error["path"][-1] == field
        assert "did you mean" not in error["text"]


def test_a_warning_of_what_is_not_known_offers_no_known_name(tmp_path: Path) -> None:
    """A name that is near is a slip, which is an error; one that is not is left to the engine."""
    file = tmp_path / "flow.json"
    names = ("sla", "priority", "compensateWith", "defaultStep", "stepTimeout", "jobPriority", "retry_count")
    for name in names:
        file.write_text(json.dumps(document({**service("a"), name: 1}, id_="flow")))
        [row] = rochallor("defs", "lint", file, "-o", "json").json()
        assert (row["code"] == "W703") == ("did you mean" not in row["text"]), row
