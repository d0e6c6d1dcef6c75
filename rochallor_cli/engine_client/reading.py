"""Parts of an engine's answers, whatever stands there: one odd value must not cost the rest of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rochallor_cli.errors import EngineRefusedError
from workflow_sdk.errors import EngineUnreachableError


def listed(value: object) -> list[Any]:
    """A list's items; of anything else none."""
    return value if isinstance(value, list) else []


def owned(items: list[Any], field: str) -> list[Any]:
    """The same list. Raises EngineUnreachableError where no item has the field that all of an engine's have.

    One odd row costs no other; where all are odd, it is another service that answers.
    """
    if items and all(not isinstance(item, Mapping) or item.get(field) in (None, "") for item in items):
        raise EngineUnreachableError(
            f"it lists what no engine does: none of {len(items):,} has an {field}", url="", kind="not-engine"
        )
    return items


def rows(value: object) -> list[dict[str, Any]]:
    """A list's objects."""
    return [item for item in listed(value) if isinstance(item, dict)]


def texts(value: object) -> list[str]:
    """A list's items as text."""
    return [str(item) for item in listed(value)]


def mapping(value: object) -> dict[str, Any]:
    """An object's fields; of anything else none."""
    return value if isinstance(value, dict) else {}


def attempt_of(execution: Mapping[str, Any]) -> int:
    """Which attempt a step execution is, from 1 on."""
    number = execution.get("attemptNumber")
    return number if isinstance(number, int) and number > 0 else 1


def version_of(definition: Mapping[str, Any]) -> int:
    """A definition's version. Raises EngineRefusedError."""
    return _whole(definition, "version")


def definition_of(instance: Mapping[str, Any]) -> tuple[str, int]:
    """The id and version of an instance's definition. Raises EngineRefusedError."""
    return str(instance.get("definitionId")), _whole(instance, "definitionVersion")


def _whole(answer: Mapping[str, Any], name: str) -> int:
    value = answer.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise EngineRefusedError(
        f"the engine's answer about {answer.get('id')} has no {name} that is a number: {value!r}"[:200],
        hint="`rochallor api GET …` shows it as it is",
    )
