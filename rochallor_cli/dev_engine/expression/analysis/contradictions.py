"""Conditions that no value of a variable's type can meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression.analysis.overlaps import Atom, ways_of
from rochallor_cli.dev_engine.expression.checking.coercion import number_in
from rochallor_cli.dev_engine.expression.syntax import tree

_MIRRORED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "==": "==", "!=": "!="}
_NUMBERS: Final = ("number", "integer")


@dataclass(frozen=True, slots=True)
class VariableType:
    """string, number, integer or boolean; or null, where it may be."""

    name: str
    nullable: bool = False


def contradicted_by(
    condition: str, types: Mapping[str, VariableType], *, coercion: bool = False
) -> str | None:
    """The variable whose type keeps a condition from ever holding; None where it may hold."""
    ways = ways_of((condition,), coercion=coercion) if types else None
    if not ways:
        return None
    culprits = [_culprit(way, types) for way in ways]
    return None if None in culprits else culprits[0]


def _culprit(way: list[Atom], types: Mapping[str, VariableType]) -> str | None:
    """A variable of which this way asks what its type does not have."""
    for atom in way:
        term, operator, other = _parts(atom)
        plain = term.operand if isinstance(term, tree.Coerced) else term
        if isinstance(plain, tree.Identifier) and plain.name in types:
            is_converted = isinstance(term, tree.Coerced)
            if _is_impossible(types[plain.name], operator, other, is_converted=is_converted):
                return plain.name
    return None


def _parts(atom: Atom) -> tuple[tree.Node, str, tree.Node | None]:
    """The term of an atom, its operator and what it is compared with; a term alone has the operator "is"."""
    node = atom.node
    if isinstance(node, tree.Binary) and node.operator in _MIRRORED:
        # What is refused may have failed just as well: only what has to hold says something.
        operator = "" if atom.negated else node.operator
        if isinstance(node.left, tree.Literal | tree.Nil):
            return node.right, _MIRRORED.get(operator, ""), node.left
        return node.left, operator, node.right
    if isinstance(node, tree.Binary):
        is_list = node.operator == "in" and isinstance(node.right, tree.Literal) and not atom.negated
        return node.left, "in" if is_list else "", node.right
    return node, "is", None


def _is_impossible(
    type_: VariableType, operator: str, other: tree.Node | None, *, is_converted: bool
) -> bool:
    if operator == "is":
        return type_.name in _NUMBERS or (type_.name == "string" and not is_converted)
    if operator == "in" and isinstance(other, tree.Literal) and isinstance(other.value, list | frozenset):
        return not any(_can_equal(type_, value, is_converted=False) for value in other.value)
    if isinstance(other, tree.Nil):
        return operator == "==" and not type_.nullable
    if not isinstance(other, tree.Literal):
        return False
    if operator == "==":
        return not _can_equal(type_, other.value, is_converted=is_converted)
    if operator in ("<", "<=", ">", ">="):
        return _cannot_be_ordered(type_, other.value, is_converted=is_converted)
    return False


def _can_equal(type_: VariableType, value: object, *, is_converted: bool) -> bool:
    """Whether a value of the type can be equal to a literal; where it is converted, as its number."""
    if isinstance(value, bool):
        return type_.name == "boolean"
    if isinstance(value, int | float):
        if type_.name == "string":
            return is_converted
        return type_.name == "number" or (type_.name == "integer" and float(value).is_integer())
    if isinstance(value, str):
        return type_.name == "string" and not (is_converted and number_in(value) is not None)
    return True


def _cannot_be_ordered(type_: VariableType, value: object, *, is_converted: bool) -> bool:
    if type_.name == "boolean":
        return True
    if isinstance(value, str):
        return is_converted or type_.name in _NUMBERS
    return type_.name == "string" and not is_converted
