"""Whether two conditions can hold for the same variables: the engine tries branches in random order.

Three answers: they exclude each other for sure (``a > 5`` and ``a <= 5``), they can hold together (with
variables as a witness, tried by evaluating both), or it is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from itertools import islice, product
from typing import Final

from rochallor_cli.dev_engine.expression.analysis.constraints import (
    ANYTHING,
    Constant,
    Constraint,
    constraint_of,
    key_of,
)
from rochallor_cli.dev_engine.expression.checking.coercion import coerced, number_in
from rochallor_cli.dev_engine.expression.errors import ExpressionError, Fault
from rochallor_cli.dev_engine.expression.evaluation import compile_expression, evaluate_condition
from rochallor_cli.dev_engine.expression.program.simplification import rewritten, simplified
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import rewrite
from rochallor_cli.dev_engine.expression.syntax.tree import Coercion
from rochallor_cli.dev_engine.go_text import quoted

_MOST_ALTERNATIVES: Final = 16
_MOST_WAYS: Final = 4_096
_MOST_TRIALS: Final = 400
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)


class Relation(StrEnum):
    """How two conditions go together."""

    EXCLUSIVE = "exclusive"
    TOGETHER = "together"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The relation of two conditions; ``witness`` are variables with which both hold."""

    relation: Relation
    witness: Mapping[str, object] | None = None


Conjunction = tuple[str, ...]
"""Conditions that hold together; none of them always hold."""


def compare_conditions(one: str, other: str, *, coercion: bool = False) -> Comparison:
    """How two conditions go together. Conditions that always fail hold together with none.

    coercion: whether operands are converted by their operator, as newer engines do.
    """
    return compare_conjunctions((one,), (other,), coercion=coercion)


def compare_conjunctions(one: Conjunction, other: Conjunction, *, coercion: bool = False) -> Comparison:
    """As ``compare_conditions``, of several conditions on either side."""
    ways = ways_of((*one, *other), coercion=coercion)
    open_ways = [way for way in ways or () if not contradict(way)]
    if not open_ways:
        return Comparison(Relation.EXCLUSIVE)

    def fits(variables: Mapping[str, object]) -> bool:
        return all(value_with(each, variables, coercion=coercion) is True for each in (*one, *other))

    witness = find_witness(open_ways, fits)
    return Comparison(Relation.UNKNOWN) if witness is None else Comparison(Relation.TOGETHER, witness)


def ways_of(conditions: Conjunction, *, coercion: bool) -> list[list[Atom]] | None:
    """Every way in which all conditions hold; None where one of them fails whatever the variables are."""
    trees = [tree_of(source, coercion) for source in conditions]
    parts = [alternatives(root, negated=False) for root in trees if root is not None]
    if len(parts) < len(trees):
        return None
    return [[atom for part in chosen for atom in part] for chosen in islice(product(*parts), _MOST_WAYS)]


def ways_against(conditions: Conjunction, *, coercion: bool) -> list[list[Atom]] | None:
    """Every way in which one of the conditions does not hold; None where one of them always fails."""
    trees = [tree_of(source, coercion) for source in conditions]
    if any(root is None for root in trees):
        return None
    return [way for root in trees if root is not None for way in alternatives(root, negated=True)]


def value_with(condition: str, variables: Mapping[str, object], *, coercion: bool) -> bool | None:
    """What a condition comes to; None where it fails."""
    try:
        return evaluate_condition(condition, variables, now=_SOME_TIME, coercion=coercion)
    except ExpressionError:
        return None


@lru_cache(maxsize=1_024)
def tree_of(source: str, coercion: bool) -> tree.Node | None:
    """The tree with its constants folded; None where the condition fails whatever the variables are."""
    if compile_expression(source, coercion).fault:
        return None
    try:
        root = parse(rewrite(source))
        return rewritten(simplified(coerced(root)), _one_kind_of_term) if coercion else simplified(root)
    except (Fault, RecursionError):
        return None


def _one_kind_of_term(node: tree.Node) -> tree.Node | None:
    """A converted operand as one term for all operators: its number where it has one, else itself.

    ``x > 5`` and ``x == 5`` then speak of the same; a comparison is a truth value without any conversion.
    """
    if not isinstance(node, tree.Coerced):
        return None
    if node.to is Coercion.NUMBER:
        return tree.Coerced(node.operand, Coercion.NUMBER_OR_SAME)
    return node.operand if node.to is Coercion.BOOLEAN and _is_test(node.operand) else None


def _is_test(node: tree.Node) -> bool:
    if isinstance(node, tree.Unary):
        return node.operator in ("!", "not")
    return isinstance(node, tree.Binary) and (node.operator in _MIRRORED or node.operator in _TESTS)


_TESTS: Final = frozenset({"and", "&&", "or", "||", "in", "contains", "startsWith", "endsWith", "matches"})


# --- alternatives of atoms -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Atom:
    """A part of a condition that has to hold, or (negated) must not."""

    node: tree.Node
    negated: bool


