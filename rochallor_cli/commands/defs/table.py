"""`rochallor defs table`: one decision table, evaluated as the engine does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, variables_from
from rochallor_cli.documents.reading import read_document
from rochallor_cli.errors import InvalidDocumentError, NotFoundError, did_you_mean
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.dev_engine import EngineRules
    from rochallor_cli.dev_engine.bench import TriedRule, TriedTable

app = typer.Typer()


@command(
    app,
    "table",
    examples=(
        "rochallor defs table flow.yaml rate --var amount=5",
        "rochallor defs table flow.yaml rate --vars @variables.json -o json",
    ),
)
def table(
    context: Context,
    file: Annotated[str, typer.Argument(help="The definition's file, or - .")],
    step: Annotated[str, typer.Argument(help="The id of its DECISION_TABLE.")],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
) -> int:
    """Evaluate a decision table without an engine: which rules hold, and why others do not.

    Exit status 3 where the step would fail.
    """
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.dev_engine.bench import try_table

    given = variables_from(context, var=var, text=text, whole=variables)
    rules = engine_rules(context.offline_version().assumed, coercion=not context.settings.no_coercion)
    found = _step(context, file, step, rules)
    tried = try_table(found, given, rules, now=context.environment.now())
    if context.printer.for_people:
        _show(context, tried)
    else:
        context.printer.document(_row(tried))
    return ExitStatus.INVALID if tried.trouble else ExitStatus.DONE


def _step(context: Context, file: str, step_id: str, rules: EngineRules) -> Any:
    from rochallor_cli.definitions.linting import Assumed, placed_lines, refusals
    from rochallor_cli.dev_engine.explore import definition_from_document

    document = read_document(file, context.environment.stdin)
    if refused := refusals(document, Assumed(rules)):
        raise InvalidDocumentError(placed_lines(refused)[0], hint="rochallor defs lint says all of them")
    definition = definition_from_document(document.value, rules)
    tables = [step.id for step in definition.steps if step.decision_table is not None]
    if step_id not in tables:
        hint = did_you_mean(step_id, tables) or f"there are {', '.join(tables) or 'none'}"
        raise NotFoundError(f"{document.source}: no decision table {step_id!r}", hint=hint)
    return definition.step(step_id)


def _row(tried: TriedTable) -> dict[str, Any]:
    return {
        "hitPolicy": tried.policy,
        "rules": [
            {
                "rule": number,
                "holds": rule.holds,
                "cells": [
                    {
                        "column": cell.column,
                        "expression": cell.source,
                        "holds": cell.holds,
                        "error": cell.trouble or None,
                    }
                    for cell in rule.cells
                ],
            }
            for number, rule in enumerate(tried.rules)
        ],
        "outputs": dict(tried.outputs),
        "error": tried.trouble or None,
    }


def _show(context: Context, tried: TriedTable) -> None:
    printer = context.printer
    for number, rule in enumerate(tried.rules):
        printer.line(f"rule {number}  {_verdict_text(rule)}")
    if tried.trouble:
        printer.line(f"{tried.policy} fails  {tried.trouble}")
        return
    for name, value in tried.outputs.items():
        printer.line(f"{tried.policy} sets   {name} = {printer.json_text(value, indent=None)}")


def _verdict_text(rule: TriedRule) -> str:
    failing = [cell for cell in rule.cells if not cell.holds]
    if not failing:
        return "holds"
    return "no:  " + "; ".join(
        f"{cell.column}: {cell.source}" + (f" ({cell.trouble})" if cell.trouble else "") for cell in failing
    )
