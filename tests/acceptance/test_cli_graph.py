"""Pictures of definitions, from files and from an engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.command_line import rochallor
from support.workflows import document, long_branch, rule, service, table, user_task


def written(path: Path, definition: dict[str, Any]) -> Path:
    path.write_text(json.dumps(definition, indent=2))
    return path


def test_graphs_are_drawn_from_files_and_from_the_engine(engine_url: str, tmp_path: Path):
    flow = document(service("work", "review"), user_task("review"), id_="drawn")
    file = written(tmp_path / "f.yaml", flow)
    text = rochallor("defs", "graph", file).stdout
    assert [line.split()[1:3] for line in text.splitlines()[1::2]] == [
        ["work", "SERVICE_TASK"],
        ["review", "USER_TASK"],
        ["end", "END"],
    ]
    rochallor("defs", "upload", file, url=engine_url)
    mermaid = rochallor("defs", "graph", "drawn", "--format", "mermaid", url=engine_url).stdout
    assert mermaid.startswith("flowchart TD")
    assert "digraph" in rochallor("defs", "graph", "drawn", "--format", "dot", url=engine_url).stdout
    assert rochallor("defs", "graph", "drawn", "--format", "png", url=engine_url).exit_status == 2
    drawn = rochallor("defs", "graph", "drawn", "-o", "json", url=engine_url).json()
    assert [node["id"] for node in drawn["nodes"]] == ["work", "review", "end"]
    assert {"source": "review", "target": "end", "kind": "next", "label": ""} in drawn["edges"]


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "{}",
        '{"id": "a", "name": "A", "steps": {"a": 1}}',
        '{"id": "a", "name": "A", "steps": [{"id": 1, "type": "END"}, 5]}',
        '{"id": "a", "name": "A", "steps": [{"name": "E", "type": "END"}]}',
        '{"id": "a", "name": "A", "steps": [{"id": "e", "type": "END"}, {"id": "e", "type": "WAIT"}]}',
    ],
)
def test_what_is_no_definition_is_not_drawn(tmp_path: Path, text: str):
    file = tmp_path / "f.json"
    file.write_text(text)
    result = rochallor("defs", "graph", file)
    assert (result.exit_status, result.stdout) == (3, "")
    assert f"{file}:1:" in result.stderr


def test_a_definition_with_a_way_to_nowhere_is_drawn_and_said_to_be_refused(tmp_path: Path):
    result = rochallor("defs", "graph", written(tmp_path / "f.json", document(service("work", "gone"))))
    assert "gone" in result.stdout
    assert "missing" in result.stdout
    assert "the engine refuses it" in result.stderr
    assert result.exit_status == 3


@pytest.mark.parametrize(
    "step",
    [
        {"type": "SERVCE_TASK"},
        {"type": " "},
        {"type": "DECISION_TABLE", "decisionTable": {"rules": []}},
        {"type": "PARALLEL_GATEWAY", "parallelNextSteps": ["end"]},
        {"type": "PARALLEL_GATEWAY", "parallelNextSteps": [1, {}, "end", 2], "joinStep": "end"},
        {"boundaryEvents": [{"type": "TIMER", "duration": "PT1H"}]},
        {"id": "with/slash", "nextStep": "gone"},
        {"nextStep": None},
    ],
)
def test_no_refused_definition_is_drawn_as_if_it_were_sound(tmp_path: Path, step: dict[str, Any]):
    file = written(tmp_path / "f.json", document({**service("work"), **step}))
    result = rochallor("defs", "graph", file)
    assert result.exit_status == 3
    assert "error:" in result.stderr or "the engine refuses it" in result.stderr


def test_what_a_newer_engine_may_know_is_drawn_and_left_to_the_engine(tmp_path: Path):
    file = written(tmp_path / "f.json", document({**service("work"), "type": "NEWER_TASK"}))
    result = rochallor("defs", "graph", file)
    assert (result.exit_status, "the engine decides" in result.stderr) == (13, True)
    assert "NEWER_TASK" in result.stdout


def test_the_graph_as_json_holds_the_tables(tmp_path: Path):
    rules = [rule("amount > 1", "", fee=5), rule(fee=None, level="low")]
    file = written(tmp_path / "f.json", document(table("rate", *rules, policy="F")))
    node = rochallor("defs", "graph", file, "-o", "json").json()["nodes"][0]
    assert node["table"] == {
        "hitPolicy": "F",
        "conditions": ["c0", "c1"],
        "outputs": ["fee", "level"],
        "rules": rules,
    }


def test_a_graph_that_was_searched_marks_the_steps_with_what_was_found(tmp_path: Path) -> None:
    steps = (*long_branch(["a", "c"], "b"),)
    file = written(tmp_path / "f.yaml", document(*steps))
    found = {
        each["step"]: each["code"]
        for each in rochallor("defs", "verify", file, "-o", "json").json()[0]["findings"]
    }
    assert found["meet"] == "V08"
    lines = rochallor("defs", "graph", file, "--verify").stdout.splitlines()
    marked, step = {}, ""
    for line in lines:
        words = line.strip(" ○│├╯╰╮─┤●·").split()
        if words[:1] == ["!!"]:
            marked[step] = words[1]
        elif words and not line.strip(" │├╯╰╮─┤").startswith("→"):
            step = words[0]
    assert marked == found
    assert "!!" not in rochallor("defs", "graph", file).stdout
