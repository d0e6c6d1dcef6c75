"""Where an expression takes an operand for a text: beside a text literal, in operators and functions of texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.checking.coercion import number_in
from rochallor_cli.dev_engine.expression.functions.signatures import OVERLOADS
from rochallor_cli.dev_engine.expression.syntax import tree

_TESTS: Final = ("contains", "startsWith", "endsWith", "matches")
_COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=")


def taken_for_texts(node: tree.Node) -> Iterator[tree.Node]:
    """The operands or arguments of a node that it takes for texts, before their conversion."""
    if isinstance(node, tree.Binary):
        yield from map(_unwrapped, _of_operator(node))
    elif isinstance(node, tree.FunctionCall):
        signatures = OVERLOADS.get(node.name, ())
        for place, argument in enumerate(node.arguments):
            wanted = [one.parameters[place] for one in signatures if place < len(one.parameters)]
            if wanted and all(type_ == t.STRING for type_ in wanted):
                yield _unwrapped(argument)


def _of_operator(node: tree.Binary) -> Iterator[tree.Node]:
    if node.operator in _TESTS:
        yield from (node.left, node.right)
    elif node.operator in _COMPARISONS:
        sides = (node.left, node.right)
        yield from (other for literal, other in (sides, sides[::-1]) if _is_text(literal))
    elif node.operator == "in" and _are_texts(node.right):
        yield node.left


def _unwrapped(node: tree.Node) -> tree.Node:
    return node.operand if isinstance(node, tree.Coerced) else node


def _are_texts(node: tree.Node) -> bool:
    return isinstance(node, tree.ListLiteral) and bool(node.items) and all(map(_is_text, node.items))


def _is_text(node: tree.Node) -> bool:
    """Whether it is a text literal that reads as no number: one that does may be meant as one."""
    return isinstance(node, tree.Literal) and isinstance(node.value, str) and number_in(node.value) is None
