"""`rochallor api`: a request of your own."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Yes
from rochallor_cli.documents.reading import parse_documents, read_text
from rochallor_cli.errors import InvalidDocumentError, UsageError

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_READING = ("GET", "HEAD", "OPTIONS")

app = typer.Typer()


@command(
    app,
    "api",
    has_names=False,
    examples=(
        "rochallor api GET '/v1/instances?status=FAILED&pageSize=5'",
        'rochallor api POST /v1/jobs/poll --data \'{"workerId": "me", "jobTypes": ["credit-score"]}\'',
        "rochallor api POST /v1/definitions --data @flow.yaml",
    ),
)
def api(
    context: Context,
    *,
    method: Annotated[str, typer.Argument(help="GET, POST and so on.")],
    path: Annotated[str, typer.Argument(help="From the slash on, sent as it is.")],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            "-d",
            metavar="JSON|@FILE|@-",
            help="The body of the request: JSON, or a JSON or YAML file.",
        ),
    ] = None,
    include: Annotated[
        bool, typer.Option("--include", "-i", help="Show status and headers as well.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Send a request of your own to the engine.

    It goes out with the settings' credentials. The answer's body goes to stdout whatever its status; the exit
    status says what the status meant.
    """
    from workflow_sdk.client.answers import error_from_answer

    if method.upper() not in METHODS:
        raise UsageError(f"{method!r} is none of {', '.join(METHODS)}")
    body = _body(context, data) if data is not None else None
    route = path if path.startswith("/") else f"/{path}"
    if method.upper() not in _READING:
        question = f"Send {method.upper()} {route} to {context.settings.where}?"
        context.confirm_if_protected(question, yes=yes)
    response = context.client().request(method.upper(), route, json=body)
    _print(context, response, with_head=include)
    if not 200 <= response.status_code < 300:
        raise error_from_answer(response)


def _body(context: Context, data: str) -> Any:
    if data.startswith("@"):
        source, text = read_text(data[1:], context.environment.stdin)
    else:
        source, text = "--data", data
    documents = parse_documents(text, source=source, is_json=source.endswith(".json"))
    if len(documents) != 1:
        raise InvalidDocumentError(f"{source}: expected one value, found {len(documents)}")
    return documents[0].value


def _print(context: Context, response: Any, *, with_head: bool) -> None:
    """JSON in the format asked for, anything else as it came; with the head one document of both, or lines before."""
    import json

    printer, text = context.printer, response.text
    try:
        value, is_json = json.loads(text), True
    except ValueError:
        value, is_json = text, False
    head = {"status": response.status_code, "headers": dict(response.headers.items())}
    if with_head and not printer.for_people:
        printer.document({**head, "body": value})
        return
    if with_head:
        printer.line(f"{response.status_code}")
        for name, header in head["headers"].items():
            printer.line(f"{name}: {header}")
        printer.line()
    if is_json:
        printer.document(value)
    else:
        printer.text(text if text.endswith("\n") or not text else f"{text}\n")
