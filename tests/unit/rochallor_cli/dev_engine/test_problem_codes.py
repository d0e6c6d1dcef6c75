"""The table of codes, lint, and docs/engine-faults.md say the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rochallor_cli.dev_engine import CODES, ENGINE_VERSIONS, EngineRules, check, engine_rules
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.lint.cycles import cycles
from support.workflows import decision, document, gateway, join, service, timer, transform, user_task, wait

DOCS = Path(__file__).resolve().parents[4] / "docs" / "engine-faults.md"
SECTIONS = re.findall(
    r"^### (W\d+): (.+?)\n(.*?)(?=^##|\Z)", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE
)
EXAMPLES = [
    (code, example)
    for code, _, text in SECTIONS
    for example in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
]


EXAMPLES_OF = dict(EXAMPLES)
VERSION_0 = engine_rules("0")


def found(*steps: dict[str, object], engine_version: str = "0", **fields: object) -> list[str]:
    return [problem.code for problem in check(document(*steps, **fields), engine_rules(engine_version))]


def rules_for(code: str) -> EngineRules:
    """The newest engine that a code matters to."""
    every = [engine_rules(version) for version in reversed(ENGINE_VERSIONS)]
    return next(rules for rules in every if CODES[code].holds_for(rules))


def test_the_documentation_explains_every_warning_by_its_title() -> None:
    warnings = {entry.code: entry.title for entry in CODES.values() if entry.severity == "warning"}
    assert {code: title for code, title, _ in SECTIONS} == warnings
    assert all("Way round:" in text for _, _, text in SECTIONS)


def test_the_documentation_says_for_which_versions_each_warning_holds() -> None:
    rows = re.findall(r"^\| (W\d+) \| (.+?) \| (.+?) \|$", DOCS.read_text("utf-8"), re.MULTILINE)
    warnings = [entry for entry in CODES.values() if entry.severity == "warning"]
    assert rows == sorted((entry.code, entry.title, entry.versions) for entry in warnings)


def test_the_page_names_the_warnings_that_are_errors_for_lint() -> None:
    [named] = re.findall(r"can certainly not go on:(.*?W332)", DOCS.read_text("utf-8"), re.DOTALL)
    final = {entry.code for entry in CODES.values() if entry.severity == "warning" and entry.is_final}
    # W702 is of those that the command line adds, where it knows the handlers.
    assert {*re.findall(r"W\d+", named)} - {"W702"} == final


def test_a_code_that_does_not_hold_for_an_engine_is_not_shown() -> None:
    for code, example in EXAMPLES:
        for version in ENGINE_VERSIONS:
            rules = engine_rules(version)
            if not CODES[code].holds_for(rules):
                document = {"id": "example", "name": "Example", "steps": yaml.safe_load(example)}
                assert code not in [problem.code for problem in check(document, rules)]


@pytest.mark.parametrize(("code", "example"), EXAMPLES, ids=[code for code, _ in EXAMPLES])
def test_an_example_of_the_documentation_shows_its_fault_and_could_be_uploaded(
    code: str, example: str
) -> None:
    document = {"id": "example", "name": "Example", "steps": yaml.safe_load(example)}
    problems = check(document, rules_for(code))
    assert code in [problem.code for problem in problems]
    assert [problem.text for problem in problems if problem.severity == "error"] == []


DURATION = re.compile(r"\bP(?:T-?)?\d[\dDHMST.]*[DHMS]\b")


@pytest.mark.parametrize("code", ["W403", "W404"])
def test_a_duration_that_versions_read_differently_is_named_with_the_version(code: str) -> None:
    entry = CODES[code]
    page = next(text for name, _, text in SECTIONS if name == code).replace(EXAMPLES_OF[code], "")
    for text in (entry.why, entry.instead, page):
        for sentence in re.split(r"(?<=[.;])\s", text):
            for duration in DURATION.findall(sentence):
                readings = {_reading(duration, engine_rules(version)) for version in ENGINE_VERSIONS}
                assert len(readings) == 1 or "1.0.0" in sentence, sentence


def _reading(duration: str, rules: EngineRules) -> int | None:
    try:
        return duration_ns(duration, rules)
    except DurationError:
        return None


def test_a_sound_definition_has_no_problems() -> None:
    assert (
        found(
            service("fetch", "size", retryCount=2),
            decision("size", {"amount > 100": "split", "amount <= 100": "shape"}),
            transform("shape", {"note": "${string(amount) + ' kg'}", "n": 5}, "end"),
            gateway("split", ["left", "right"]),
            user_task("left", "meet"),
            wait("right", "meet"),
            join(),
        )
        == []
    )


def test_every_reported_code_is_in_the_table() -> None:
    reported = {code for code, _ in EXAMPLES} | {p.code for p in check({"id": "%", "steps": [{}]})}
    assert reported <= CODES.keys()


def test_a_document_of_another_shape_is_one_problem() -> None:
    [problem] = check({"id": 5})
    assert (problem.code, problem.severity) == ("E100", "error")
    assert "cannot unmarshal number" in problem.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("n > 100", "n <= 100"),
        ("kind == 'a'", "kind == 'b'"),
        ("ok", "!ok"),
        ("n < 2 && ok", "n >= 2 || !ok"),
    ],
)
def test_conditions_that_exclude_each_other_are_not_warned_of(one: str, other: str) -> None:
    assert "W308" not in found(decision("d", {one: "hold", other: "end"}), wait("hold"))


@pytest.mark.parametrize(
    ("one", "other"), [("n > 10", "n > 100"), ("kind == 'a'", "true"), ("a == 1", "b == 2")]
)
def test_conditions_that_can_hold_together_are_shown_with_values(one: str, other: str) -> None:
    problems = check(document(decision("d", {one: "hold", other: "end"}), wait("hold")), engine_rules("0"))
    [ambiguous] = [problem for problem in problems if problem.code == "W308"]
    assert ambiguous.path == ("steps", 0, "conditionalNextSteps", other)
    assert "can hold together (" in ambiguous.text


def test_a_next_workflow_is_looked_for_among_the_known_ones() -> None:
    chained = document(wait("hold"), autoStartNextWorkflow=True, nextWorkflowId="after")
    assert [problem.code for problem in check(chained, known_ids=["after"])] == []
    assert [problem.code for problem in check(chained, known_ids=[])] == ["W310"]
    assert check(chained) == []


def test_a_downloaded_document_is_told_to_drop_its_version() -> None:
    assert found(wait("hold"), version=3) == ["W505"]


@pytest.mark.parametrize("duration", ["PT30M", "PT1H30M", "PT0.5H", "PT9S"])
def test_plain_durations_are_not_warned_of(duration: str) -> None:
    events = [timer(duration, "end", interrupting=True)]
    assert found(wait("hold", boundaryEvents=events)) == ["W401"]


def test_a_loop_without_a_rest_is_told_once_with_all_its_steps() -> None:
    problems = check(
        document(
            transform("count", {"n": "${n + 1}"}, "check"),
            decision("check", {"n > 3": "alone", "n <= 3": "count"}),
            decision("alone", {"n > 9": "end", "n <= 9": "alone"}),
        )
    )
    loops = [problem for problem in problems if problem.code == "W301"]
    assert sorted((loop.path, loop.text.split(" can ")[0]) for loop in loops) == [
        (("steps", 0), '"count", "check"'),
        (("steps", 2), '"alone"'),
    ]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3)))
def test_circles_are_the_nodes_that_lead_to_each_other(graph: dict[str, list[str]]) -> None:
    reached: dict[str, set[str]] = {}
    for node in graph:
        waiting, seen = list(graph[node]), set()
        while waiting:
            if (following := waiting.pop()) in graph and following not in seen:
                seen.add(following)
                waiting.extend(graph[following])
        reached[node] = seen
    expected = {frozenset(b for b in reached[a] if a in reached[b]) for a in graph if a in reached[a]}
    assert {frozenset(circle) for circle in cycles(graph)} == expected


@pytest.mark.parametrize("kind", [service, lambda id_, after=None: transform(id_, {"a": 1}, after or "end")])
def test_long_definitions_are_checked_as_well(kind: Any) -> None:
    steps = [kind(f"s{n}", f"s{n + 1}") for n in range(3000)]
    assert check(document(*steps, kind("s3000"))) == []
