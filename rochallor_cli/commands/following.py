"""Following an instance from a command: shown to its end, and what is said when nobody wants to wait any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rochallor_cli.command_line.context import Context
from rochallor_cli.errors import Interrupted
from rochallor_cli.instances.following import follow_instance
from rochallor_cli.output.views import INSTANCE


@contextmanager
def going_on(instance_id: str) -> Iterator[None]:
    """Whoever stops waiting is told that the instance does not stop with it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"the instance goes on; rochallor instances watch {instance_id}") from None


def followed(context: Context, instance_id: str, timeout_s: float | None) -> int:
    """Show the instance until it has ended; the exit status that its end means."""
    printer = context.printer
    with going_on(instance_id):
        ending = follow_instance(context.engine, instance_id, printer, timeout_s=timeout_s)
    if printer.for_people:
        printer.line(ending.text)
    elif printer.settings.output != "jsonl":
        printer.value(INSTANCE, ending.instance)
    return ending.status
