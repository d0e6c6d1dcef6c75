"""What newer engines do to operands: they are converted by their operator, unless they are literals.

The engine puts a call around each operand before the expression is checked. So the check no longer knows an
operand's type, and a fault of the conversion is reported at the very beginning of the expression.
"""

from __future__ import annotations

from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.tree import Coercion
from rochallor_cli.dev_engine.expression.values.formatting import value_text
from rochallor_cli.dev_engine.expression.values.numbers import float_of_text
from rochallor_cli.dev_engine.expression.values.operators import is_number
from rochallor_cli.dev_engine.expression.values.strings import bytes_of, text_of
from rochallor_cli.dev_engine.expression.values.values import go_type_of
from rochallor_cli.dev_engine.go_text import quoted

COERCIONS: Final[dict[str, Coercion]] = {
    **dict.fromkeys(("<", "<=", ">", ">=", "+", "-", "*", "/"), Coercion.NUMBER),
    **dict.fromkeys(("==", "!="), Coercion.NUMBER_OR_SAME),
    **dict.fromkeys(("&&", "||", "and", "or"), Coercion.BOOLEAN),
}
"""By operator between two operands; the others take theirs as they are."""

_NEGATIONS: Final = ("!", "not")
_LITERALS: Final = (tree.Literal, tree.Nil)
_LONGEST_SHOWN: Final = 64
_TRUTHS: Final = {"true": True, "false": False}


def coerced(root: tree.Node) -> tree.Node:
    """The tree with its operands wrapped, in place."""
    for node in tree.walk(root):
        if isinstance(node, tree.Binary) and (to := COERCIONS.get(node.operator)):
            node.left, node.right = _wrapped(node.left, to), _wrapped(node.right, to)
        elif isinstance(node, tree.Unary) and node.operator in _NEGATIONS:
            node.operand = _wrapped(node.operand, Coercion.BOOLEAN)
    return root


def _wrapped(node: tree.Node, to: Coercion) -> tree.Node:
    return node if isinstance(node, _LITERALS) else tree.Coerced(node, to)


def to_number(value: object) -> object:
    """A number as it is, a text that reads as one as a double. Raises ``Fault`` for anything else."""
    if is_number(value):
        return value
    if type(value) is str and (found := number_in(value)) is not None:
        return found
    raise _refused(value, "number")


def to_boolean(value: object) -> bool:
    """A truth value, or the text of one in any case. Raises ``Fault`` for anything else."""
    if value is True or value is False:
        return bool(value)
    if type(value) is str and (found := _TRUTHS.get(value.lower())) is not None:
        return found
    raise _refused(value, "bool")


def to_number_or_same(value: object) -> object:
    """A text that reads as a number as a double, everything else as it is."""
    found = number_in(value) if type(value) is str else None
    return value if found is None else found


def number_in(text: str) -> float | None:
    """The number that a text reads as, as Go's ParseFloat does; None where it reads as none."""
    try:
        return float_of_text(text)
    except Fault:
        return None


def _refused(value: object, wanted: str) -> Fault:
    if type(value) is str:
        return Fault(f"cannot coerce value {quoted(_cut(value))} to {wanted}")
    return Fault(f"cannot coerce value {_cut(value_text(value))} (type {go_type_of(value)}) to {wanted}")


def _cut(text: str) -> str:
    data = bytes_of(text)
    return text if len(data) <= _LONGEST_SHOWN else text_of(data[:_LONGEST_SHOWN]) + "…"
