"""What no version known here has, made into something that can be searched, so that the rest of a definition is.

A step of a type that is not known is taken for one where somebody does something: it may set any variable, and goes on
by its ways that are known. Without any it is taken for the last of its branch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rochallor_cli.definitions.unknown_parts import UnknownPart, unknown_values_in
from rochallor_cli.engine_client.reading import rows

STAND_IN: Final = "USER_TASK"
_WAYS: Final = ("conditionalNextSteps", "boundaryEvents", "nextStep")
_ANY_POLICY: Final = "F"
_SCHEMAS: Final = ("input_schema", "outputs_schema")

IsUnknown = Callable[[UnknownPart], bool]


def with_stand_ins(
    document: Mapping[str, Any], is_unknown: IsUnknown
) -> tuple[dict[str, Any], dict[str, str]]:
    """The document with stand-ins, and by step what is not searched of it, in words; `""`: of the definition."""
    parts: dict[str, str] = {}
    found = _without_schemas(document, is_unknown)
    steps = []
    for step in rows(document.get("steps")):
        unknown = [each for each in unknown_values_in({"steps": [step]}) if is_unknown(each)]
        kinds = {each.kind: each.name for each in unknown}
        if kinds:
            step = _stood_in(step, kinds, is_unknown)
        steps.append(step)
        if said := "; ".join(_said(kinds, step)):
            parts[str(step.get("id"))] = said
    return {**found, "steps": steps}, parts


def _stood_in(step: Mapping[str, Any], kinds: Mapping[str, str], is_unknown: IsUnknown) -> dict[str, Any]:
    made = _without_schemas(step, is_unknown)
    if "hit policy" in kinds:
        made["hitPolicy"] = _ANY_POLICY
    if "boundary event" in kinds:
        made["boundaryEvents"] = [
            each for each in rows(step.get("boundaryEvents")) if each.get("type") == "TIMER"
        ]
    if "step type" in kinds:
        ways = {name: made[name] for name in _WAYS if made.get(name)}
        made = {"id": step.get("id"), "name": step.get("name"), "type": STAND_IN, **ways}
    return made


def _said(kinds: Mapping[str, str], step: Mapping[str, Any]) -> Iterator[str]:
    name = step.get("id")
    if "step type" in kinds:
        goes_on = any(step.get(way) for way in _WAYS)
        ways = "by its known ways" if goes_on else "nowhere"
        yield f'what step type "{kinds["step type"]}" does at {name} is not known: taken for a task that goes on {ways}'
    if "hit policy" in kinds:
        yield f'what hit policy "{kinds["hit policy"]}" makes of the rules at {name} is not known'
    if "boundary event" in kinds:
        yield f'boundary event "{kinds["boundary event"]}" of {name} is left out: it is not known'


def _without_schemas(holder: Mapping[str, Any], is_unknown: IsUnknown) -> dict[str, Any]:
    """Without the schemas that hold a type nobody knows: what fits them is assumed of any schema."""

    def is_known(name: str) -> bool:
        schema = {"input_schema": holder.get(name)}
        return not any(is_unknown(each) for each in unknown_values_in(schema))

    return {name: value for name, value in holder.items() if name not in _SCHEMAS or is_known(name)}
