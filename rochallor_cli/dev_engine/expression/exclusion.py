"""Whether two conditions can hold for the same variables: the engine tries branches in random order.

Three answers: they exclude each other for sure (``a > 5`` and ``a <= 5``), they can hold together (with
variables as a witness, tried by evaluating both), or it is not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice, product
from typing import Final

from rochallor_cli.dev_engine.expression import tree
from rochallor_cli.dev_engine.expression.constraints import (
    ANYTHING,
    Constant,
    Constraint,
    constraint_of,
    key_of,
)
from rochallor_cli.dev_engine.expression.errors import ExpressionError, Fault
from rochallor_cli.dev_engine.expression.evaluation import compile_expression, evaluate_condition
from rochallor_cli.dev_engine.expression.parser import parse
from rochallor_cli.dev_engine.expression.rewriting import rewrite
from rochallor_cli.dev_engine.expression.simplification import simplified
from rochallor_cli.dev_engine.go_text import quoted

_MOST_ALTERNATIVES: Final = 16
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


def compare_conditions(one: str, other: str) -> Comparison:
    """How two conditions go together. Conditions that always fail hold together with none."""
    trees = [_tree_of(source) for source in (one, other)]
    if trees[0] is None or trees[1] is None:
        return Comparison(Relation.EXCLUSIVE)
    first, second = (_alternatives(root, negated=False) for root in trees if root is not None)
    pairs = [[*left, *right] for left, right in product(first, second)]
    open_pairs = [atoms for atoms in pairs if not _contradict(atoms)]
    if not open_pairs:
        return Comparison(Relation.EXCLUSIVE)
    witness = _witness(one, other, open_pairs)
    return Comparison(Relation.UNKNOWN) if witness is None else Comparison(Relation.TOGETHER, witness)


def _tree_of(source: str) -> tree.Node | None:
    """The tree with its constants folded; None where the condition fails whatever the variables are."""
    if compile_expression(source).fault:
        return None
    try:
        return simplified(parse(rewrite(source)))
    except (Fault, RecursionError):
        return None


# --- alternatives of atoms -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Atom:
    """A part of a condition that has to hold, or (negated) must not."""

    node: tree.Node
    negated: bool


def _alternatives(node: tree.Node, *, negated: bool) -> list[list[_Atom]]:
    """The condition as alternatives, each a list of atoms that hold together; coarser where there are many."""
    if isinstance(node, tree.Unary) and node.operator in ("!", "not"):
        return _alternatives(node.operand, negated=not negated)
    if isinstance(node, tree.Binary) and node.operator in ("and", "&&", "or", "||"):
        left = _alternatives(node.left, negated=negated)
        right = _alternatives(node.right, negated=negated)
        is_choice = (node.operator in ("or", "||")) != negated
        if is_choice and len(left) + len(right) <= _MOST_ALTERNATIVES:
            return [*left, *right]
        if not is_choice and len(left) * len(right) <= _MOST_ALTERNATIVES:
            return [[*one, *other] for one, other in product(left, right)]
    return [[_Atom(node, negated)]]


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


def _contradict(atoms: list[_Atom]) -> bool:
    """Whether the atoms cannot all hold."""
    if any(isinstance(atom.node, tree.Literal) and atom.node.value is atom.negated for atom in atoms):
        return True
    if any(_opposed(one, other) for index, one in enumerate(atoms) for other in atoms[:index]):
        return True
    return any(constraint.is_empty for _, constraint in _constraints(atoms))


def _opposed(one: _Atom, other: _Atom) -> bool:
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


def _different_beginnings(one: _Atom, other: _Atom) -> bool:
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


def _comparison(atom: _Atom) -> tuple[tree.Node, str, tree.Node] | None:
    """Left, operator, right of a comparison; negated ones with the opposite operator."""
    node = atom.node
    if not isinstance(node, tree.Binary) or node.operator not in _MIRRORED:
        return None
    return node.left, _NEGATED[node.operator] if atom.negated else node.operator, node.right


def _constraints(atoms: list[_Atom]) -> list[tuple[tree.Node, Constraint]]:
    """What the atoms say of each term, all together."""
    found: list[tuple[tree.Node, Constraint]] = []
    for atom in atoms:
        term, constraint = _constraint(atom)
        for index, (known, before) in enumerate(found):
            if known == term:
                found[index] = (known, before.intersected(constraint))
                break
        else:
            found.append((term, constraint))
    return found


def _constraint(atom: _Atom) -> tuple[tree.Node, Constraint]:
    """The term an atom speaks of and what it says; at least that the atom itself is true or false."""
    comparison = _comparison(atom)
    if comparison:
        left, operator, right = comparison
        if _is_constant(left):
            left, operator, right = right, _MIRRORED[operator], left
        found = constraint_of(operator, _constant(right)) if _is_constant(right) else None
        if found:
            return left, found
    node = atom.node
    if isinstance(node, tree.Binary) and node.operator == "in" and isinstance(node.right, tree.Literal):
        values = _constants(node.right.value)
        if values is not None:
            return node.left, Constraint(excluded=values) if atom.negated else Constraint(values)
    return node, Constraint(frozenset({key_of(not atom.negated)}))


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


def _witness(one: str, other: str, alternatives: list[list[_Atom]]) -> Mapping[str, object] | None:
    """Variables with which both conditions hold, found by trying what the atoms suggest."""
    trials = (variables for atoms in alternatives for variables in islice(_trials(atoms), _MOST_TRIALS))
    for variables in islice(trials, 2 * _MOST_TRIALS):
        if _holds(one, variables) and _holds(other, variables):
            return variables
    return None


def _holds(condition: str, variables: Mapping[str, object]) -> bool:
    try:
        return evaluate_condition(condition, variables, now=_SOME_TIME)
    except ExpressionError:
        return False


def _trials(atoms: list[_Atom]) -> Iterator[Mapping[str, object]]:
    """Variables that might satisfy the atoms."""
    constraints = _constraints(atoms)
    paths: dict[tuple[str, ...], Constraint] = {}
    for atom in atoms:
        for node in tree.walk(atom.node):
            if path := _path(node):
                paths[path] = paths.get(path, ANYTHING)
    for term, constraint in constraints:
        if path := _path(term):
            paths[path] = paths.get(path, ANYTHING).intersected(constraint)
    leaves = [path for path in paths if not any(_is_below(other, path) for other in paths)]
    for values in product(*(_candidates(paths[path], atoms) for path in leaves)):
        yield _variables(dict(zip(leaves, values, strict=True)))


def _candidates(constraint: Constraint, atoms: list[_Atom]) -> list[object]:
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
    return ", ".join(f"{name} = {_shown(value)}" for name, value in witness.items()) or "always"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_shown(item)}' for name, item in value.items())}}}"
    return "nil" if value is None else quoted(value) if isinstance(value, str) else str(value)
