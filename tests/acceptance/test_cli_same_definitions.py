"""What an engine keeps of a definition is the definition: nothing that it leaves out or rewrites is a difference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.command_line import rochallor
from support.engines import running_engine
from support.workflows import document


def _step(kind: str, **fields: object) -> dict[str, object]:
    return {"id": "s", "name": "s", "type": kind, "nextStep": "end", **fields}


def _table(*rules: object, **fields: object) -> dict[str, object]:
    return _step("DECISION_TABLE", decisionTable={"rules": list(rules)}, **fields)


TIMER = {"type": "TIMER", "duration": "PT1S", "targetStepId": "end"}
TEXT, NUMBER = {"a": {"type": "string"}}, {"a": {"type": "number"}}
KEPT: dict[str, dict[str, object]] = {
    "empty fields of a task": _step(
        "SERVICE_TASK",
        jobType="j",
        retryCount=0,
        transformations={},
        parallelNextSteps=[],
        boundaryEvents=None,
    ),
    "a rule without a condition": _table({"when": {}, "outputs": {"x": 1}}, hitPolicy=""),
    "a rule of nothing": _table({"when": None, "outputs": None}),
    "blank cells and empty outputs": _table(
        {"when": {"a": ""}, "outputs": {"x": None, "y": [], "z": {}, "w": False}}
    ),
    "a schema without what is required": _step(
        "SERVICE_TASK", jobType="j", outputs_schema={"properties": NUMBER, "required": None}
    ),
    "a timer that says nothing of interrupting": _step(
        "WAIT", boundaryEvents=[TIMER, {**TIMER, "interrupting": None}]
    ),
    "numbers that no double holds": _step(
        "TRANSFORMATION",
        transformations={"a": 12345678901234567890, "b": [9007199254740993], "c": 1e21, "d": -0.0},
    ),
    "numbers of outputs that no double holds": _table({"outputs": {"a": 9007199254740993}}),
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_engine(engine_version="next") as engine:
        yield engine.url


@pytest.mark.parametrize("name", KEPT)
def test_what_an_engine_leaves_out_or_rewrites_is_no_difference(name: str, url: str, tmp_path: Path) -> None:
    flow = document(
        KEPT[name],
        id_=name.replace(" ", "-"),
        input_schema={"properties": TEXT, "required": []},
        metadata={"n": 9007199254740993},
    )
    file = tmp_path / "flow.json"
    file.write_text(json.dumps(flow))
    assert rochallor("defs", "upload", file, url=url).exit_status == 0
    assert rochallor("defs", "diff", file, url=url).exit_status == 0
    for options in (("--dry-run",), ()):
        [row] = rochallor("defs", "upload", file, *options, "-o", "json", url=url).json()
        assert (row["version"], row["result"]) == (1, "unchanged")


def test_a_changed_cell_and_another_number_are_differences_still(url: str, tmp_path: Path) -> None:
    file = tmp_path / "flow.json"
    rule = {"when": {"a": "a > 1"}, "outputs": {"x": 9007199254740992}}
    file.write_text(json.dumps(document(_table(rule), id_="changed")))
    assert rochallor("defs", "upload", file, url=url).exit_status == 0
    for other in ({**rule, "when": {}}, {**rule, "outputs": {"x": 9007199254740994}}):
        file.write_text(json.dumps(document(_table(other), id_="changed")))
        assert rochallor("defs", "diff", file, url=url, bug_expected=True).exit_status == 1