def alternatives(node: tree.Node, *, negated: bool) -> list[list[Atom]]:
    """The condition as alternatives, each a list of atoms that hold together; coarser where there are many."""
    if isinstance(node, tree.Unary) and node.operator in ("!", "not"):
        return alternatives(node.operand, negated=not negated)
    if isinstance(node, tree.Binary) and node.operator in ("and", "&&", "or", "||"):
        left = alternatives(node.left, negated=negated)
        right = alternatives(node.right, negated=negated)
        is_choice = (node.operator in ("or", "||")) != negated
        if is_choice and len(left) + len(right) <= _MOST_ALTERNATIVES:
            return [*left, *right]
        if not is_choice and len(left) * len(right) <= _MOST_ALTERNATIVES:
            return [[*one, *other] for one, other in product(left, right)]
    return [[Atom(node, negated)]]


# --- contradictions ------------------------------------------------------------------------------------

_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED: Final = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "==": "!=", "!=": "=="}
_NEVER_WITH: Final = {
    ">": ("<=", "<", "=="),
    "<": (">=", ">", "=="),
    ">=": ("<",),
    "<=": (">",),
    "==": ("!=", "<", ">"),
    "!=": ("==",),
}


def contradict(atoms: list[Atom]) -> bool:
    """Whether the atoms cannot all hold."""
    if any(isinstance(atom.node, tree.Literal) and atom.node.value is atom.negated for atom in atoms):
        return True
    if any(_opposed(one, other) for index, one in enumerate(atoms) for other in atoms[:index]):
        return True
    return any(constraint.is_empty for _, constraint in _constraints(atoms))


def _opposed(one: Atom, other: Atom) -> bool:
    if one.node == other.node:
        return one.negated != other.negated
    if _different_beginnings(one, other):
        return True
    first, second = _comparison(one), _comparison(other)
    if first is None or second is None:
        return False
    left, operator, right = first
    if (left, right) == (second[0], second[2]):
        return second[1] in _NEVER_WITH[operator]
    return (left, right) == (second[2], second[0]) and _MIRRORED[second[1]] in _NEVER_WITH[operator]


def _different_beginnings(one: Atom, other: Atom) -> bool:
    """``s startsWith "a"`` and ``s startsWith "b"``"""
    first, second = one.node, other.node
    if (
        one.negated
        or other.negated
        or not isinstance(first, tree.Binary)
        or not isinstance(second, tree.Binary)
    ):
        return False
    if (first.operator, second.operator) != ("startsWith", "startsWith") or first.left != second.left:
        return False
    texts = [side.value for side in (first.right, second.right) if isinstance(side, tree.Literal)]
    if len(texts) < 2 or not isinstance(texts[0], str) or not isinstance(texts[1], str):
        return False
    return not texts[0].startswith(texts[1]) and not texts[1].startswith(texts[0])


def _comparison(atom: Atom) -> tuple[tree.Node, str, tree.Node] | None:
    """Left, operator, right of a comparison; negated ones with the opposite operator."""
    node = atom.node
    if not isinstance(node, tree.Binary) or node.operator not in _MIRRORED:
        return None
    return node.left, _NEGATED[node.operator] if atom.negated else node.operator, node.right


def _constraints(atoms: list[Atom]) -> list[tuple[tree.Node, Constraint]]:
    """What the atoms say of each term, all together."""
    found: list[tuple[tree.Node, Constraint]] = []
    for term, constraint in (pair for atom in atoms for pair in _constraints_of(atom)):
        for index, (known, before) in enumerate(found):
            if known == term:
                found[index] = (known, before.intersected(constraint))
                break
        else:
            found.append((term, constraint))
    return found


def _constraints_of(atom: Atom) -> Iterator[tuple[tree.Node, Constraint]]:
    """The terms an atom speaks of and what it says; at least that the atom itself is true or false."""
    comparison = _comparison(atom)
    if comparison:
        left, operator, right = comparison
        if _is_constant(left):
            left, operator, right = right, _MIRRORED[operator], left
        found = constraint_of(operator, _constant(right)) if _is_constant(right) else None
        if found:
            yield left, _possible(left, operator, right) or found
            if isinstance(left, tree.Coerced) and operator == "==" and isinstance(_constant(right), bool):
                yield tree.Coerced(left.operand, Coercion.BOOLEAN), found
            return
    node = atom.node
    if isinstance(node, tree.Binary) and node.operator == "in" and isinstance(node.right, tree.Literal):
        values = _constants(node.right.value)
        if values is not None:
            yield node.left, Constraint(excluded=values) if atom.negated else Constraint(values)
            yield tree.Coerced(node.left, Coercion.NUMBER_OR_SAME), _converted(values, atom.negated)
            return
    truth = Constraint(frozenset({key_of(not atom.negated)}))
    yield node, truth
    if not isinstance(node, tree.Coerced):
        yield tree.Coerced(node, Coercion.BOOLEAN), truth


