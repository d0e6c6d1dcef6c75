"""What lint says of expressions, and which conditions it takes for exclusive."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rochallor_cli.dev_engine.expression import (
    ExpressionError,
    Relation,
    Trap,
    analyse,
    compare_conditions,
    evaluate_condition,
)
from rochallor_cli.dev_engine.expression.analysis.coercion_traps import coercion_traps

NOW = datetime(2026, 5, 3, tzinfo=UTC)


def traps(source: str) -> list[Trap]:
    return [finding.trap for finding in analyse(source).findings]


def test_names_and_functions_are_listed_once_in_order() -> None:
    found = analyse("#b > len(a) && ${b} < max(len(c), 1)")
    assert found.names == ("b", "a", "c")
    assert found.functions == ("len", "max")
    assert found.fault == ""
    assert found.findings == ()


@pytest.mark.parametrize(
    ("source", "trap", "says"),
    [
        ("a = 5", Trap.UNREADABLE, "compare with =="),
        ("a AND b", Trap.UNREADABLE, "small letters"),
        ("(a", Trap.UNREADABLE, "unexpected token EOF (1:2)"),
        ("", Trap.UNREADABLE, "nothing to evaluate"),
        ("${a", Trap.UNREADABLE, "unterminated '${'"),
        ('"1" == 1', Trap.UNREADABLE, "mismatched types string and int"),
        ("5 % 0", Trap.UNREADABLE, "integer divide by zero"),
        ("s matches '('", Trap.UNREADABLE, "error parsing regexp"),
        ("count + 1 > 3", Trap.FUNCTION_NAME, '"count" is a function'),
        ("!none", Trap.FUNCTION_NAME, '"none" is a function'),
        ("type == 'order'", Trap.FUNCTION_NAME, '"type" is a function'),
        ("in == 1", Trap.RESERVED_WORD, '"in" is a word'),
        ("let x = a; x", Trap.RESERVED_WORD, "let does not work"),
        ("x == null", Trap.FOREIGN_WORD, "write nil"),
        ("x == None", Trap.FOREIGN_WORD, "write nil"),
        ("a % 2 == 1", Trap.REMAINDER, "int(x) % 2"),
        ("filter(list, # % 2 == 1)", Trap.REMAINDER, "int(x) % 2"),
        ("""x == 'say "hi"'""", Trap.QUOTES, "backquotes"),
        ("""x == "it's" || y == 'b' """, Trap.QUOTES, "backquotes"),
        ("x == '#1a' || y == '#a'", Trap.REWRITTEN_TEXT, "'#a'"),
        ("x == '${y}'", Trap.REWRITTEN_TEXT, "rewritten within quotes"),
        ("x == `#a`", Trap.REWRITTEN_TEXT, "`#a`"),
        ("x == `say 'hi'`", Trap.QUOTES, "in backquotes as well"),
        ("contains(list, len(x))", Trap.CONTAINS_CALL, "x in list"),
        ("contains([1, 2], 2)", Trap.CONTAINS_CALL, "x in [a, b]"),
        ("!contains(list, 3)", Trap.CONTAINS_CALL, "not (x in list)"),
        ("groupBy(list, #)", Trap.NO_JSON, "what groupBy gives"),
        ("a / 0", Trap.NO_JSON, "divided by zero"),
        ("#user-id > 1", Trap.HASH_NAME, "user minus id"),
        ("map(list, #index)", Trap.HASH_NAME, "no index"),
    ],
)
def test_a_trap_is_found_and_the_way_round_is_named(source: str, trap: Trap, says: str) -> None:
    found = {finding.trap: finding.text for finding in analyse(source).findings}
    assert says in found[trap]


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("a > 1", "bool"),
        ("len(s)", "int"),
        ("a / 2", "float64"),
        ("[a]", "[]interface {}"),
        ("nil", "<nil>"),
        ("a", ""),
        ("a + 1", ""),
        ("(", ""),
    ],
)
def test_the_type_of_the_result_is_known_where_it_does_not_hang_on_variables(
    source: str, result: str
) -> None:
    assert analyse(source).result == result


@pytest.mark.parametrize(
    "source",
    [
        "a > 3 && s == 'x'",
        "contains(list, 3) && contains(words, 'x')",
        "int(a) % 2 == 0",
        "count",
        "x.count + 1",
        "s contains 'ell'",
        "filter(items, #.n == 'a')",
        """x == "it's" """,
        '`it\'s "d"` == x',
        "a - b > 0",
        "not (3 in list)",
        "status in ['NEW', 'OPEN']",
    ],
)
def test_a_good_expression_is_left_in_peace(source: str) -> None:
    assert traps(source) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("#a > 100", "#a <= 100"),
        ("x == 'a'", 'x == "b"'),
        ("p", "!p"),
        ("a > 5 && b", "a > 5 && !b"),
        ("a > 1 && a < 3", "a == 5"),
        ("a > b", "b >= a"),
        ("order.total > 10", "order.total < 5"),
        ("len(list) > 0", "len(list) == 0"),
        ("status in ['A', 'B']", "status == 'C'"),
        ("status not in ['A']", "status == 'A'"),
        ("s startsWith 'a'", "s startsWith 'b'"),
        ("x == 1", "x == true"),
        ("x == nil", "x != nil"),
        ("a == 1 || a == 2", "a == 3"),
        ("not (a == 1 || b)", "b"),
        ("true", "false"),
        ("a ==", "true"),
        ("any(list, # > 1)", "not any(list, # > 1)"),
    ],
)
def test_conditions_that_exclude_each_other_are_known(one: str, other: str) -> None:
    assert compare_conditions(one, other).relation is Relation.EXCLUSIVE
    assert compare_conditions(other, one).relation is Relation.EXCLUSIVE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a > 5", "a > 7"),
        ("a >= 10", "a <= 10"),
        ("p", "q"),
        ("order.total > 10", "order.customer.vip"),
        ("s in ['a', 'b']", "s == 'a'"),
        ("true", "x == 'a'"),
        ("len(list) == 0", "p"),
    ],
)
def test_conditions_that_can_hold_together_come_with_a_witness(one: str, other: str) -> None:
    verdict = compare_conditions(one, other)
    assert verdict.relation is Relation.TOGETHER
    assert verdict.witness is not None
    assert evaluate_condition(one, verdict.witness, now=NOW)
    assert evaluate_condition(other, verdict.witness, now=NOW)


def test_what_is_not_understood_is_unknown() -> None:
    assert compare_conditions("date(x) > date(y)", "p").relation is Relation.UNKNOWN


ATOMS = st.one_of(
    st.tuples(
        st.sampled_from("xy"), st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 3)
    ).map(lambda parts: f"{parts[0]} {parts[1]} {parts[2]}"),
    st.tuples(
        st.sampled_from("xy"), st.sampled_from(["==", "!="]), st.sampled_from(['"a"', '"1"', "nil", "true"])
    ).map(" ".join),
    st.sampled_from(
        [
            "x",
            "!y",
            "x > y",
            "x <= y",
            "x == y",
            'x in ["a", "1"]',
            "y not in [1, 2]",
            "x in [1]",
            'x in ["1"]',
        ]
    ),
)
CONDITIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || "]), inner).map("".join),
        inner.map("!({})".format),
    ),
    max_leaves=4,
)
VALUES = st.sampled_from(
    [*("0", "1", "2", "true", "FALSE"), 0.0, 0.5, 1.0, 2.0, 3.0, "a", "b", "c", True, False, None]
)


def holds(condition: str, variables: dict[str, object], *, coercion: bool = False) -> bool:
    try:
        return evaluate_condition(condition, variables, now=NOW, coercion=coercion)
    except ExpressionError:
        return False


@given(CONDITIONS, CONDITIONS, VALUES, VALUES, st.booleans())
@settings(max_examples=400, deadline=None)
def test_exclusive_conditions_never_hold_together(
    one: str, other: str, x: object, y: object, coercion: bool
) -> None:
    variables = {"x": x, "y": y}
    if holds(one, variables, coercion=coercion) and holds(other, variables, coercion=coercion):
        assert compare_conditions(one, other, coercion=coercion).relation is not Relation.EXCLUSIVE


def test_a_chain_of_thousands_of_summands_is_told_once_and_whole() -> None:
    """Looking at each link's chain anew took minutes for these, of which nothing at all is to be told."""
    assert coercion_traps(" + ".join(["1"] * 4000)) == []
    (found,) = coercion_traps(" + ".join(["a"] * 400 + ['"x"'] + ["b"] * 400))
    assert found.trap is Trap.TEXTS_JOINED
    assert found.text.count("a, ") == found.text.count(", b") == 400
