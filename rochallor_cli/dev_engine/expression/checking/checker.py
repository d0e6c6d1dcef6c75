"""The check before evaluation: what cannot work for any variables is a fault, even where it is never reached.

Variables are of unknown type and fit everywhere; literals, functions and what is computed from them do not.
A bare name that is also a function of the language is taken for the function, which is why a variable
``count`` cannot be added to. The check writes each node's type into the tree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.checking.calls_check import arguments_checked
from rochallor_cli.dev_engine.expression.checking.operator_types import type_of_binary, type_of_unary
from rochallor_cli.dev_engine.expression.errors import Fault, SyntaxFault
from rochallor_cli.dev_engine.expression.functions.names import FUNCTION_NAMES
from rochallor_cli.dev_engine.expression.functions.signatures import CHECKS, OVERLOADS, type_of_function
from rochallor_cli.dev_engine.expression.go_types import GoType, function, list_of
from rochallor_cli.dev_engine.expression.patterns import compile_pattern
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.values.methods import METHODS


def check(node: tree.Node) -> GoType:
    """Type the tree. Raises ``SyntaxFault`` at the first node that cannot work."""
    return _Checker().visit(node)


@dataclass(slots=True)
class _Scope:
    """What ``#`` and its companions mean inside a predicate."""

    collection: GoType
    pointers: dict[str, GoType]


