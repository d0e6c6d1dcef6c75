"""What the expression library does to a checked tree before it runs, as far as it can be noticed.

Constants are folded (``x && true`` becomes ``x``, whatever x is), ``in`` a list of constant strings becomes a
look-up (which a number as a needle fails), and combinations of filters stop as early as they can. Each rule
takes a node and answers another, or None where it does not apply.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.errors import SyntaxFault
from rochallor_cli.dev_engine.expression.go_types import GoType
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.values.numbers import power, quotient, remainder, wrapped
from rochallor_cli.dev_engine.expression.values.operators import joined

Simplification = Callable[[tree.Node], tree.Node | None]
_CONSTANT_TYPES: Final[dict[type, GoType]] = {
    bool: t.BOOL,
    int: t.INT,
    float: t.FLOAT,
    str: t.STRING,
    list: t.LIST,
}


def simplified(node: tree.Node) -> tree.Node:
    """The tree as it will run. Raises ``SyntaxFault`` for ``5 % 0``."""
    for rule in RULES:
        node = rewritten(node, rule)
    return node


def rewritten(node: tree.Node, rule: Simplification) -> tree.Node:
    """The tree with a rule applied everywhere, from below; chains of operators without recursion."""
    first, spine = tree.left_spine(node)
    first.replace_children(lambda child: rewritten(child, rule))
    found = _applied(first, rule)
    for link in spine:
        if isinstance(link, tree.Binary):
            link.left, link.right = found, rewritten(link.right, rule)
        else:
            link.operand = found
        found = _applied(link, rule)
    return found


def _applied(node: tree.Node, rule: Simplification) -> tree.Node:
    found = rule(node)
    if found is None:
        return node
    found.at = node.at
    return found


def _constant(value: object) -> tree.Literal:
    node = tree.Literal(value)
    node.type = _CONSTANT_TYPES[type(value)]
    return node


def _value_of(node: tree.Node) -> object:
    """The value of a constant; None for anything else (nil is not folded)."""
    return node.value if isinstance(node, tree.Literal) else None


# --- rules -----------------------------------------------------------------------------------------


def look_up_strings(node: tree.Node) -> tree.Node | None:
    """``x in ["a", "b"]`` and, where x is an integer for sure, ``x in [1, 2]``."""
    if (
        not isinstance(node, tree.Binary)
        or node.operator != "in"
        or not isinstance(node.right, tree.ListLiteral)
    ):
        return None
    values = [_value_of(item) for item in node.right.items]
    if not values or not all(type(value) is str for value in values):
        return None
    container = tree.Literal(frozenset(values), at=node.right.at)
    container.type = t.MAP
    found = tree.Binary("in", node.left, container)
    found.type = t.BOOL
    return found


def fold(node: tree.Node) -> tree.Node | None:
    """Operations on constants, and on one constant truth value."""
    if isinstance(node, tree.Unary):
        return _folded_unary(node.operator, _value_of(node.operand))
    if isinstance(node, tree.Binary):
        if node.operator in ("and", "&&", "or", "||"):
            return _folded_logic(node)
        return _folded_binary(node)
    if isinstance(node, tree.ListLiteral) and node.items:
        values = [_value_of(item) for item in node.items]
        if all(type(value) in (int, float, str, bool) for value in values):
            return _constant(values)
    return _joined_filters(node)


def _folded_unary(operator: str, value: object) -> tree.Node | None:
    if operator in ("!", "not"):
        return _constant(not value) if isinstance(value, bool) else None
    if type(value) is int:
        return _constant(wrapped(-value) if operator == "-" else value)
    if type(value) is float:
        return _constant(-value if operator == "-" else value)
    return None


def _folded_logic(node: tree.Binary) -> tree.Node | None:
    decides = node.operator in ("or", "||")
    left, right = _value_of(node.left), _value_of(node.right)
    if left is (not decides):
        return node.right
    if right is (not decides):
        return node.left
    return _constant(decides) if left is decides or right is decides else None


def _folded_binary(node: tree.Binary) -> tree.Node | None:
    left, right = _value_of(node.left), _value_of(node.right)
    if type(left) is str and type(right) is str:
        if node.operator == "+":
            return _constant(joined(left, right))
        return _constant(left == right) if node.operator == "==" else None
    if type(left) is bool and type(right) is bool:
        return _constant(left == right) if node.operator == "==" else None
    if type(left) in (int, float) and type(right) in (int, float):
        return _folded_numbers(node, left, right)  # type: ignore[arg-type]
    return None


def _folded_numbers(node: tree.Binary, left: float, right: float) -> tree.Node | None:
    both_integers = type(left) is int and type(right) is int
    if node.operator in _FOLDED:
        result = _FOLDED[node.operator](left, right)
        return _constant(wrapped(int(result)) if both_integers else float(result))
    if node.operator == "/":
        return _constant(quotient(float(left), float(right)))
    if node.operator in ("**", "^"):
        return _constant(power(float(left), float(right)))
    if not both_integers:
        return None
    if node.operator == "%":
        if right == 0:
            raise SyntaxFault("integer divide by zero", node.at)
        return _constant(remainder(int(left), int(right)))
    return _constant(left == right) if node.operator == "==" else None


_FOLDED: Final[dict[str, Callable[[float, float], float]]] = {
    "+": lambda a, b: a + b if type(a) is type(b) else float(a) + float(b),
    "-": lambda a, b: a - b if type(a) is type(b) else float(a) - float(b),
    "*": lambda a, b: a * b if type(a) is type(b) else float(a) * float(b),
}


def _function(name: str, arguments: list[tree.Node], type_: GoType) -> tree.FunctionCall:
    node = tree.FunctionCall(name, arguments)
    node.type = type_
    return node


def _filter_in(node: tree.Node) -> tree.FunctionCall | None:
    if isinstance(node, tree.FunctionCall) and node.name == "filter":
        return node
    return None


def _joined_filters(node: tree.Node) -> tree.Node | None:
    """A filter of a filter asks both questions of each item."""
    outer = _filter_in(node)
    inner = _filter_in(outer.arguments[0]) if outer else None
    if outer is None or inner is None:
        return None
    predicate = _joined_predicates("&&", inner.arguments[1], outer.arguments[1])
    return _function("filter", [inner.arguments[0], predicate], outer.type)


def _joined_predicates(operator: str, first: tree.Node, second: tree.Node) -> tree.Node:
    assert isinstance(first, tree.Predicate)
    assert isinstance(second, tree.Predicate)
    body = tree.Binary(operator, first.body, second.body)
    body.type = t.BOOL
    return tree.Predicate(body)


def filter_and_map(node: tree.Node) -> tree.Node | None:
    """``map(filter(list, p), q)`` goes through the list once."""
    if not isinstance(node, tree.FunctionCall) or node.name != "map":
        return None
    inner, predicate = _filter_in(node.arguments[0]), node.arguments[1]
    uses_index = any(
        isinstance(found, tree.Pointer) and found.name == "index" for found in tree.walk(predicate)
    )
    if inner is None or inner.then is not None or uses_index:
        return None
    assert isinstance(predicate, tree.Predicate)
    found = _function("filter", inner.arguments, node.type)
    found.then = predicate.body
    return found


def count_of_filter(node: tree.Node) -> tree.Node | None:
    """``len(filter(…))`` counts."""
    if isinstance(node, tree.FunctionCall) and node.name == "len" and len(node.arguments) == 1:
        inner = _filter_in(node.arguments[0])
        return _function("count", inner.arguments, node.type) if inner else None
    return None


def find_in_filter(node: tree.Node) -> tree.Node | None:
    """``first(filter(…))`` and ``filter(…)[0]`` stop at the first, their counterparts at the last."""
    if isinstance(node, tree.FunctionCall) and node.name in _FINDERS and len(node.arguments) == 1:
        return _find(node.name, node.arguments[0], node, must_find=False)
    if isinstance(node, tree.Member) and not node.optional and type(_value_of(node.key)) is int:
        name = {0: "first", -1: "last"}.get(cast(int, _value_of(node.key)))
        return _find(name, node.owner, node, must_find=True) if name else None
    return None


_FINDERS: Final = {"first": "find", "last": "findLast"}


def _find(name: str, filtered: tree.Node, node: tree.Node, *, must_find: bool) -> tree.Node | None:
    inner = _filter_in(filtered)
    if inner is None:
        return None
    found = _function(_FINDERS[name], inner.arguments, node.type)
    found.then, found.must_find = inner.then, must_find
    return found


_COMBINED: Final = {
    ("all", "and"): "and", ("all", "&&"): "&&", ("any", "or"): "or", ("any", "||"): "||",
    ("none", "and"): "or", ("none", "&&"): "||",
}  # fmt: skip


def combined_predicates(node: tree.Node) -> tree.Node | None:
    """``any(list, p) || any(list, q)`` goes through the list once."""
    if not isinstance(node, tree.Binary):
        return None
    left, right = node.left, node.right
    if not isinstance(left, tree.FunctionCall) or not isinstance(right, tree.FunctionCall):
        return None
    operator = _COMBINED.get((left.name, node.operator))
    if operator is None or left.name != right.name or left.arguments[0] != right.arguments[0]:
        return None
    predicate = _joined_predicates(operator, left.arguments[1], right.arguments[1])
    return _function(left.name, [left.arguments[0], predicate], t.BOOL)


def sum_of_list(node: tree.Node) -> tree.Node | None:
    """``sum([a, b, c])`` is ``a + (b + c)``, and the sum of a constant range is a constant."""
    if not isinstance(node, tree.FunctionCall) or node.name != "sum" or len(node.arguments) != 1:
        return None
    inner = node.arguments[0]
    if isinstance(inner, tree.ListLiteral) and len(inner.items) >= 2:
        total = inner.items[-1]
        for item in reversed(inner.items[:-1]):
            total = tree.Binary("+", item, total)
            total.type = node.type
        return total
    if isinstance(inner, tree.Binary) and inner.operator == "..":
        low, high = _value_of(inner.left), _value_of(inner.right)
        if type(low) is int and type(high) is int and low <= high:
            return _constant(wrapped((high - low + 1) * (low + high) // 2))
    return None


def enough_counted(node: tree.Node) -> tree.Node | None:
    """``count(list, p) > 0`` stops at the first that counts; other bounds stop when they are reached."""
    if not isinstance(node, tree.Binary) or not isinstance(node.left, tree.FunctionCall):
        return None
    count, bound = node.left, _value_of(node.right)
    if count.name != "count" or len(count.arguments) != 2 or type(bound) is not int:
        return None
    if (node.operator, bound) in ((">", 0), (">=", 1)):
        return _function("any", count.arguments, t.BOOL)
    enough = bound + (node.operator in (">", "<="))
    if node.operator in (">", ">=", "<", "<=") and enough > 1:
        count.enough = enough
    return None


def range_test(node: tree.Node) -> tree.Node | None:
    """``n in 1..5`` compares, where n is an integer for sure and the bounds are constants."""
    if not isinstance(node, tree.Binary) or node.operator != "in" or node.left.type.kind != "int":
        return None
    bounds = node.right
    if not isinstance(bounds, tree.Binary) or bounds.operator != "..":
        return None
    if type(_value_of(bounds.left)) is not int or type(_value_of(bounds.right)) is not int:
        return None
    low, high = tree.Binary(">=", node.left, bounds.left), tree.Binary("<=", node.left, bounds.right)
    return tree.Binary("and", low, high)


RULES: Final[tuple[Simplification, ...]] = (
    look_up_strings,
    fold,
    range_test,
    filter_and_map,
    count_of_filter,
    find_in_filter,
    combined_predicates,
    sum_of_list,
    enough_counted,
)
"""In the library's order; each goes over the whole tree."""
