"""What lint says of definitions for engines of later versions: no more than is certain, each with the way round."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine import Problem, check, engine_rules
from rochallor_cli.dev_engine.expression import ExpressionError, coverage, evaluate, evaluate_condition
from support.workflows import (
    decision,
    document,
    gateway,
    join,
    rule,
    service,
    table,
    timer,
    transform,
    user_task,
    wait,
)

NOW = datetime(2026, 5, 3, tzinfo=UTC)


def problems(*steps: dict[str, Any], version: str = "next", **fields: Any) -> list[Problem]:
    return check(document(*steps, **fields), engine_rules(version))


def codes(*steps: dict[str, Any], version: str = "next", **fields: Any) -> list[str]:
    return [problem.code for problem in problems(*steps, version=version, **fields)]


def text_of(code: str, *steps: dict[str, Any], version: str = "next", **fields: Any) -> str:
    [found] = [each.text for each in problems(*steps, version=version, **fields) if each.code == code]
    return found


def branching(*conditions: str) -> list[dict[str, Any]]:
    """A decision whose branches all lead elsewhere."""
    targets = [f"t{number}" for number in range(len(conditions))]
    return [
        decision("route", dict(zip(conditions, targets, strict=True))),
        *(wait(target) for target in targets),
    ]


def of_types(**types: str) -> dict[str, Any]:
    """A schema that requires variables of these types."""
    return {"properties": {name: {"type": type_} for name, type_ in types.items()}, "required": list(types)}


# --- branches ------------------------------------------------------------------------------------------


def test_a_branch_that_a_shorter_one_covers_is_never_taken_though_it_is_written_first() -> None:
    found = text_of("W311", *branching("amount > 1000 && vip", "amount > 10", "amount <= 10"))
    assert '"amount > 1000 && vip" is never taken: "amount > 10" is tried before it' in found
    assert 'written: "amount > 1000 && vip", "amount > 10"; tried, the shortest first: "amount > 10"' in found


@pytest.mark.parametrize(
    "conditions",
    [
        ("amount > 10", "true"),
        ("a > 1 && b", "a > 1 && !b", "a > 5 && (c || d)"),
        ("x > 5 && x < 2", "x > 0"),
    ],
)
def test_what_another_branch_always_takes_is_told(conditions: tuple[str, ...]) -> None:
    assert "W311" in codes(*branching(*conditions))


def test_of_two_that_can_hold_the_winner_is_named_where_it_was_written_later() -> None:
    found = text_of("W312", *branching("amount > 1000", "vip", "!vip && amount <= 1000"))
    assert 'but the engine tries "vip" first' in found
    assert "amount = 1001" in found


@pytest.mark.parametrize(
    "conditions",
    [
        ("vip", "amount > 1000", "!vip && amount <= 1000"),
        ("amount > 100", "amount <= 100"),
        ("approved", "!approved"),
        ("status in ['NEW']", "status == 'OPEN'", "status not in ['NEW', 'OPEN']"),
    ],
)
def test_branches_that_do_what_is_written_are_left_in_peace(conditions: tuple[str, ...]) -> None:
    assert codes(*branching(*conditions)) == []


CONDITIONS = st.lists(
    st.sampled_from(
        ["a > 1", "a > 2", "a <= 2", "b", "!b", "a > 1 && b", "a == 2 || b", "true", "a in [1, 2]"]
    ),
    min_size=2,
    max_size=4,
    unique=True,
)


@given(
    CONDITIONS, st.sampled_from([0.0, 1.0, 2.0, 3.0, "2", "x"]), st.sampled_from([True, False, "true", None])
)
@settings(max_examples=300, deadline=None)
def test_what_is_said_to_be_never_taken_never_is(conditions: list[str], a: object, b: object) -> None:
    def value(condition: str) -> bool | None:
        try:
            return evaluate_condition(condition, {"a": a, "b": b}, now=NOW, coercion=True)
        except ExpressionError:
            return None

    *before, last = conditions
    is_taken = value(last) is True and all(value(each) is False for each in before)
    if is_taken:
        assert coverage((last,), tuple((each,) for each in before), True) is None


def test_values_between_two_conditions_are_told() -> None:
    assert "no branch holds for amount = 100" in text_of("W316", *branching("amount > 100", "amount < 100"))
    assert "W316" not in codes(*branching("tier == 'gold'", "tier == 'silver'"))
    # A count is not less than the 0 that it is compared with.
    assert "W316" not in codes(*branching("failures == 0", "failures > 0"))
    assert "no branch holds for amount = 100" in text_of("W316", *branching("amount <= 0", "amount > 100"))
    assert "no branch holds for claims = 1" in text_of("W316", *branching("claims <= 0", "claims >= 3"))
    assert "no branch holds for rate = 0.75" in text_of("W316", *branching("rate <= 0.5", "rate >= 1"))


def test_whole_numbers_that_follow_one_another_leave_no_gap() -> None:
    assert codes(*branching("claims == 0", "claims >= 1", "claims < 0")) == []


# --- gateways ------------------------------------------------------------------------------------------


def test_a_branch_listed_twice_and_one_that_goes_on_behind_its_first_step_are_told() -> None:
    assert codes(gateway("split", ["a", "a"]), service("a", "meet"), join()) == ["W313"]
    longer = [gateway("split", ["a", "b"]), service("a", "c"), service("b", "meet"), join()]
    assert codes(*longer, service("c", "meet")) == ["W314"]
    assert codes(*longer, transform("c", {"x": 1}, "meet")) == []


# --- operands that are converted -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code", "way", "variables"),
    [
        ("zip == '01'", "W203", 'zip in ["01"]', {"zip": "01"}),
        ("order.zip != '1e3'", "W203", 'order.zip not in ["1e3"]', {"order": {"zip": "x"}}),
        ("'n=' + string(n)", "W204", 'join(["n=", string(n)])', {"n": 5}),
        ("p + ' ' + q", "W204", 'join([p, " ", q])', {"p": "a", "q": "b"}),
        ("p + q == 'ab'", "W204", "join([p, q])", {"p": "a", "q": "b"}),
        ("'ab' != p + q", "W204", "join([p, q])", {"p": "a", "q": "b"}),
        ("p + q in ['ab', 'cd']", "W204", "join([p, q])", {"p": "a", "q": "b"}),
        ("(p + q) startsWith 'a'", "W204", "join([p, q])", {"p": "a", "q": "b"}),
        ("upper(p + q)", "W204", "join([p, q])", {"p": "a", "q": "b"}),
        ("p + q == '3'", "W203", "p + q == 3", {"p": "1", "q": 2}),
        ("now() > date(x)", "W205", "now().Unix() > date(x).Unix()", {"x": "2026-01-01"}),
        ("x >= '2026-01-01'", "W205", 'sort([x, "2026-01-01"])[0]', {"x": "2026-01-01"}),
        ("len(list) && true", "W206", "len(list) != 0", {"list": [1]}),
    ],
)
def test_what_the_conversion_breaks_is_told_with_a_way_round_that_works(
    source: str, code: str, way: str, variables: dict[str, object]
) -> None:
    shape = transform("shape", {"x": f"${{{source}}}"})
    assert way in text_of(code, shape)
    assert evaluate(way, variables, now=NOW, coercion=True) is not None
    assert code not in codes(shape, version="1.1.0")


@pytest.mark.parametrize(
    "source",
    [
        "a + b",
        "a - 1 > b",
        "zip == 'A1'",
        "zip in ['01']",
        "ok && !done",
        "a == 5 && b != 'x'",
        "a + b == c",
        "a + b == 5",
        "string(a + b) == 'x'",
        "upper(join([a, b])) == 'AB'",
        "'a' + 'b'",
        "a > b",
    ],
)
def test_an_expression_that_works_with_conversion_is_left_in_peace(source: str) -> None:
    assert codes(transform("shape", {"x": f"${{{source}}}"})) == []


def test_a_number_where_truth_is_wanted_is_told_with_what_to_write_also_where_it_is_a_literal() -> None:
    shape = transform("shape", {"x": "${yes && 5}"})
    assert "write true or false" in text_of("W206", shape)


def test_a_number_that_is_compared_with_a_text_is_never_that() -> None:
    assert "a - b is a number" in text_of("W203", transform("shape", {"x": "${a - b == 'x'}"}))


def test_a_schema_makes_a_variable_a_text_that_plus_does_not_join() -> None:
    shape = transform("shape", {"full": "${forename + surname}"})
    types = of_types(forename="string", surname="string")
    assert "write join([forename, surname])" in text_of("W204", shape, input_schema=types)


# --- tables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "policy", "code"),
    [
        ([rule("a > 1", x=1), rule("a > 10", x=2)], "U", "W322"),
        ([rule("a > 1", x=1), rule(x=2)], "", "W322"),
        ([rule("a > 1", x=1), rule("a > 10", x=2), rule(x=3)], "F", "W321"),
        ([rule("a > 1", "a < 0", x=1), rule(x=3)], "F", "W321"),
        ([rule("a > 1", x=1), rule("b", x=2)], "A", "W323"),
        ([rule("a > 1", x=1, y=1), rule("b", x=2)], "C+", "W324"),
        ([rule(x=1, y="${x}")], "U", "W325"),
        ([rule("a > 1", x=1), rule("a < 1", x=2)], "U", "W327"),
    ],
)
def test_a_table_that_fails_for_some_values_is_told(
    rules: list[dict[str, Any]], policy: str, code: str
) -> None:
    assert code in codes(table("rate", *rules, policy=policy))


@pytest.mark.parametrize(
    ("rules", "policy"),
    [
        ([rule("a > 10", x=1), rule("a <= 10", x=2)], "U"),
        ([rule("a > 10", x=1), rule("a > 1", x=2), rule(x=3)], "F"),
        ([rule("a > 1", x=1), rule("b", x=1), rule("a <= 1 && !b", x=2)], "A"),
        ([rule("a > 1", x=1, y=1), rule("a <= 1", x=2)], "C+"),
        ([rule("t == 'x'", x=1), rule("t == 'y'", x=2)], "U"),
        ([rule(x=1, y="${z}")], "U"),
        ([rule(x=1), rule("a > 1", z=1)], "R"),
    ],
)
def test_a_sound_table_is_left_in_peace(rules: list[dict[str, Any]], policy: str) -> None:
    assert codes(table("rate", *rules, policy=policy)) == []


def test_a_hit_policy_is_of_no_use_on_another_type() -> None:
    assert codes(service("work", hitPolicy="U")) == ["W326"]


# --- schemas -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "type_"),
    [
        ("x > 5", "boolean"),
        ("x == 'a'", "number"),
        ("x == true", "string"),
        ("x == 2.5", "integer"),
        ("x", "number"),
        ("y && x", "integer"),
        ("x in ['a', 'b']", "number"),
        ("x == nil", "string"),
        ("y || x == 'a' && x == 'b'", "boolean"),
    ],
)
def test_a_condition_that_a_schema_contradicts_is_told(condition: str, type_: str) -> None:
    types = of_types(x=type_)
    is_free = condition.startswith("y ||")
    found = codes(*branching(condition, "z"), input_schema=types)
    assert ("W331" in found) is not is_free


@pytest.mark.parametrize("type_", ["string", "number", "integer"])
def test_what_a_trap_says_of_a_variable_is_not_said_by_its_schema_again(type_: str) -> None:
    found = codes(*branching("x == '01'", "z"), input_schema=of_types(x=type_))
    assert found.count("W203") == 1
    assert "W331" not in found


@pytest.mark.parametrize(
    ("condition", "type_"),
    [
        ("x > 5", "string"),
        ("x == 5", "string"),
        ("x == 'a'", "string"),
        ("x != 'a'", "number"),
        ("x", "boolean"),
    ],
)
def test_a_condition_that_may_hold_for_the_type_is_left_in_peace(condition: str, type_: str) -> None:
    assert "W331" not in codes(*branching(condition, "z"), input_schema=of_types(x=type_))


def test_what_a_job_or_a_person_may_have_changed_is_not_held_against_the_schema() -> None:
    route = decision("route", {"x > 5": "end"})
    types = of_types(x="boolean")
    for rest in (service("rest", "route"), user_task("rest", "route"), wait("rest", "route")):
        assert "W331" not in codes(rest, route, input_schema=types)
    asked = service("rest", "route", outputs_schema=types)
    assert "W331" in codes(asked, route)
    assert "W331" in codes(transform("rest", {"x": True}, "route"), route, input_schema=of_types(y="string"))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"x": "5"}, 'field "x" expected number, got string'),
        ({}, 'required field "x" missing'),
        ({"x": 5, "other": "y"}, ""),
    ],
)
def test_variables_of_a_start_are_held_against_the_schema(variables: dict[str, Any], words: str) -> None:
    steps = document(service("work"), input_schema=of_types(x="number"))
    found = check(steps, engine_rules("next"), variables=variables)
    assert [each.code for each in found] == (["W332"] if words else [])
    assert all(words in each.text for each in found)
    assert check(steps, engine_rules("next")) == []


def test_a_condition_is_held_against_the_variables_of_a_start() -> None:
    steps = document(*branching("x > 5", "z"))
    [text, *_] = [each.text for each in check(steps, variables={"x": True, "z": True}) if each.code == "W331"]
    assert 'since it is started with variables of which "x" is of type boolean' in text
    assert all(each.code != "W331" for each in check(steps, variables={"x": 7, "z": True}))


def test_a_timer_flow_as_the_documentation_writes_it_is_clean_on_later_engines() -> None:
    events = [timer("P1DT2H", "remind", interrupting=False)]
    assert codes(wait("hold", boundaryEvents=events), service("remind"), version="1.1.0") == []


# --- outputs that the engine compares or adds -------------------------------------------------------


@pytest.mark.parametrize(("one", "other"), [(1.0, 1), (1e2, 100), ([1], [1.0]), ({"a": 2.0}, {"a": 2})])
def test_numbers_written_in_two_ways_are_the_same_output(one: Any, other: Any) -> None:
    rules = (rule("a > 1", x=one), rule("b > 1", x=other))
    assert "W323" not in codes(table("t", *rules, policy="A"))
    assert "W323" in codes(table("t", rule("a > 1", x=one), rule("b > 1", x="other"), policy="A"))


@pytest.mark.parametrize("policy", ["C+", "C>", "C<"])
@pytest.mark.parametrize("value", ["5", True, None, [1]])
def test_a_literal_that_is_no_number_cannot_be_aggregated(policy: str, value: Any) -> None:
    assert "which is no number" in text_of("W324", table("t", rule("a > 1", x=value), policy=policy))
    assert "W324" not in codes(table("t", rule("a > 1", x="${a}"), policy=policy))
    assert "W324" not in codes(table("t", rule("a > 1 && a < 1", x=value), policy=policy))


def test_what_is_only_counted_or_listed_may_be_anything() -> None:
    assert "W324" not in codes(table("t", rule("a > 1", x="5"), policy="C#"))
    assert "W324" not in codes(table("t", rule("a > 1", x="5"), policy="C"))


@pytest.mark.parametrize("condition", ["s > 5", "5 >= s", "s < 2.5", "s <= amount"])
def test_a_text_that_is_compared_with_a_number_is_meant_to_be_read_as_one(condition: str) -> None:
    steps = (decision("d", {condition: "end", f"!({condition})": "end"}),)
    assert "W205" not in codes(*steps, input_schema=of_types(s="string", amount="number"))


@pytest.mark.parametrize("condition", ["s > 'apple'", "s > other", "lower(s) > 5"])
def test_texts_that_are_put_in_order_are_told(condition: str) -> None:
    steps = (decision("d", {condition: "end", f"!({condition})": "end"}),)
    assert "W205" in codes(*steps, input_schema=of_types(s="string", other="string"))


@pytest.mark.parametrize("never", ["a + 1", "a - b", "a * b", "a / 2", "len(a) % 2", "a ** 2"])
def test_a_condition_that_is_never_a_truth_value_is_told_whatever_its_variables_are(never: str) -> None:
    assert "W201" in codes(decision("d", {never: "end", "a > 1": "end"}))
    assert "W201" in codes(table("t", rule(never, x=1), rule(x=2), policy="F"))
