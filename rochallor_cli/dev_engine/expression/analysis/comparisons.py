"""Conditions that do nothing but compare one variable with literals: which one, and with what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import rewrite

PlainValue = bool | int | float | str
_OPERATORS: Final = ("==", "!=", "<", "<=", ">", ">=")
_LOGIC: Final = ("and", "&&", "or", "||")


@dataclass(frozen=True, slots=True)
class Compared:
    """A variable and the literals that it is compared with."""

    name: str
    literals: tuple[PlainValue, ...]


def compared(source: str) -> Compared | None:
    """The one variable that a condition compares with literals; None where it does anything else."""
    try:
        found = list(_comparisons(parse(rewrite(source))))
    except (Fault, RecursionError):
        return None
    names = {each.name if each else None for each in found}
    if len(names) != 1 or None in names:
        return None
    literals = [literal for each in found if each for literal in each.literals]
    return Compared(str(names.pop()), tuple(literals))


def _comparisons(node: tree.Node) -> Iterator[Compared | None]:
    """Each comparison of a condition; None for what is none."""
    if isinstance(node, tree.Unary) and node.operator in ("!", "not"):
        yield from _comparisons(node.operand)
    elif isinstance(node, tree.Binary) and node.operator in _LOGIC:
        yield from _comparisons(node.left)
        yield from _comparisons(node.right)
    else:
        yield _comparison(node)


def _comparison(node: tree.Node) -> Compared | None:
    if not isinstance(node, tree.Binary):
        return None
    left, right = node.left, node.right
    if node.operator == "in" and isinstance(right, tree.ListLiteral) and isinstance(left, tree.Identifier):
        values = [_scalar(item) for item in right.items]
        literals = tuple(value for value in values if value is not None)
        return Compared(left.name, literals) if len(literals) == len(values) else None
    if node.operator not in _OPERATORS:
        return None
    if isinstance(right, tree.Identifier):
        left, right = right, left
    value = _scalar(right)
    return Compared(left.name, (value,)) if isinstance(left, tree.Identifier) and value is not None else None


def _scalar(node: tree.Node) -> PlainValue | None:
    if isinstance(node, tree.Unary) and node.operator == "-":
        inner = _scalar(node.operand)
        return -inner if isinstance(inner, int | float) and not isinstance(inner, bool) else None
    value = node.value if isinstance(node, tree.Literal) else None
    return value if isinstance(value, bool | int | float | str) else None
