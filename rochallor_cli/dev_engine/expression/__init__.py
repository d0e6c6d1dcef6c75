"""The expression language of decisions and transformations.

A work-alike of the expression library that the engine uses (expr-lang 1.17), with the engine's own rewriting
in front of it. ``docs/expressions.md`` explains it to authors of workflows.

evaluation.py        an expression compiled and evaluated, as the engine does it
analysis/            what can be said of expressions without any variables: traps, overlaps, what is never come to

syntax/              text to a tree
checking/            what cannot work for any variables
program/             a tree to a program, and the machine that runs it
functions/           all functions that take no predicate
values/              what values are, and what can be done with them
patterns/            regular expressions that cannot run for ever

evaluation_state.py  the state of one evaluation: its stack, its loops, what it has used up
event_budget.py      what the expressions of one event may cost together
limits.py            how far an expression may go
go_types.py          what is known of a value's type before evaluation
errors.py            what can go wrong
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rochallor_cli.dev_engine.expression.errors import (
    ExpressionError,
    NotBooleanError,
    TooCostly,
    UnrepresentableResult,
)
from rochallor_cli.dev_engine.expression.event_budget import charge_step, metered
from rochallor_cli.dev_engine.expression.syntax.rewriting import inner_source, is_expression, rewrite

if TYPE_CHECKING:
    from rochallor_cli.dev_engine.expression.analysis.analysis import Analysis, analyse
    from rochallor_cli.dev_engine.expression.analysis.coercion_traps import coercion_traps
    from rochallor_cli.dev_engine.expression.analysis.comparisons import Compared, compared
    from rochallor_cli.dev_engine.expression.analysis.contradictions import VariableType, contradicted_by
    from rochallor_cli.dev_engine.expression.analysis.conversions import (
        Conversion,
        conversions,
        rewritten_text,
    )
    from rochallor_cli.dev_engine.expression.analysis.overlaps import (
        Comparison,
        Relation,
        compare_conditions,
        compare_conjunctions,
        value_with,
        witness_text,
    )
    from rochallor_cli.dev_engine.expression.analysis.traps import Finding, Trap
    from rochallor_cli.dev_engine.expression.analysis.unreachable_conditions import Coverage, coverage
    from rochallor_cli.dev_engine.expression.evaluation import (
        CompiledExpression,
        compile_expression,
        evaluate,
        evaluate_condition,
        evaluate_test,
        evaluate_transformation,
        evaluate_value,
    )
    from rochallor_cli.dev_engine.expression.values.formatting import value_text
    from rochallor_cli.dev_engine.expression.values.values import go_type_of

# What reads and evaluates expressions is loaded when one is met: `instances get` mostly meets none.
_LATER = {
    "analysis.analysis": "Analysis analyse",
    "analysis.coercion_traps": "coercion_traps",
    "analysis.comparisons": "Compared compared",
    "analysis.contradictions": "VariableType contradicted_by",
    "analysis.conversions": "Conversion conversions rewritten_text",
    "analysis.overlaps": "Comparison Relation compare_conditions compare_conjunctions value_with witness_text",
    "analysis.traps": "Finding Trap",
    "analysis.unreachable_conditions": "Coverage coverage",
    "evaluation": "CompiledExpression compile_expression evaluate evaluate_condition evaluate_test"
    " evaluate_transformation evaluate_value",
    "values.formatting": "value_text",
    "values.values": "go_type_of",
}
_PLACES = {name: module for module, names in _LATER.items() for name in names.split()}

__all__ = [
    "Analysis",
    "Compared",
    "Comparison",
    "CompiledExpression",
    "Conversion",
    "Coverage",
    "ExpressionError",
    "Finding",
    "NotBooleanError",
    "Relation",
    "TooCostly",
    "Trap",
    "UnrepresentableResult",
    "VariableType",
    "analyse",
    "charge_step",
    "coercion_traps",
    "compare_conditions",
    "compare_conjunctions",
    "compared",
    "compile_expression",
    "contradicted_by",
    "conversions",
    "coverage",
    "evaluate",
    "evaluate_condition",
    "evaluate_test",
    "evaluate_transformation",
    "evaluate_value",
    "go_type_of",
    "inner_source",
    "is_expression",
    "metered",
    "rewrite",
    "rewritten_text",
    "value_text",
    "value_with",
    "witness_text",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
    # Found without this function from now on.
    globals()[name] = value
    return value
