"""`rochallor defs graph`: draw one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.exclusive_options import FORM_EXCLUSIVE
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.definition_sources import is_file_name
from rochallor_cli.commands.followed_instance import verdict_of
from rochallor_cli.commands.inputs import definition_and_version
from rochallor_cli.definitions.files import read_definition
from rochallor_cli.documents.document import Document
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.engine_client.reading import definition_of
from rochallor_cli.errors import InvalidDocumentError, UsageError
from rochallor_cli.exit_status import ExitStatus

if TYPE_CHECKING:
    from rochallor_cli.graph.model import Graph

app = typer.Typer()

# What stands before a table in the text.
_TABLE_INDENT = 10
_GRAPHS = ("text", "mermaid", "dot", "svg")


@command(
    app,
    "graph",
    examples=(
        "rochallor defs graph flow.yaml",
        "rochallor defs graph loan-processing-workflow --format svg > loan.svg",
        "rochallor defs graph loan --instance 01JD8Q3VZ6M0T2H8X4K7N5RWZK --format mermaid",
    ),
    exclusive=(FORM_EXCLUSIVE,),
)
def graph(
    context: Context,
    *,
    definition: Annotated[
        str | None,
        typer.Argument(help="A file, - , or an id (ID@VERSION) on the engine."),
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option("--instance", metavar="ID", help="Paint the state of this instance on the graph."),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Mark the steps at which `defs verify` finds something.")
    ] = False,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="text|mermaid|dot|svg", help="The form of the graph.")
    ] = None,
) -> ExitStatus:
    """Draw a definition as a graph: text, mermaid, dot, or SVG, which needs nothing installed.

    With -o json its nodes and edges, where --format does not ask for a drawing. A file that the engine refuses for a
    way to nowhere and the like is drawn as far as it goes, with exit status 3; 13 where the engine decides.
    """
    from rochallor_cli.graph.model import graph_of, marked, painted

    if format_ is not None and format_ not in _GRAPHS:
        raise UsageError(f"--format {format_!r} is none of {', '.join(_GRAPHS)}")
    found = context.engine.instance(instance) if instance else None
    value, status = _definition_to_draw(context, definition, found)
    drawn = graph_of(value)
    if verify:
        drawn = marked(drawn, _marks(context, definition or str(value.get("id")), value))
    if found is not None:
        judged = {**found, "verdict": verdict_of(context, found)}
        drawn = painted(drawn, judged, context.engine.history(str(found["id"])))
    _show(context, drawn, format_)
    return status


def _show(context: Context, drawn: Graph, format_: str | None) -> None:
    from rochallor_cli.graph.texts import as_dot, as_mermaid, as_text

    printer = context.printer
    if format_ is None and not printer.for_readers:
        printer.document(drawn.as_json(), name="title")
    elif format_ == "svg":
        from rochallor_cli.graph.svg import as_svg

        printer.text(as_svg(drawn))
    elif format_ in ("mermaid", "dot"):
        for line in (as_mermaid if format_ == "mermaid" else as_dot)(drawn):
            printer.line(line)
    elif printer.width is not None:
        from rochallor_cli.graph.terminal_table import boxed_lines

        room = printer.width - _TABLE_INDENT
        for line in as_text(drawn, lambda grid: boxed_lines(grid, room, colored=printer.colored)):
            printer.styled(line)
    else:
        for line in as_text(drawn):
            printer.line(line)


def _marks(context: Context, source: str, definition: Value) -> dict[str, list[str]]:
    """What a search finds, by step."""
    from rochallor_cli.dev_engine import engine_rules
    from rochallor_cli.verification.findings import TITLES
    from rochallor_cli.verification.verifying import verified_document

    version = context.offline_version() if is_file_name(source) else context.engine_version(only_get=True)
    rules = engine_rules(version.assumed, coercion=not context.settings.no_coercion)
    unnumbered = {name: value for name, value in definition.items() if name != "version"}
    found: dict[str, list[str]] = {}
    is_stored = not is_file_name(source)
    for finding, _ in verified_document(Document(source, unnumbered), rules, is_stored=is_stored).findings:
        found.setdefault(finding.step, []).append(f"{finding.code} {TITLES[finding.code]} ({finding.grade})")
    return found


def _definition_to_draw(
    context: Context, name: str | None, instance: Value | None
) -> tuple[Value, ExitStatus]:
    """The file's or the engine's definition, without a name the one that the instance runs; and what is said of it."""
    if name is None:
        if instance is None:
            raise UsageError("name a file or a definition, or an instance with --instance")
        return context.engine.definition(*definition_of(instance)), ExitStatus.DONE
    if is_file_name(name):
        document = read_definition(name, context.environment.stdin)
        status = _judged(context, document)
        return _as_tried(context, document.value), status
    return context.engine.definition(*definition_and_version(name)), ExitStatus.DONE


def _judged(context: Context, document: Document) -> ExitStatus:
    """Raises InvalidDocumentError for what is no definition; one refused for less is drawn, and that is said."""
    from rochallor_cli.definitions.linting import LintAssumptions, placed_lines, refusals_and_unknowns
    from rochallor_cli.dev_engine import codes, engine_rules

    assumed = LintAssumptions(engine_rules(context.offline_version().assumed))
    refused, left = refusals_and_unknowns(document, assumed)
    # A drawing would be of something else.
    not_drawn = (codes.WRONG_SHAPE, codes.NO_STEPS, codes.STEP_WITHOUT_ID, codes.STEP_ID_TWICE)
    misshapen = [finding for finding in refused if finding.code in not_drawn]
    if misshapen:
        raise InvalidDocumentError(placed_lines(misshapen)[0], hint="rochallor defs lint says all of them")
    if refused:
        context.printer.warn(f"the engine refuses it: {placed_lines(refused)[0]}")
        return ExitStatus.INVALID
    if left:
        context.printer.warn(placed_lines(left)[0])
        return ExitStatus.NOT_KNOWN
    return ExitStatus.DONE


def _as_tried(context: Context, definition: Value) -> Value:
    """A file's definition with the branches in the order in which the engine tries them, where it has one."""
    steps = definition.get("steps")
    if not isinstance(steps, list) or not any(map(_branches, steps)):
        return definition
    from rochallor_cli.dev_engine import engine_rules, in_branch_order

    if not engine_rules(context.offline_version().assumed).ordered_branches:
        return definition
    tried = [
        {**step, "conditionalNextSteps": in_branch_order(branches)} if (branches := _branches(step)) else step
        for step in steps
    ]
    return {**definition, "steps": tried}


def _branches(step: object) -> dict[str, str]:
    branches = step.get("conditionalNextSteps") if isinstance(step, dict) else None
    is_known = isinstance(branches, dict) and all(isinstance(condition, str) for condition in branches)
    return branches if is_known and branches is not None else {}
