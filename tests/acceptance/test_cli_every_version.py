"""The commands on an engine of each version: what they do where it can, and what they say where it cannot.

One table: a command line, what has to be there for it, and its exit status; where versions differ, the first one with
the newer status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS, FEATURES, DevEngine, DevEngineConfig
from support.command_line import Result, rochallor
from support.command_table import commands
from workflow_sdk.client.rest import RestEngineClient


def _step(name: str, kind: str, **more: object) -> dict[str, object]:
    return {"id": name, "name": name, "type": kind, **more}


END = _step("end", "END")
ORDER = {
    "id": "order",
    "name": "order",
    "steps": [
        _step("check", "SERVICE_TASK", jobType="check", retryCount=1, nextStep="which"),
        _step("which", "DECISION", conditionalNextSteps={"way == 'ask'": "ask", "way == 'hold'": "hold"}),
        _step("ask", "USER_TASK", nextStep="end"),
        _step("hold", "WAIT", nextStep="end"),
        END,
    ],
}
RULES = [{"when": {"amount": "amount > 100"}, "outputs": {"rate": 2}}, {"when": {}, "outputs": {"rate": 1}}]
RATE = {
    "id": "rate",
    "name": "rate",
    "steps": [
        _step("set", "DECISION_TABLE", hitPolicy="F", nextStep="end", decisionTable={"rules": RULES}),
        END,
    ],
}
NUMBER = {"properties": {"amount": {"type": "number"}}, "required": ["amount"]}
TYPED = {"id": "typed", "name": "typed", "input_schema": NUMBER, "steps": [END]}
NAMES = {"order": ORDER, "rate": RATE, "typed": TYPED}


@dataclass(frozen=True)
class Line:
    """A command's words (a name in capitals is the id of the instance that stands so), and its exit status.

    `since`: the feature without which it is `before`, and `says` what it says then.
    """

    words: str
    status: int = 0
    since: str = ""
    before: int = 0
    says: str = ""

    def expected(self, version: str) -> tuple[int, str]:
        has = not self.since or ENGINE_VERSIONS.index(version) >= ENGINE_VERSIONS.index(FEATURES[self.since])
        return (self.status, "") if has else (self.before, self.says)


LINES = [
    Line("api GET /v1/instances"),
    Line("doctor"),
    Line("defs lint order.json --engine-version VERSION"),
    Line("defs lint rate.json --engine-version VERSION", 0, "decision_tables", 3, "DECISION_TABLE"),
    Line("defs lint typed.json --engine-version VERSION", 0, "schemas", 3, "input_schema"),
    Line("defs lint order.json --upgrade 0..leases"),
    Line("defs upload order.json"),
    Line("defs upload rate.json", 0, "decision_tables", 4, "from 1.0.0 on"),
    Line("defs upload typed.json", 0, "schemas", 4, "input_schema"),
    Line("defs upload rate.json --dry-run", 0, "decision_tables", 3, "decisionTable"),
    Line("defs get order"),
    Line("defs list"),
    Line("defs versions order"),
    Line("defs diff order.json"),
    Line("defs graph order"),
    Line("defs graph --instance FAILED"),
    Line("defs verify order --var way=ask", 0),
    Line("defs table rate.json set --var amount=5"),
    Line("defs explain joinStep"),
    Line("expr way=='ask' --var way=ask --engine-version VERSION"),
    Line("run order.json --stub * --var way=hold --signal hold --engine-version VERSION"),
    Line("instances start order --var way=ask"),
    Line("instances start order --business-key ask", 7, "business_keys", 0),
    Line("instances start order --business-key new --if-absent", 0, "ordered_branches", 7, "needs an engine from"),
    Line("instances start rate --var amount=500 --wait", 0, "decision_tables", 6, "no definition rate"),
    Line("instances start typed --var amount=x", 4, "schemas", 6, "no definition typed"),
    Line("instances get ASKED"),
    Line("instances list"),
    Line("instances count --by step"),
    Line("instances audit"),
    Line("instances history FAILED --view tree"),
    Line("instances explain FAILED", 9),
    Line("instances explain HELD"),
    Line("instances watch FAILED", 9),
    Line("instances wait HELD --timeout 50ms", 10),
    Line("tasks list"),
    Line("instances signal HELD hold"),
    Line("instances wait HELD --timeout 30s"),
    Line("tasks complete ASKED ask --by me"),
    Line("instances restart FAILED --dry-run"),
    Line("instances restart FAILED --var=x", 2),
    Line("instances retry FAILED --dry-run", 0, "step_retry", 7, "from 1.1.0 on"),
    Line("instances retry --definition order --yes", 0, "step_retry", 7, "from 1.1.0 on"),
    Line("instances restart FAILED", 7, "step_retry", 0),
    Line("jobs fail JOB --yes"),
    Line("jobs complete OTHER --yes"),
    Line("instances cancel --definition order --dry-run"),
    Line("instances cancel --definition order --yes"),
]  # fmt: skip
# They ask no engine, host one, need a broker or handlers: their own tests try them.
APART = {
    "demo", "work", "dev", "ui", "completion", "options", "defs new", "defs schema", "jobs find", "handlers run",
    "config show", "config use", "config set",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """An engine of one version with an instance in each state, and the definitions as files."""

    version: str
    url: str
    ids: dict[str, str]

    def run(self, words: str, *more: str) -> Result:
        given = [{**self.ids, "VERSION": self.version}.get(word, word) for word in words.split()]
        given = [word.replace("VERSION", self.version) for word in given]
        return rochallor(*given, *more, url=self.url, bug_expected=words.startswith("defs diff"))


@pytest.fixture(params=ENGINE_VERSIONS)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    for name, document in NAMES.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    config = DevEngineConfig(port=0, engine_version=request.param)
    with DevEngine(config) as engine, RestEngineClient(engine.url) as client:
        yield Place(request.param, engine.url, _instances(client))


def _instances(client: RestEngineClient) -> dict[str, str]:
    client.upload_definition(ORDER)
    ids = {}
    for state, way in (("ASKED", "ask"), ("HELD", "hold"), ("FAILED", "none")):
        ids[state] = client.start_instance("order", {"way": way}, business_key=way)["id"]
        [job] = client.poll_jobs("worker", ["check"])
        if state == "FAILED":
            client.fail_job(job["id"], "worker", "no good", retryable=False)
        else:
            client.complete_job(job["id"], "worker", {})
    for name in ("JOB", "OTHER"):
        client.start_instance("order", {"way": "hold"})
        [job] = client.poll_jobs("rochallor-jobs", ["check"])
        ids[name] = job["id"]
    return ids


def test_every_command_that_asks_an_engine_has_its_line() -> None:
    named = {path for path in commands() if any(f"{line.words} ".startswith(f"{path} ") for line in LINES)}
    assert set(commands()) - named == APART


def test_each_command_does_what_the_version_can_and_says_what_it_cannot(place: Place) -> None:
    """In order, on one engine: so many commands take two seconds."""
    wrong = []
    for line in LINES:
        result = place.run(line.words)
        expected, says = line.expected(place.version)
        said = result.stdout + result.stderr
        if result.exit_status != expected or says not in said:
            wrong.append((line.words, result.exit_status, said))
    assert wrong == []


def test_what_cannot_be_retried_is_named_with_all_that_is_known_of_it(place: Place) -> None:
    can = ENGINE_VERSIONS.index(place.version) >= ENGINE_VERSIONS.index(FEATURES["step_retry"])
    for how in ("--dry-run", "--yes"):
        [row] = place.run("instances retry --definition order -o json", how).json()
        assert (row["definitionId"], row["definitionVersion"], row["businessKey"]) == ("order", 1, "none")
        result = {"--dry-run": ("cannot be retried", "would be retried"), "--yes": ("not retried", "retried")}
        assert row["result"] == result[how][can]
        assert row["status"] == ("ACTIVE" if can and how == "--yes" else "FAILED")
        assert can or "from 1.1.0 on" in row["error"]


@pytest.mark.parametrize("place", [ENGINE_VERSIONS[-1]], indirect=True)
def test_what_was_not_started_has_no_name(place: Place) -> None:
    refused = place.run("instances restart HELD -o name")
    assert (refused.exit_status, refused.stdout) == (7, "")
