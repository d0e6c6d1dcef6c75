"""`rochallor defs table`: one decision table, evaluated as the engine does it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, variables_from
from rochallor_cli.definitions.files import read_definition
from rochallor_cli.definitions.finding import steps_of
from rochallor_cli.documents.reading import read_text
from rochallor_cli.errors import (
    InvalidDocumentError,
    NotFoundError,
    NotKnownError,
    UsageError,
    did_you_mean,
)
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.dev_engine import EngineRules
    from rochallor_cli.dev_engine.bench import TriedRule, TriedTable

app = typer.Typer()


@command(
    app,
    "table",
    has_names=False,
    examples=(
        "rochallor defs table flow.yaml rate --var amount=5",
        "rochallor defs table flow.yaml rate --vars @variables.json -o json",
        "rochallor defs table export flow.yaml rate > rate.csv",
        "rochallor defs table import rate.csv flow.yaml rate",
    ),
)
def table(
    context: Context,
    *,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE STEP | export FILE STEP | import CSV [FILE STEP]",
            help="The definition's file (or -) and the id of its DECISION_TABLE; or the CSV of one.",
        ),
    ],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
) -> int:
    """Evaluate a decision table without an engine: which rules hold, and why others do not.

    Exit status 3 where the step would fail, or may. `export` prints a table as CSV for spreadsheets, or with -o json
    its step. `import` prints the step of such a CSV, or the step of FILE with the rules of the CSV: hit policy in the
    corner, columns `when NAME` and `output NAME`, blank conditions hold always. A round trip loses nothing.
    """
    action, *rest = words
    if action in ("export", "import"):
        if var or text or variables:
            raise UsageError(f"`defs table {action}` takes no variables")
        return _exported(context, rest) if action == "export" else _imported(context, rest)
    if len(words) != 2:
        raise UsageError("name a file and a step, as in: rochallor defs table flow.yaml rate")
    return _evaluated(
        context, words[0], step=words[1], given=variables_from(context, var=var, text=text, whole=variables)
    )


def _exported(context: Context, words: list[str]) -> int:
    from rochallor_cli.definitions.table_csv import csv_from_step

    if len(words) != 2:
        raise UsageError("name a file and a step, as in: rochallor defs table export flow.yaml rate")
    file, step_id = words
    step = _written_step(context, file, step_id)
    if context.printer.for_readers:
        context.printer.text(csv_from_step(step, f"{file}: {step_id}"))
    else:
        context.printer.document(step)
    return ExitStatus.DONE


def _imported(context: Context, words: list[str]) -> int:
    from rochallor_cli.definitions.table_csv import table_from_csv

    if len(words) not in (1, 3):
        raise UsageError(
            "name a CSV, or a CSV, a file and a step: rochallor defs table import rate.csv flow.yaml rate"
        )
    source, text = read_text(words[0], context.environment.stdin)
    found = table_from_csv(text, source)
    if len(words) == 3:
        before = _written_step(context, words[1], words[2])
        step = {
            name: value for name, value in before.items() if name not in ("hitPolicy", "decisionTable")
        } | found
    else:
        name = Path(source).stem if words[0] != "-" else "table"
        step = {"id": name, "name": name.title(), "type": "DECISION_TABLE", "nextStep": "next", **found}
    printer = context.printer
    if printer.for_readers:
        printer.text(printer.yaml_text([step]))
    else:
        printer.document(step)
    return ExitStatus.DONE


def _written_step(context: Context, file: str, step_id: str) -> dict[str, Any]:
    """The step of a file as it is written."""
    document = read_definition(file, context.environment.stdin)
    steps = [step for _, step in steps_of(document) if step.get("type") == "DECISION_TABLE"]
    for step in steps:
        if step.get("id") == step_id:
            return dict(step)
    raise _no_table(document.source, step_id=step_id, tables=[str(step.get("id")) for step in steps])


def _no_table(source: str, *, step_id: str, tables: list[str]) -> NotFoundError:
    hint = did_you_mean(step_id, tables) or f"there are {', '.join(tables) or 'none'}"
    return NotFoundError(f"{source}: no decision table {step_id!r}", hint=hint)


def _evaluated(context: Context, file: str, *, step: str, given: dict[str, Any]) -> int:
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.dev_engine.bench import try_table

    rules = engine_rules(context.offline_version().assumed, coercion=not context.settings.no_coercion)
    found = _step(context, file, step_id=step, rules=rules)
    tried = try_table(found, given, rules, now=context.environment.now())
    if context.printer.for_readers:
        _show(context, tried)
    else:
        context.printer.document(_row(tried))
    return ExitStatus.INVALID if tried.trouble or tried.may_fail else ExitStatus.DONE


def _step(context: Context, file: str, *, step_id: str, rules: EngineRules) -> Any:
    """The step as the engine reads it; what no version known here has may stand elsewhere in the file."""
    from rochallor_cli.definitions.linting import LintAssumptions, placed_lines, refusals
    from rochallor_cli.definitions.structure import known_part
    from rochallor_cli.definitions.unknown_parts import unknown_values_in
    from rochallor_cli.dev_engine import ENGINE_VERSIONS, engine_rules
    from rochallor_cli.dev_engine.explore import definition_from_document
    from rochallor_cli.engine_client.engine_version import said_version

    document = read_definition(file, context.environment.stdin)
    value, _ = known_part(document.value, engine_rules(ENGINE_VERSIONS[-1]), keep_mistyped=True)
    document = replace(document, value=value)
    is_given = said_version(context.settings) is not None
    if refused := refusals(document, LintAssumptions(rules, is_given=is_given)):
        raise InvalidDocumentError(placed_lines(refused)[0], hint="rochallor defs lint says all of them")
    tables = {str(step.get("id")): step for _, step in steps_of(document) if step.get("decisionTable")}
    if step_id not in tables:
        raise _no_table(document.source, step_id=step_id, tables=list(tables))
    if unknown := unknown_values_in({"steps": [tables[step_id]]}):
        raise NotKnownError(
            f"{document.source}: step {step_id!r} cannot be evaluated: not known here is {unknown[0]}",
            hint="a newer rochallor may know it",
        )
    return definition_from_document(value, rules).step(step_id)


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
        "mayFail": tried.may_fail or None,
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
    if tried.may_fail:
        printer.line(f"{tried.policy} or fails, for the cells of a rule have no order  {tried.may_fail}")


def _verdict_text(rule: TriedRule) -> str:
    failing = [cell for cell in rule.cells if not cell.holds]
    if not failing:
        return "holds"
    return "no:  " + "; ".join(
        f"{cell.column}: {cell.source}" + (f" ({cell.trouble})" if cell.trouble else "") for cell in failing
    )