class _Checker:
    def __init__(self) -> None:
        self.scopes: list[_Scope] = []
        self.declared: list[tuple[str, GoType]] = []

    def visit(self, node: tree.Node) -> GoType:
        """Type a node; a chain of operators is gone down without recursion, it may be long."""
        first, spine = tree.left_spine(node)
        found = first.type = _VISITORS[type(first)](self, first)
        for link in spine:
            if isinstance(link, tree.Binary):
                found = self._binary(link, found, self.visit(link.right))
            else:
                found = t.UNKNOWN
            link.type = found
        return found

    def _binary(self, node: tree.Binary, left: GoType, right: GoType) -> GoType:
        if (
            node.operator == "matches"
            and isinstance(node.right, tree.Literal)
            and isinstance(node.right.value, str)
        ):
            self._guarded(node, compile_pattern, node.right.value)
        return self._guarded(
            node, type_of_binary, node.operator, _behind_pointer(left), _behind_pointer(right)
        )

    @staticmethod
    def _guarded(node: tree.Node, call: Callable[..., GoType | object], *arguments: object) -> GoType:
        try:
            return call(*arguments)  # type: ignore[return-value]
        except SyntaxFault:
            raise
        except Fault as fault:
            raise SyntaxFault(fault.message, node.at) from None

    # --- names and literals ------------------------------------------------------------------------

    def nil(self, _node: tree.Nil) -> GoType:
        return t.NIL

    def identifier(self, node: tree.Identifier) -> GoType:
        for name, type_ in reversed(self.declared):
            if name == node.name:
                return type_
        return type_of_function(node.name) if node.name in FUNCTION_NAMES else t.UNKNOWN

    def literal(self, node: tree.Literal) -> GoType:
        return _LITERAL_TYPES[type(node.value)]

    def unary(self, node: tree.Unary) -> GoType:
        operand = _behind_pointer(self.visit(node.operand))
        return self._guarded(node, type_of_unary, node.operator, operand)

    def chain(self, node: tree.Chain) -> GoType:
        return self.visit(node.inner)

    # --- members -----------------------------------------------------------------------------------

    def member(self, node: tree.Member) -> GoType:
        owner, key = self.visit(node.owner), self.visit(node.key)
        if owner.is_unknown:
            return t.UNKNOWN
        name = (
            node.key.value if isinstance(node.key, tree.Literal) and isinstance(node.key.value, str) else None
        )
        if name is not None:
            if owner.is_nil:
                raise SyntaxFault(f"type nil has no field {name}", node.at)
            if method := METHODS.get(owner.name, {}).get(name):
                return method.type
        owner = _behind_pointer(owner)
        if owner.kind == "map":
            return self._map_member(node, owner, key)
        if owner.is_list:
            if not key.is_integer and not key.is_unknown:
                message = f"array elements can only be selected using an integer (got {key.name})"
                raise SyntaxFault(message, node.key.at)
            return owner.item or t.ANY
        if name is None:
            raise SyntaxFault(f"type {owner.name}[{key.name}] is undefined", node.at)
        kind = "method" if node.called else "field"
        raise SyntaxFault(f"type {owner.name} has no {kind} {name}", node.at)

    def _map_member(self, node: tree.Member, owner: GoType, key: GoType) -> GoType:
        if not key.fits(owner.key or t.ANY) and not key.is_unknown:
            message = f"cannot use {key.name} to get an element from {owner.name}"
            raise SyntaxFault(message, node.key.at)
        return owner.item or t.ANY

    def slice(self, node: tree.Slice) -> GoType:
        owner = self.visit(node.owner)
        if owner.is_unknown:
            return t.UNKNOWN
        if not owner.is_list and owner.kind != "string":
            raise SyntaxFault(f"cannot slice {owner.name}", node.at)
        for bound in (node.low, node.high):
            if bound is not None:
                found = self.visit(bound)
                if not found.is_integer and not found.is_unknown:
                    raise SyntaxFault(f"non-integer slice index {found.name}", bound.at)
        return owner

    # --- calls -------------------------------------------------------------------------------------

    def call(self, node: tree.Call) -> GoType:
        callee = self.visit(node.callee)
        if callee.is_unknown:
            return t.UNKNOWN
        if callee.kind != "func":
            raise SyntaxFault(f"{callee.name} is not callable", node.at)
        name = "function"
        if isinstance(node.callee, tree.Member) and isinstance(node.callee.key, tree.Literal):
            name = str(node.callee.key.value)
        return arguments_checked(name, callee, node.arguments, at=node.at, visit=self.visit)

    def function(self, node: tree.FunctionCall) -> GoType:
        if node.name in _PREDICATE_CHECKS:
            return self._with_predicate(node)
        if node.name == "get":
            return self._get(node)
        if node.name in CHECKS:
            found = [self.visit(argument) for argument in node.arguments]
            return self._guarded(node, CHECKS[node.name], found)
        return self._overloaded(node)

    def _overloaded(self, node: tree.FunctionCall) -> GoType:
        last: SyntaxFault | None = None
        for overload in OVERLOADS[node.name]:
            try:
                return arguments_checked(node.name, overload, node.arguments, at=node.at, visit=self.visit)
            except SyntaxFault as fault:
                last = fault
        assert last is not None, "every function has an overload"
        raise last

    def _get(self, node: tree.FunctionCall) -> GoType:
        if len(node.arguments) != 2:
            raise SyntaxFault(f"invalid number of arguments (expected 2, got {len(node.arguments)})", node.at)
        owner, key = map(self.visit, node.arguments)
        if owner.is_unknown:
            return t.UNKNOWN
        if owner.is_list:
            if not key.is_integer and not key.is_unknown:
                raise SyntaxFault(f"non-integer slice index {key.name}", node.arguments[1].at)
            return owner.item or t.ANY
        if owner.kind == "map":
            if not key.fits(owner.key or t.ANY) and not key.is_unknown:
                message = f"cannot use {key.name} to get an element from {owner.name}"
                raise SyntaxFault(message, node.arguments[1].at)
            return owner.item or t.ANY
        raise SyntaxFault(f"type {owner.name} does not support indexing", node.arguments[0].at)

    # --- predicates --------------------------------------------------------------------------------

    def _with_predicate(self, node: tree.FunctionCall) -> GoType:
        collection = _behind_pointer(self.visit(node.arguments[0]))
        if not collection.is_list and not collection.is_unknown:
            message = f"builtin {node.name} takes only array (got {collection.name})"
            raise SyntaxFault(message, node.arguments[0].at)
        if len(node.arguments) == 1:
            return t.INT if node.name == "count" else _item_of(collection)
        pointers, wants_test, result = _PREDICATE_CHECKS[node.name]
        self.scopes.append(_Scope(collection, pointers))
        found = self.visit(node.arguments[1])
        self.scopes.pop()
        for extra in node.arguments[2:]:
            order = self.visit(extra)
            if node.name == "sortBy" and order.kind != "string" and not order.is_unknown:
                raise SyntaxFault(f"sortBy order argument must be a string (got {order.name})", extra.at)
        if found.results == ():
            inputs = "two input" if node.name == "reduce" else "one input"
            raise SyntaxFault(f"predicate should has {inputs} and one output param", node.arguments[1].at)
        output = found.results[0]
        if wants_test and output.kind != "bool" and not output.is_unknown:
            raise SyntaxFault(f"predicate should return boolean (got {output.name})", node.arguments[1].at)
        return result(collection, output)

    def predicate(self, node: tree.Predicate) -> GoType:
        found = self.visit(node.body)
        if found.is_nil:
            return function(t.ANY, results=())
        return function(t.ANY, results=(t.ANY if found.is_unknown else found,))

    def pointer(self, node: tree.Pointer) -> GoType:
        if not self.scopes:
            raise SyntaxFault("cannot use pointer accessor outside predicate", node.at)
        scope = self.scopes[-1]
        if not node.name:
            return _item_of(scope.collection)
        if node.name not in scope.pointers:
            raise SyntaxFault(f"unknown pointer #{node.name}", node.at)
        return scope.pointers[node.name]

    # --- the rest ----------------------------------------------------------------------------------

    def declaration(self, node: tree.Declaration) -> GoType:
        if node.name in FUNCTION_NAMES:
            raise SyntaxFault(f"cannot redeclare builtin {node.name}", node.at)
        if any(name == node.name for name, _ in self.declared):
            raise SyntaxFault(f"cannot redeclare variable {node.name}", node.at)
        value = self.visit(node.value)
        self.declared.append((node.name, value))
        found = self.visit(node.body)
        self.declared.pop()
        return found

    def sequence(self, node: tree.Sequence) -> GoType:
        return [self.visit(part) for part in node.parts][-1]

    def conditional(self, node: tree.Conditional) -> GoType:
        condition = _behind_pointer(self.visit(node.condition))
        if condition.kind != "bool" and not condition.is_unknown:
            message = f"non-bool expression (type {condition.name}) used as condition"
            raise SyntaxFault(message, node.condition.at)
        yes, no = self.visit(node.yes), self.visit(node.no)
        if yes.is_nil or no.is_nil:
            return no if yes.is_nil else yes
        if not yes.fits(no):
            return t.UNKNOWN
        if yes.is_list and no.is_list:
            first, second = _item_of(yes), _item_of(no)
            return yes if first.fits(second) and second.fits(first) else t.LIST
        return yes

    def list(self, node: tree.ListLiteral) -> GoType:
        found = [self.visit(item) for item in node.items]
        if not found:
            return list_of(t.UNKNOWN)
        kinds = {"unknown" if item.is_nil else item.kind for item in found}
        return list_of(found[-1]) if len(kinds) == 1 else t.LIST

    def map(self, node: tree.MapLiteral) -> GoType:
        for key, value in node.pairs:
            self.visit(key)
            self.visit(value)
        return t.MAP


