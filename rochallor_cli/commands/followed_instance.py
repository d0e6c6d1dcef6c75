"""Following an instance from a command: shown to its end, and what is said when nobody wants to wait any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rochallor_cli.command_line.context import Context
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.errors import CliError, Interrupted
from rochallor_cli.instances.following import follow_instance
from rochallor_cli.instances.polling import Judge
from rochallor_cli.output.views import INSTANCE

if TYPE_CHECKING:
    from rochallor_cli.engine_client.engine_version import EngineVersion


@contextmanager
def going_on(instance_id: str) -> Iterator[None]:
    """Whoever stops waiting is told that the instance does not stop with it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"the instance goes on; rochallor instances watch {instance_id}") from None


_SOON_S = 2.0


def judge_for(context: Context) -> Judge:
    """Looks, by GETs alone, whether nothing can move an instance: `nothing can move it (W302)`, or "".

    An engine that gives no answer soon is not waited for: the look is no part of what was asked.
    """

    asked: list[EngineVersion] = []

    def judge(instance_id: str) -> str:
        from rochallor_cli.explanation.verdict_text import stuck_text
        from workflow_sdk.client.deadline import request_timeout
        from workflow_sdk.errors import WorkflowSDKError

        try:
            with request_timeout(_SOON_S):
                # Once for all that are waited for.
                asked[:] = asked or [context.engine_version(only_get=True)]
                return stuck_text(context.engine, instance_id, asked[0].possible, now=context.environment.now)
        except (CliError, WorkflowSDKError):
            return ""

    return judge


def verdict_of(context: Context, instance: Value) -> str:
    """`nothing can move it (W302)` of a live instance that is dead all the same, else ""."""
    return judge_for(context)(str(instance["id"])) if instance.get("status") in OPEN else ""


def followed(context: Context, instance: Value, timeout_s: float | None) -> int:
    """Show an instance of which the `id` is known at least, until it has ended; the exit status its end means."""
    printer = context.printer
    with going_on(str(instance["id"])):
        ending = follow_instance(
            context.engine,
            instance,
            printer,
            timeout_s=timeout_s,
            judge=judge_for(context),
        )
    if printer.for_readers:
        printer.line(ending.text)
    elif printer.settings.output != "jsonl":
        printer.value(INSTANCE, ending.instance)
    return ending.status
