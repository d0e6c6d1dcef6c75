"""The expression language of decisions and transformations.

A work-alike of the expression library that the engine uses (expr-lang 1.17), with the engine's own rewriting
in front of it. ``docs/expressions.md`` explains it to authors of workflows.

An evaluation goes through these stages, a module each::

    rewriting       text to text: ${x}, #x, 'x', contains(…)
    tokens, parser  text to tree (the grammar is in parser's docstring)
    coercion        operands converted by their operator, for engines that do that
    checker         what cannot work for any variables
    simplification  constants folded, filters joined
    compiler        tree to program
    machine         program and variables to a value
    results         value to JSON

Without variables, ``analysis`` says what an expression uses and what is wrong with it, ``exclusion`` whether
two conditions can hold together.
"""

from rochallor_cli.dev_engine.expression.analysis import Analysis, Finding, Trap, analyse
from rochallor_cli.dev_engine.expression.errors import (
    ExpressionError,
    NotBooleanError,
    UnrepresentableResult,
)
from rochallor_cli.dev_engine.expression.evaluation import (
    CompiledExpression,
    compile_expression,
    evaluate,
    evaluate_condition,
    evaluate_transformation,
)
from rochallor_cli.dev_engine.expression.exclusion import (
    Relation,
    Verdict,
    compare_conditions,
    shown_witness,
)
from rochallor_cli.dev_engine.expression.rewriting import inner_source, is_expression, rewrite

__all__ = [
    "Analysis",
    "CompiledExpression",
    "ExpressionError",
    "Finding",
    "NotBooleanError",
    "Relation",
    "Trap",
    "UnrepresentableResult",
    "Verdict",
    "analyse",
    "compare_conditions",
    "compile_expression",
    "evaluate",
    "evaluate_condition",
    "evaluate_transformation",
    "inner_source",
    "is_expression",
    "rewrite",
    "shown_witness",
]
