"""`rochallor expr`: one expression, evaluated as the engine does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, variables_from
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.dev_engine.bench import TriedExpression

app = typer.Typer()


@command(
    app,
    "expr",
    has_names=False,
    examples=(
        "rochallor expr 'amount > 100 && vip' --var amount=250 --var vip=true",
        "rochallor expr \"zip == '01'\" --text zip=01",
        "rochallor expr 'join([name, surname], \" \")' --vars @variables.json --engine-version 1.1.0",
    ),
)
def expr(
    context: Context,
    *,
    expression: Annotated[str, typer.Argument(help="As it stands in a definition; quote it for the shell.")],
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
) -> int:
    """Evaluate an expression without an engine: value, type, what was rewritten and converted, traps.

    As the newest version of the engine does it, or the one that --engine-version names. Exit status 3 where it
    cannot be evaluated.
    """
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.dev_engine.bench import try_expression

    given = variables_from(context, var=var, text=text, whole=variables)
    version = context.offline_version().assumed
    rules = engine_rules(version, coercion=not context.settings.no_coercion)
    tried = try_expression(expression, given, rules, now=context.environment.now())
    if context.printer.for_readers:
        _show(context, expression, tried)
    else:
        context.printer.document(_row(expression, version, tried, coercion=rules.coercion))
    return ExitStatus.INVALID if tried.trouble else ExitStatus.DONE


def _row(expression: str, version: str, tried: TriedExpression, *, coercion: bool) -> dict[str, Any]:
    return {
        "expression": expression,
        "engineVersion": version,
        "coercion": coercion,
        "readAs": tried.read_as,
        "value": tried.value,
        "type": tried.type or None,
        "error": tried.trouble or None,
        "converted": [{"name": each.name, "from": each.before, "to": each.after} for each in tried.converted],
        "traps": [{"code": code, "text": text} for code, text in tried.traps],
    }


def _show(context: Context, expression: str, tried: TriedExpression) -> None:
    printer = context.printer
    if tried.trouble:
        printer.line(f"fails      {tried.trouble}")
    else:
        printer.line(f"value      {printer.json_text(tried.value, indent=None)}")
        printer.line(f"type       {tried.type}")
    if tried.read_as != expression:
        printer.line(f"read as    {tried.read_as}")
    for each in tried.converted:
        before, after = (printer.json_text(value, indent=None) for value in (each.before, each.after))
        printer.line(f"converted  {each.name}: {before} to {after}")
    for code, text in tried.traps:
        printer.line(f"{code}       {text}")
