"""A decision table as rows and columns: for people as aligned text, and compared rule by rule."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from rochallor_cli.definitions.values import alike, value_text
from rochallor_cli.output.text_width import cells, harmless, padded

# The hit policy of a table that names none.
DEFAULT_POLICY = "U"


@dataclass(frozen=True)
class TableGrid:
    """The rules of a table over the union of their columns. An absent cell is None."""

    policy: str
    conditions: tuple[str, ...]
    outputs: tuple[str, ...]
    when: tuple[tuple[str | None, ...], ...]
    values: tuple[tuple[Any, ...], ...]

    def lines(self) -> list[str]:
        """Header, rule and rows, aligned; the policy stands in the corner, a blank condition holds always."""
        widths = [max(cells(row[column]) for row in self.texts()) for column in range(self._width)]
        conditions = 1 + len(self.conditions)
        rows = [self._joined(row, widths, conditions) for row in self.texts()]
        ruler = "-" * max(map(len, rows))
        return [rows[0], ruler, *rows[1:]]

    def texts(self) -> list[list[str]]:
        """The cells as text, the header first."""
        head = [self.policy or DEFAULT_POLICY, *map(harmless, self.conditions), *map(harmless, self.outputs)]
        rows = [
            [
                str(number),
                *(harmless(cell or "") for cell in conditions),
                *("" if value is ABSENT else harmless(value_text(value)) for value in values),
            ]
            for number, (conditions, values) in enumerate(zip(self.when, self.values, strict=True))
        ]
        return [head, *rows]

    def as_json(self) -> dict[str, Any]:
        """The policy, the columns, and the rules as definitions write them, each with the cells that it has."""
        return {
            "hitPolicy": self.policy or DEFAULT_POLICY,
            "conditions": list(self.conditions),
            "outputs": list(self.outputs),
            "rules": [
                {
                    "when": {
                        name: cell
                        for name, cell in zip(self.conditions, when, strict=True)
                        if cell is not None
                    },
                    "outputs": {
                        name: value
                        for name, value in zip(self.outputs, values, strict=True)
                        if value is not ABSENT
                    },
                }
                for when, values in zip(self.when, self.values, strict=True)
            ],
        }

    @property
    def _width(self) -> int:
        return 1 + len(self.conditions) + len(self.outputs)

    def _joined(self, row: Sequence[str], widths: Sequence[int], conditions: int) -> str:
        shown = [padded(text, width) for text, width in zip(row, widths, strict=True)]
        return f"{' | '.join(shown[:conditions])} || {' | '.join(shown[conditions:])}".rstrip()


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""The value of an output that a rule does not have; null is a value."""


def grid_of(step: Mapping[str, Any]) -> TableGrid | None:
    """The table of a step; None where it has none, or one of another shape, which is left to lint."""
    table = step.get("decisionTable")
    rules = table.get("rules") if isinstance(table, Mapping) else None
    if step.get("type") != "DECISION_TABLE" or not isinstance(rules, list):
        return None
    when = [_mapping(rule, "when") for rule in rules]
    outputs = [_mapping(rule, "outputs") for rule in rules]
    if any(each is None for each in (*when, *outputs)):
        return None
    known_when, known_outputs = [each or {} for each in when], [each or {} for each in outputs]
    columns = tuple(dict.fromkeys(str(name) for each in known_when for name in each))
    names = tuple(dict.fromkeys(str(name) for each in known_outputs for name in each))
    return TableGrid(
        policy=str(step.get("hitPolicy") or ""),
        conditions=columns,
        outputs=names,
        when=tuple(tuple(_cell(each.get(name)) for name in columns) for each in known_when),
        values=tuple(tuple(each.get(name, ABSENT) for name in names) for each in known_outputs),
    )


def _mapping(rule: object, name: str) -> Mapping[str, Any] | None:
    found = rule.get(name) if isinstance(rule, Mapping) else None
    if found is None and isinstance(rule, Mapping):
        return {}
    return found if isinstance(found, Mapping) else None


def _cell(value: object) -> str | None:
    return None if value is None else str(value)


# --- two tables, rule by rule ---------------------------------------------------------------------


def table_changes(before: object, after: object) -> Iterator[str] | None:
    """What changed from one `decisionTable` to another, rule by rule; None where one is no table."""
    old, new = _rules(before), _rules(after)
    if old is None or new is None:
        return None
    return _changes(old, new)


def _rules(table: object) -> list[Mapping[str, Any]] | None:
    rules = table.get("rules") if isinstance(table, Mapping) else None
    is_known = isinstance(rules, list) and all(isinstance(rule, Mapping) for rule in rules)
    return rules if is_known else None


def _changes(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    matcher = SequenceMatcher(
        None, [_key(rule) for rule in old], [_key(rule) for rule in new], autojunk=False
    )
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind == "equal":
            continue
        paired = min(last - first, new_last - new_first)
        for place in range(paired):
            yield from _rule_changes(
                first + place, new_first + place, old=old[first + place], new=new[new_first + place]
            )
        for place in range(first + paired, last):
            yield f"rule {place} removed: {_rule_text(old[place])}"
        for place in range(new_first + paired, new_last):
            yield f"rule {place} added: {_rule_text(new[place])}"


def _key(rule: Mapping[str, Any]) -> str:
    return json.dumps({name: rule.get(name) or {} for name in ("when", "outputs")}, sort_keys=True)


def _rule_changes(
    old_place: int, place: int, *, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[str]:
    moved = f" (was {old_place})" if old_place != place else ""
    for part in ("when", "outputs"):
        before, after = _mapping(old, part) or {}, _mapping(new, part) or {}
        for name in dict.fromkeys([*before, *after]):
            if not alike(before.get(name, ABSENT), after.get(name, ABSENT)):
                changed = f"{_entry_text(before, name)} → {_entry_text(after, name)}"
                yield f"rule {place}{moved}: {part} {name}: {changed}"


def _entry_text(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return "none"
    return value_text(values[name])


def _rule_text(rule: Mapping[str, Any]) -> str:
    when = " && ".join(str(cell) for cell in (_mapping(rule, "when") or {}).values() if str(cell).strip())
    outputs = ", ".join(
        f"{name} = {value_text(value)}" for name, value in (_mapping(rule, "outputs") or {}).items()
    )
    return f"{when or 'always'}: {outputs or 'nothing'}"
