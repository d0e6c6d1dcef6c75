"""Decision tables: what each hit policy makes of the rules that hold, and how each failure is worded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine.definition.validation_tables import HIT_POLICIES
from rochallor_cli.dev_engine.explore import WorkflowStuck, World
from support.workflows import model, rule, service, table
from support.worlds import every_start, started

A_ABOVE = ("a > 1", "a > 10", "a > 100")


def run(*rules: dict[str, Any], policy: str = "", **variables: Any) -> World:
    definition = model(table("rate", *rules, policy=policy), engine_version="1.1.0")
    return started(definition, variables)


def outputs(*rules: dict[str, Any], policy: str, **variables: Any) -> dict[str, object]:
    world = run(*rules, policy=policy, **variables)
    assert world.instance.failure_reason is None
    return {name: value for name, value in world.instance.variables.values.items() if name not in variables}


def reason(*rules: dict[str, Any], policy: str = "", **variables: Any) -> str:
    world = run(*rules, policy=policy, **variables)
    assert (world.instance.status, world.instance.current_step_ids) == ("FAILED", ("rate",))
    assert world.instance.failure_reason is not None
    return world.instance.failure_reason


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("F", {"x": 1}),
        ("R", {"x": [1, 2.5, None], "y": [None, None, 9]}),
        ("C", {"x": [1, 2.5, None], "y": [None, None, 9]}),
        ("C#", {"x": 3, "y": 3}),
    ],
)
def test_a_policy_makes_of_three_hits_what_the_engine_does(policy: str, expected: dict[str, object]) -> None:
    rules = rule(x=1), rule("a == 1", x="${a + 1.5}"), rule(y=9), rule("a > 1", x=7)
    assert outputs(*rules, policy=policy, a=1) == expected


@pytest.mark.parametrize(("policy", "expected"), [("C+", 3.5), ("C>", 3), ("C<", -2)])
def test_an_aggregate_is_taken_of_numbers(policy: str, expected: float) -> None:
    assert outputs(rule(x=3), rule(x=-2), rule(x="${a + 0.5}"), policy=policy, a=2) == {"x": expected}


def test_sums_are_added_one_after_the_other_as_doubles() -> None:
    assert outputs(rule(x=0.1), rule(x=0.2), rule(x=0.3), policy="C+") == {"x": 0.1 + 0.2 + 0.3}


def test_one_unique_rule_sets_literals_and_values_of_the_variables_before_the_step() -> None:
    found = run(rule(a="${a + 1}", b="${a + 10}", list=["${a}", 1], text="x ${a}", none=None), a=1)
    expected = {"a": 2, "b": 11, "list": ["${a}", 1], "text": "x ${a}", "none": None}
    assert found.instance.variables.values == expected


def test_the_time_is_that_of_the_engine_in_seconds() -> None:
    at = run(rule(at="${ now() }")).instance.variables.values["at"]
    assert isinstance(at, str)
    assert len(at) == len("2026-05-03T12:30:00Z")


def test_a_blank_cell_and_a_rule_without_conditions_hold() -> None:
    assert outputs(rule("  ", "a == 1", x=1), policy="U", a=1) == {"x": 1}
    assert outputs({"outputs": {"x": 1}}, policy="U", a=1) == {"x": 1}
    assert outputs({}, policy="U", a=1) == {}


def test_a_table_is_passed_at_once_and_shows_completed() -> None:
    definition = model(table("rate", rule(x=1), next_step="work"), service("work"), engine_version="1.1.0")
    world = started(definition, {})
    assert [(each.step_id, each.step_type, each.status) for each in world.executions] == [
        ("rate", "DECISION_TABLE", "COMPLETED"),
        ("work", "SERVICE_TASK", "RUNNING"),
    ]


@pytest.mark.parametrize(
    ("rules", "policy", "variables", "says"),
    [
        ([rule("a > 1", x=1)], "F", {"a": 0}, "DecisionTableNoRuleMatched"),
        ([rule("a > 1", x=1)], "C#", {"a": 0}, "DecisionTableNoRuleMatched"),
        (
            [rule(x=1), rule("a > 1"), rule()],
            "",
            {"a": 0},
            'DecisionTableUniqueViolation: step "rate", matching rule indices [0 2]',
        ),
        (
            [rule("true"), rule("missing > 1")],
            "C",
            {},
            (
                'DecisionTableCellError: ruleIndex=1 column="c0" expr="missing > 1" '
                'err=expression "missing > 1": undefined variable "missing"'
            ),
        ),
        (
            [rule("a + 1")],
            "",
            {"a": 1},
            'DecisionTableCellError: ruleIndex=0 column="c0" expr="a + 1" result=float64 not bool',
        ),
        ([rule("a")], "", {"a": "t"}, 'column="c0" expr="a" result=string not bool'),
        ([rule("a")], "", {"a": None}, 'column="c0" expr="a" result=<nil> not bool'),
        (
            [rule(x=1), rule(x=True), rule(x=2)],
            "A",
            {},
            'DecisionTableAnyConflict: step "rate", column="x" values=[1, true] (ruleIndex 0 vs 1)',
        ),
        ([rule(x=1), rule(y=2)], "A", {}, 'column="x" values=[1, <nil>] (ruleIndex 0 vs 1)'),
        (
            [rule(x=1), rule(x="one")],
            "C+",
            {},
            (
                'DecisionTableAggregatorTypeError: step "rate", column="x": '
                "value one (type string) at index 1 is not numeric"
            ),
        ),
        ([rule(x=1), rule()], "C>", {}, "value <nil> (type <nil>) at index 1 is not numeric"),
        ([rule(x=[1, {"k": 2}])], "C<", {}, "value [1 map[k:2]] (type []interface {}) at index 0"),
        (
            [rule(x="${missing + 1}")],
            "",
            {},
            (
                'DecisionTableOutputError: ruleIndex=0 output="x" expr="missing + 1" '
                'err=expression "missing + 1": undefined variable "missing"'
            ),
        ),
    ],
)
def test_a_failure_is_worded_as_the_engine_words_it(
    rules: list[dict[str, Any]], policy: str, variables: dict[str, Any], says: str
) -> None:
    assert says in reason(*rules, policy=policy, **variables)


def test_only_the_first_hits_columns_have_to_agree() -> None:
    rules = rule(x=1), rule(x=1.0, y=2), rule("a", x=3)
    assert outputs(*rules, policy="A", a=False) == {"x": 1}


def test_the_first_policy_does_not_look_past_its_hit() -> None:
    assert outputs(rule("a", x=1), rule("missing", x=2), policy="F", a=True) == {"x": 1}


@pytest.mark.parametrize("rules", [[rule(x="${1 / 0}")], [rule(x=1e308), rule(x=1e308)]])
def test_a_value_without_json_undoes_the_request(rules: list[dict[str, Any]]) -> None:
    with pytest.raises(WorkflowStuck, match=r"marshal merged vars: json: unsupported value: \+Inf"):
        run(*rules, policy="C+")


def reasons(*rules: dict[str, Any], policy: str = "U", **variables: Any) -> set[str]:
    definition = model(table("rate", *rules, policy=policy), engine_version="1.1.0")
    return {str(world.instance.failure_reason)[:34] for world in every_start(definition, variables)}


def test_of_a_false_cell_and_a_failing_one_either_may_come_first() -> None:
    assert reasons(rule("a == 2", "missing"), a=1) == {
        "DecisionTableNoRuleMatched",
        "DecisionTableCellError: ruleIndex=",
    }
    assert reasons(rule("a == 1", "missing"), a=1) == {"DecisionTableCellError: ruleIndex="}
    assert reasons(rule("a == 2", "a == 3"), a=1) == {"DecisionTableNoRuleMatched"}


def test_of_two_faulty_columns_either_may_be_named() -> None:
    definition = model(table("rate", rule(x="a", y="b"), policy="C+"), engine_version="1.1.0")
    named = {str(world.instance.failure_reason).split("column=")[1][:3] for world in every_start(definition)}
    assert named == {'"x"', '"y"'}


@given(st.lists(st.tuples(st.booleans(), st.integers(-3, 3)), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_every_policy_agrees_with_a_plain_reading(rows: list[tuple[bool, int]]) -> None:
    rules = [rule(str(holds).lower(), x=value) for holds, value in rows]
    hits = [value for holds, value in rows if holds]
    for policy in HIT_POLICIES:
        definition = model(table("rate", *rules, policy=policy), engine_version="1.1.0")
        [world] = every_start(definition)
        assert world.instance.variables.values.get("x") == _plain(policy, hits)


def _plain(policy: str, hits: list[int]) -> object:
    if not hits or (policy == "U" and len(hits) > 1) or (policy == "A" and len(set(hits)) > 1):
        return None
    if policy in ("R", "C"):
        return hits
    return {"C#": len(hits), "C+": sum(hits), "C>": max(hits), "C<": min(hits)}.get(policy, hits[0])