def _behind_pointer(type_: GoType) -> GoType:
    return t.LOCATION_VALUE if type_.name == t.LOCATION.name else type_


def _item_of(collection: GoType) -> GoType:
    return t.UNKNOWN if collection.is_unknown else collection.item or t.ANY


_LITERAL_TYPES: Final = {bool: t.BOOL, int: t.INT, float: t.FLOAT, str: t.STRING, bytes: t.BYTES}

_Result = Callable[[GoType, GoType], GoType]


def _always(type_: GoType) -> _Result:
    return lambda _collection, _output: type_


_PREDICATE_CHECKS: Final[dict[str, tuple[dict[str, GoType], bool, _Result]]] = {
    **dict.fromkeys(("all", "none", "any", "one"), ({}, True, _always(t.BOOL))),
    "filter": (
        {},
        True,
        lambda collection, _: t.LIST if collection.is_unknown else list_of(_item_of(collection)),
    ),
    "map": ({"index": t.INT}, False, lambda _, output: list_of(output)),
    "count": ({}, True, _always(t.INT)),
    "sum": ({}, False, lambda _, output: output),
    **dict.fromkeys(("find", "findLast"), ({}, True, lambda collection, _: _item_of(collection))),
    **dict.fromkeys(("findIndex", "findLastIndex"), ({}, True, _always(t.INT))),
    "groupBy": ({}, False, _always(t.GROUPS)),
    "sortBy": ({}, False, lambda collection, _: collection),
    "reduce": ({"index": t.INT, "acc": t.UNKNOWN}, False, lambda _, output: output),
}
"""By function: the pointers besides ``#``, whether the predicate has to be a test, and what comes out."""

_VISITORS: Final[dict[type[tree.Node], Callable[..., GoType]]] = {
    tree.Nil: _Checker.nil,
    tree.Identifier: _Checker.identifier,
    tree.Literal: _Checker.literal,
    tree.Unary: _Checker.unary,
    tree.Chain: _Checker.chain,
    tree.Member: _Checker.member,
    tree.Slice: _Checker.slice,
    tree.Call: _Checker.call,
    tree.FunctionCall: _Checker.function,
    tree.Predicate: _Checker.predicate,
    tree.Pointer: _Checker.pointer,
    tree.Declaration: _Checker.declaration,
    tree.Sequence: _Checker.sequence,
    tree.Conditional: _Checker.conditional,
    tree.ListLiteral: _Checker.list,
    tree.MapLiteral: _Checker.map,
}
