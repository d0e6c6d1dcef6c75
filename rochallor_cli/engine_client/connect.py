"""The one way to a client of an engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.lean_imports import import_client
from rochallor_cli.version import VERSION

if TYPE_CHECKING:
    from rochallor_cli.output.printer import Printer
    from workflow_sdk.client.http import Exchange
    from workflow_sdk.client.rest import RestEngineClient

ADMIN_TOOL = f"rochallor-cli/{VERSION}"


def connect(
    access: EngineAccess,
    *,
    agent: str = ADMIN_TOOL,
    printer: Printer | None = None,
    look_at: Callable[[Exchange], None] | None = None,
) -> RestEngineClient:
    """A client; requests are shown to those who asked with -v. `agent` names the program to gateways.

    look_at: is given each request with its answer.
    """
    # httpx is loaded when there is something to ask, not for help.
    import_client()
    from workflow_sdk.client.rest import RestEngineClient

    lookers = [] if look_at is None else [look_at]
    if printer is not None and printer.settings.verbosity:
        lookers.insert(0, _tracer(printer))

    def look(exchange: Exchange) -> None:
        for one in lookers:
            one(exchange)

    return RestEngineClient(**access.for_client(), user_agent=agent, on_exchange=look if lookers else None)


def _tracer(printer: Printer) -> Callable[[Exchange], None]:
    def trace(exchange: Exchange) -> None:
        status = exchange.status or "no answer"
        took_ms = exchange.duration_s * 1000
        printer.trace(f"{exchange.method} {exchange.url} → {status} in {took_ms:.0f} ms")
        for mark, body in ((">", exchange.request_body), ("<", exchange.response_body)):
            if body:
                printer.trace(f"{mark} {body.decode('utf-8', 'replace').rstrip()}", level=2)

    return trace
