"""The expression language of decisions and transformations.

A work-alike of the expression library that the engine uses (expr-lang 1.17), with the engine's own rewriting
in front of it. ``docs/expressions.md`` explains it to authors of workflows.

The doors::

    evaluation.py         an expression compiled and evaluated, as the engine does it
    analysis.py           what an expression uses and what its author will trip over, without variables
    traps.py              the kinds of what authors trip over
    coercion_traps.py     what the conversion of operands does that was not meant
    text_uses.py          which operands are taken for texts
    conversions.py        which variables are converted, and to what
    exclusion.py          whether two conditions can hold together
    precedents.py         which of several conditions can never be come to
    comparisons.py        the one variable that a condition compares with literals
    contradictions.py     conditions that no value of a variable's type can meet
    constraints.py        what a comparison says about a term
    errors.py             what can go wrong
    limits.py             how far an expression may go
    meter.py              what the expressions of one event may cost together

From text to a tree::

    rewriting.py          text to text: ${x}, #x, 'x', contains(…)
    strings.py            quoted strings
    tokens.py             text to tokens
    token_stream.py       what a parser asks of them
    precedence.py         how tightly operators bind
    parser.py             tokens to a tree (the grammar is in its docstring)
    growth.py             the tree under the parser's hands, held to the limits
    tree.py               the tree

From a tree to a program::

    coercion.py           operands converted by their operator, for engines that do that
    checker.py            what cannot work for any variables
    go_types.py           what is known of a value's type
    operator_types.py     the types that operators take and give
    calls_check.py        whether arguments fit parameters
    simplification.py     constants folded, filters joined
    compiler.py           tree to program
    loop_compiler.py      the functions that evaluate a predicate for each item
    emitter.py            the program, written down

From a program to a value::

    machine.py            one instruction after the other
    run.py                the state of one evaluation
    instructions.py       what the machine can do
    loop_instructions.py  what it can do inside loops
    operators.py          the operators on values
    members.py            looking into values
    calls.py              calling a value
    methods.py            the methods of times, durations, months, weekdays and zones
    functions/            all functions that take no predicate
    patterns/             regular expressions that cannot run for ever
    sorting.py            the order of values

Values::

    values.py             what they are while an expression is evaluated
    numbers.py            64-bit integers that wrap, doubles
    times.py              points in time, durations and zones
    time_layouts.py       times as text and back
    formatting.py         values as text (``%v``)
    sizes.py              how much a value amounts to
    results.py            value to JSON
"""

from rochallor_cli.dev_engine.expression.analysis import Analysis, analyse
from rochallor_cli.dev_engine.expression.coercion_traps import coercion_traps
from rochallor_cli.dev_engine.expression.comparisons import Compared, compared
from rochallor_cli.dev_engine.expression.contradictions import VariableType, contradicted_by
from rochallor_cli.dev_engine.expression.conversions import Conversion, conversions, rewritten_text
from rochallor_cli.dev_engine.expression.errors import (
    ExpressionError,
    NotBooleanError,
    TooCostly,
    UnrepresentableResult,
)
from rochallor_cli.dev_engine.expression.evaluation import (
    CompiledExpression,
    compile_expression,
    evaluate,
    evaluate_condition,
    evaluate_test,
    evaluate_transformation,
    evaluate_value,
)
from rochallor_cli.dev_engine.expression.exclusion import (
    Comparison,
    Relation,
    compare_conditions,
    compare_conjunctions,
    value_with,
    witness_text,
)
from rochallor_cli.dev_engine.expression.formatting import value_text
from rochallor_cli.dev_engine.expression.meter import charge_step, metered
from rochallor_cli.dev_engine.expression.precedents import Coverage, coverage
from rochallor_cli.dev_engine.expression.rewriting import inner_source, is_expression, rewrite
from rochallor_cli.dev_engine.expression.traps import Finding, Trap
from rochallor_cli.dev_engine.expression.values import go_type_of

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
