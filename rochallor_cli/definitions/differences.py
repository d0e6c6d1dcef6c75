"""Two definitions side by side: equality as the engine sees it, and differences step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rochallor_cli.definitions.decision_tables import table_changes
from rochallor_cli.definitions.edges import targets
from rochallor_cli.definitions.values import alike, value_text

DefinitionFields = Mapping[str, Any]

# What `upload --as-new` adds to the metadata, so that the engine takes a known text for a new one.
AS_NEW_MARK = "uploadedAsNew"
_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def normalised(definition: DefinitionFields) -> dict[str, Any]:
    """As the engine compares it: no version, no empty optional fields, boundary events with `interrupting`.

    Without the mark of --as-new, which says nothing of what a definition does.
    """
    kept = {key: value for key, value in definition.items() if key != "version"}
    metadata = kept.get("metadata")
    if isinstance(metadata, Mapping):
        kept["metadata"] = {key: value for key, value in metadata.items() if key != AS_NEW_MARK}
    return _without_empty(kept)


def _without_empty(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: _part(key, inner)
        for key, inner in value.items()
        if (inner not in (None, "", False, 0) or isinstance(inner, float)) and inner not in ([], {})
    }


def _part(key: str, value: Any) -> Any:
    """A field as it is kept: within steps, tables, schemas and events what is empty is left out as well."""
    if key in _LISTS and isinstance(value, list):
        return [_LISTS[key](each) if isinstance(each, Mapping) else each for each in value]
    if key == "decisionTable" and isinstance(value, Mapping):
        return {name: _part(name, inner) for name, inner in value.items()}
    if key in ("input_schema", "outputs_schema") and isinstance(value, Mapping):
        return _without_empty(value)
    return _as_doubles(value) if key in ("transformations", "outputs") else value


def _event(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "interrupting": event.get("interrupting") or False}


_LISTS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "steps": _without_empty,
    "rules": _without_empty,
    "boundaryEvents": _event,
}


def _as_doubles(value: Any) -> Any:
    """Numbers as the engine reads them there: what a double cannot hold is another number."""
    if isinstance(value, Mapping):
        return {key: _as_doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_as_doubles(inner) for inner in value]
    is_long = isinstance(value, int) and not isinstance(value, bool) and 2**53 < abs(value) < 10**300
    return float(value) if is_long else value


def same(first: DefinitionFields, second: DefinitionFields) -> bool:
    """Whether the engine would take one for the other."""
    return alike(normalised(first), normalised(second))


@dataclass(frozen=True)
class Change:
    """One difference. `kind` is added, removed or changed; `step` is "" for the definition's own fields."""

    kind: str
    step: str
    text: str

    @property
    def sign(self) -> str:
        return _SIGNS[self.kind]

    def as_row(self) -> dict[str, str]:
        return {"change": self.kind, "step": self.step, "text": self.text}


def differences(old: DefinitionFields, new: DefinitionFields) -> list[Change]:
    """What changed from old to new, the definition's own fields first, then the steps in the new order."""
    before, after = normalised(old), normalised(new)
    steps_before, steps_after = _steps(before), _steps(after)
    changes = [Change("changed", "", text) for text in _field_changes(before, after, leave_out=("steps",))]
    for step_id, step in steps_after.items():
        if step_id not in steps_before:
            changes.append(Change("added", step_id, _described(step) + _between(step_id, after)))
        else:
            text = ", ".join(_field_changes(steps_before[step_id], step, leave_out=("id",)))
            if text:
                changes.append(Change("changed", step_id, text))
    changes += [
        Change("removed", step_id, _described(step))
        for step_id, step in steps_before.items()
        if step_id not in steps_after
    ]
    return changes or _order_change(before, after)


def _order_change(before: DefinitionFields, after: DefinitionFields) -> list[Change]:
    if alike(before, after):
        return []
    first = next(iter(_steps(after)), "")
    return [Change("changed", "", f"the order of the steps; the first one is {first}")]


def _steps(definition: DefinitionFields) -> dict[str, Mapping[str, Any]]:
    steps = definition.get("steps")
    return {
        str(step.get("id")): step
        for step in (steps if isinstance(steps, list) else [])
        if isinstance(step, Mapping)
    }


def _described(step: Mapping[str, Any]) -> str:
    return " ".join(str(step[key]) for key in ("type", "jobType") if step.get(key))


def _between(step_id: str, definition: DefinitionFields) -> str:
    """`, between score and notify`, as far as both are known and single."""
    steps = _steps(definition)
    before = [other for other, step in steps.items() if step_id in set(targets(step)) and other != step_id]
    after = [target for target in targets(steps[step_id]) if target != step_id]
    if len(before) == 1 and len(after) == 1:
        return f", between {before[0]} and {after[0]}"
    return f", after {before[0]}" if len(before) == 1 else ""


def _field_changes(
    before: DefinitionFields, after: DefinitionFields, *, leave_out: tuple[str, ...]
) -> Iterator[str]:
    keys = [key for key in {**before, **after} if key not in leave_out]
    for key in keys:
        old, new = before.get(key), after.get(key)
        if alike(old, new):
            continue
        rules = table_changes(old, new) if key == "decisionTable" else None
        if rules is not None:
            yield from rules
        elif isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from (f"{key}: {text}" for text in _field_changes(old, new, leave_out=()))
        else:
            yield f"{key} {_value_text(old, key)} → {_value_text(new, key)}"


def _value_text(value: object, key: str) -> str:
    if value is None:
        return "0" if key == "retryCount" else "none"
    return value_text(value)