def _possible(term: tree.Node, operator: str, constant: tree.Node) -> Constraint | None:
    """A converted term is never equal to a text that reads as a number, and always different from it."""
    value = _constant(constant)
    if not isinstance(term, tree.Coerced) or not isinstance(value, str) or number_in(value) is None:
        return None
    return Constraint(frozenset()) if operator == "==" else ANYTHING


def _converted(values: frozenset[tuple[str, Constant]], negated: bool) -> Constraint:
    """What membership in a list says of the term after its conversion."""
    numbers = {key: number_in(str(key[1])) for key in values if key[0] == "str"}
    plain = frozenset(key for key in values if numbers.get(key) is None)
    if negated:
        return Constraint(excluded=frozenset(key for key in plain if key[0] != "number"))
    read = [number for number in numbers.values() if number is not None]
    return ANYTHING if any(map(math.isnan, read)) else Constraint(plain | frozenset(map(key_of, read)))


def _constants(container: object) -> frozenset[tuple[str, Constant]] | None:
    if not isinstance(container, list | frozenset):
        return None
    return frozenset(key_of(value) for value in container)


def _is_constant(node: tree.Node) -> bool:
    if isinstance(node, tree.Nil):
        return True
    return isinstance(node, tree.Literal) and isinstance(node.value, bool | int | float | str)


def _constant(node: tree.Node) -> Constant:
    value = node.value if isinstance(node, tree.Literal) else None
    assert value is None or isinstance(value, bool | int | float | str)
    return value


# --- witnesses -----------------------------------------------------------------------------------------


def find_witness(
    cases: list[list[Atom]], fits: Callable[[Mapping[str, object]], bool]
) -> Mapping[str, object] | None:
    """Variables that fit, found by trying what the atoms of each case suggest."""
    trials = (variables for atoms in cases for variables in islice(_trials(atoms), _MOST_TRIALS))
    return next((variables for variables in islice(trials, 2 * _MOST_TRIALS) if fits(variables)), None)


def _trials(atoms: list[Atom]) -> Iterator[Mapping[str, object]]:
    """Variables that might satisfy the atoms."""
    plain: dict[tuple[str, ...], Constraint] = {}
    converted: dict[tuple[str, ...], Constraint] = {}
    for term, constraint in _constraints(atoms):
        is_converted = isinstance(term, tree.Coerced)
        if path := _path(term.operand if isinstance(term, tree.Coerced) else term):
            found = converted if is_converted else plain
            found[path] = found.get(path, ANYTHING).intersected(constraint)
    named = {path: ANYTHING for atom in atoms for node in tree.walk(atom.node) if (path := _path(node))}
    # What a variable is says more than what becomes of it.
    paths = {**named, **converted, **plain}
    leaves = [path for path in paths if not any(_is_below(other, path) for other in paths)]
    for values in product(*(_candidates(paths[path], atoms) for path in leaves)):
        yield _variables(dict(zip(leaves, values, strict=True)))


def _candidates(constraint: Constraint, atoms: list[Atom]) -> list[object]:
    """Values worth trying for a path: those its constraint leaves, then the constants of the conditions."""
    found: list[object] = list(constraint.examples())
    if constraint.only is None:
        nodes = (node for atom in atoms for node in tree.walk(atom.node) if isinstance(node, tree.Literal))
        found.extend(
            float(node.value) if type(node.value) is int else node.value
            for node in nodes
            if isinstance(node.value, str | int | float)
        )
        found.append([])
    return [
        value for index, value in enumerate(found) if not any(_same(value, other) for other in found[:index])
    ]


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _path(node: tree.Node) -> tuple[str, ...]:
    """``order.customer.name`` as names; empty for anything that is no path of names."""
    names: list[str] = []
    while (
        isinstance(node, tree.Member)
        and isinstance(node.key, tree.Literal)
        and isinstance(node.key.value, str)
    ):
        names.append(node.key.value)
        node = node.owner
    return (node.name, *reversed(names)) if isinstance(node, tree.Identifier) else ()


def _is_below(path: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return len(path) > len(other) and path[: len(other)] == other


def _variables(values: Mapping[tuple[str, ...], object]) -> Mapping[str, object]:
    found: dict[str, object] = {}
    for (first, *rest), value in values.items():
        names, holder = [first, *rest], found
        for name in names[:-1]:
            inner = holder.setdefault(name, {})
            assert isinstance(inner, dict), "only the last name of a path has a value"
            holder = inner
        holder[names[-1]] = value
    return found


def witness_text(witness: Mapping[str, object]) -> str:
    """``amount = 5, country = "CZ"``, for messages; ``always`` where no variable is needed."""
    return ", ".join(f"{name} = {_value_text(value)}" for name, value in witness.items()) or "always"


def _value_text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_value_text(item)}' for name, item in value.items())}}}"
    return "nil" if value is None else quoted(value) if isinstance(value, str) else str(value)
