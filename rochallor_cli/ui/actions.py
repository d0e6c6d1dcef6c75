"""What can be done from a page: complete a task, signal, cancel. The engine client and its errors are the commands'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rochallor_cli.documents.json_text import typed_object
from rochallor_cli.errors import CliError, ConflictError, NotFoundError, UsageError
from rochallor_cli.ui.page_engine import PageEngine

# What the page says when it is done; the words are chosen from here, never from an address.
DONE = {"complete": "The task is completed.", "signal": "The signal is sent.", "cancel": "It is cancelled."}


class FieldError(UsageError):
    """What was typed into a field is not what it takes."""

    def __init__(self, field: str, error: UsageError) -> None:
        super().__init__(error.message, hint=error.hint)
        self.field = field


@dataclass(frozen=True)
class InstanceAction:
    """One thing to do to an instance: `kind` is complete, signal or cancel; `step` is "" for the last."""

    kind: str
    instance_id: str
    step: str = ""


def act_at(segments: list[str]) -> InstanceAction:
    """The act that an address names. Raises NotFoundError."""
    match segments:
        case ["instances", instance_id, "cancel"]:
            return InstanceAction("cancel", instance_id)
        case ["instances", instance_id, "steps", step, "complete" | "signal" as kind]:
            return InstanceAction(kind, instance_id, step)
    raise NotFoundError("there is nothing to do at this address")


def do(page_engine: PageEngine, act: InstanceAction, given: Mapping[str, str]) -> None:
    """Do it, with what was typed. Raises CliError and the SDK's errors."""
    if page_engine.why_not:
        raise ConflictError(f"this page changes nothing: {page_engine.why_not}")
    if act.kind == "cancel":
        page_engine.engine.cancel(act.instance_id, given.get("reason", "").strip())
        return
    variables = _variables(given.get("variables", ""))
    if act.kind == "signal":
        page_engine.engine.signal(act.instance_id, act.step, variables)
    else:
        page_engine.engine.complete_task(act.instance_id, act.step, variables, by=given.get("by", "").strip())


def _variables(text: str) -> dict[str, Any]:
    try:
        return typed_object(text, hint='write {"name": "value"}')
    except UsageError as error:
        raise FieldError("variables", error) from error


def said_of(error: CliError) -> dict[str, Any]:
    """An error as a page shows it. field: the one it is about, "" where it is about none."""
    field = error.field if isinstance(error, FieldError) else ""
    return {"message": error.message, "hint": error.hint or "", "details": error.details, "field": field}
