"""Evaluating expressions the way the engine's decisions and transformations do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.checking.checker import check
from rochallor_cli.dev_engine.expression.checking.coercion import coerced
from rochallor_cli.dev_engine.expression.errors import (
    ExpressionError,
    Fault,
    NotBooleanError,
    SyntaxFault,
    located,
)
from rochallor_cli.dev_engine.expression.event_budget import charge_reading
from rochallor_cli.dev_engine.expression.go_types import function
from rochallor_cli.dev_engine.expression.limits import COMPILED_EXPRESSIONS
from rochallor_cli.dev_engine.expression.program.compiler import Program, compile_tree
from rochallor_cli.dev_engine.expression.program.machine import run_program
from rochallor_cli.dev_engine.expression.program.simplification import simplified
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import inner_source, rewrite
from rochallor_cli.dev_engine.expression.values.members import length
from rochallor_cli.dev_engine.expression.values.results import json_value
from rochallor_cli.dev_engine.expression.values.values import Function, go_type_of
from rochallor_cli.dev_engine.go_text import quoted

# The engine puts a function of its own among the variables; a variable of that name hides it.
_OWN_FUNCTIONS: Final = {"len": Function("len", function(t.ANY, results=(t.INT,)), length)}
_TOO_DEEP: Final = "the expression or a value in it is nested too deeply"


@dataclass(frozen=True, slots=True)
class CompiledExpression:
    """An expression that has been read. ``fault`` is what is wrong with it, were all variables there."""

    source: str
    names: tuple[str, ...]
    """Variables in the order of the tree, each as often as it occurs."""
    program: Program | None
    fault: str

    def evaluate(self, variables: Mapping[str, object], *, now: datetime) -> object:
        """The value as the machine has it (see ``values``). Raises ``ExpressionError``."""
        for name in self.names:
            if name not in variables and name not in _OWN_FUNCTIONS:
                raise self._error(f"undefined variable {quoted(name)}")
        if self.program is None:
            raise self._error(self.fault)
        if "len" in self.names and "len" not in variables:
            variables = {**_OWN_FUNCTIONS, **variables}
        try:
            return run_program(self.program, variables, now)
        except SyntaxFault as fault:
            raise self._error(located(fault.message, self.program.text, fault.at)) from None
        except RecursionError:
            raise self._error(_TOO_DEEP) from None

    def _error(self, message: str) -> ExpressionError:
        return ExpressionError(f"expression {quoted(self.source)}: {message}")


@lru_cache(maxsize=COMPILED_EXPRESSIONS)
def compile_expression(source: str, coercion: bool = False) -> CompiledExpression:
    """Read an expression, once: the answer is kept. Raises nothing but TooCostly; what is wrong shows on evaluation.

    coercion: whether operands are converted by their operator, as newer engines do.
    """
    charge_reading(len(source))
    try:
        text = rewrite(source)
    except Fault as fault:
        return CompiledExpression(source, (), None, fault.message)
    try:
        root = parse(text)
    except SyntaxFault as fault:
        return CompiledExpression(source, (), None, located(fault.message, text, fault.at))
    except RecursionError:
        return CompiledExpression(source, (), None, _TOO_DEEP)
    names = tuple(node.name for node in tree.walk(root) if isinstance(node, tree.Identifier))
    try:
        if coercion:
            root = coerced(root)
        check(root)
        return CompiledExpression(source, names, compile_tree(simplified(root), text), "")
    except SyntaxFault as fault:
        return CompiledExpression(source, names, None, located(fault.message, text, fault.at))
    except RecursionError:
        return CompiledExpression(source, names, None, _TOO_DEEP)


def evaluate(
    source: str, variables: Mapping[str, object], *, now: datetime, coercion: bool = False
) -> object:
    """The value of an expression as JSON: numbers of variables are doubles, integers come from literals.

    ``now`` has a time zone. Raises ``ExpressionError``, and ``UnrepresentableResult`` for a value that JSON
    cannot hold.
    """
    value = compile_expression(source, coercion).evaluate(variables, now=now)
    try:
        return json_value(value)
    except Fault as fault:
        raise ExpressionError(f"expression {quoted(source)}: {fault.message}") from None


def evaluate_test(
    source: str, variables: Mapping[str, object], *, now: datetime, coercion: bool = False
) -> bool:
    """Whether an expression holds. Raises ``ExpressionError``; ``NotBooleanError`` where it is no truth value."""
    value = compile_expression(source, coercion).evaluate(variables, now=now)
    if value is True or value is False:
        return bool(value)
    go_type = go_type_of(value)
    raise NotBooleanError(f"expression {quoted(source)}: result is {go_type}, not bool", go_type)


def evaluate_condition(
    source: str, variables: Mapping[str, object], *, now: datetime, coercion: bool = False
) -> bool:
    """Whether a branch's condition holds.

    Raises ``ExpressionError`` with the text that the engine gives as the reason of the failure.
    """
    try:
        return evaluate_test(source, variables, now=now, coercion=coercion)
    except NotBooleanError:
        raise
    except ExpressionError as error:
        raise ExpressionError(f"expression eval error: {error.text}") from None


def evaluate_value(
    text: str, variables: Mapping[str, object], *, now: datetime, coercion: bool = False
) -> object:
    """What ``${…}`` gives; ``text`` is the whole, marks included. ``${now()}`` is the time in UTC with seconds.

    Raises ``ExpressionError``, and ``UnrepresentableResult`` for a value that JSON cannot hold.
    """
    source = inner_source(text)
    if source == "now()":
        return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return evaluate(source, variables, now=now, coercion=coercion)


def evaluate_transformation(
    name: str, text: str, variables: Mapping[str, object], *, now: datetime, coercion: bool = False
) -> object:
    """As ``evaluate_value``, for the variable ``name`` of a transformation.

    Raises ``ExpressionError`` with the text that the engine gives as the reason of the failure.
    """
    try:
        return evaluate_value(text, variables, now=now, coercion=coercion)
    except ExpressionError as error:
        raise ExpressionError(f"transformation {quoted(name)}: expression eval: {error.text}") from None
