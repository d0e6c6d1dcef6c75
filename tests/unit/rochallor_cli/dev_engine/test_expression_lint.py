"""What the check of a definition says about its expressions and branches."""

from __future__ import annotations

import pytest

from rochallor_cli.dev_engine import Problem, check, engine_rules
from support.workflows import decision, document, transform, user_task


def warnings(*conditions: str) -> list[Problem]:
    ways = {condition: "end" if number else "other" for number, condition in enumerate(conditions)}
    return [
        problem
        for problem in check(document(decision("size", ways), user_task("other", "end")), engine_rules("0"))
        if problem.severity == "warning"
    ]


def codes(*conditions: str) -> list[str]:
    return [problem.code for problem in warnings(*conditions)]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("amount >", "W201"),
        ("amount = 5", "W201"),
        ('"1" == 1', "W201"),
        ("'true'", "W201"),
        ("len(list)", "W201"),
        ("count > 3", "W202"),
        ("amount % 2 == 0", "W202"),
        ("""name == 'say "hi"'""", "W202"),
        ("!contains(list, 3)", "W202"),
        ("customer == null", "W202"),
        ("in == 1", "W202"),
        ("#user-id > 1", "W202"),
    ],
)
def test_an_expression_that_trips_its_author_is_one_warning(condition: str, code: str) -> None:
    [problem] = warnings(condition)
    assert problem.code == code
    assert problem.path == ("steps", 0, "conditionalNextSteps", condition)
    assert f'step "size": expression "{condition}": ' in problem.text


def test_branches_that_can_both_hold_are_shown_with_variables_that_do() -> None:
    [problem] = warnings("order.total > 100", "order.customer.vip")
    assert problem.code == "W308"
    assert "order = {total: 101, customer: {vip: true}}" in problem.text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("amount > 100", "amount <= 100"),
        ("status in ['NEW', 'OPEN']", "status == 'DONE'"),
        ("approved", "!approved"),
        ("amount > 10 && country == 'CZ'", "amount > 10 && country != 'CZ'"),
    ],
)
def test_branches_that_exclude_each_other_are_no_problem(one: str, other: str) -> None:
    assert codes(one, other) == []


def test_a_transformation_is_checked_like_a_condition() -> None:
    shape = transform("shape", {"n": "${count + 1}", "at": "${now()}", "text": "plain"}, "end")
    [problem] = [
        problem for problem in check(document(shape), engine_rules("0")) if problem.severity == "warning"
    ]
    assert problem.code == "W202"
    assert problem.path == ("steps", 0, "transformations", "n")


@pytest.mark.parametrize("literal", ["a is ${a}", " ${a}", "${groupBy(list,", ["${a}"], {"inner": "${a}"}])
def test_a_text_that_only_holds_an_expression_stays_text_and_is_a_warning(literal: object) -> None:
    shape = transform("shape", {"text": literal}, "end")
    [problem] = [
        problem for problem in check(document(shape), engine_rules("0")) if problem.severity == "warning"
    ]
    assert problem.code == "W202"
    assert "stays as it is written" in problem.text
