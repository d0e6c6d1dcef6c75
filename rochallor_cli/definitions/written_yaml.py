"""A definition as YAML that a person goes on with: a line for editors, and decision tables as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rochallor_cli.definitions.decision_tables import grid_of

SCHEMA_LINE: Final = "# yaml-language-server: $schema=definition.schema.json"


def written_yaml(definition: Mapping[str, Any], dump: Callable[[object], str]) -> str:
    """The text that `dump` makes of it, with comments: they change nothing where it is uploaded again."""
    lines = [SCHEMA_LINE]
    tables = iter([grid for step in _steps(definition) if (grid := grid_of(step)) is not None])
    for line in dump(definition).splitlines():
        if line.strip() == "decisionTable:" and (grid := next(tables, None)) is not None:
            indent = line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}# {row}" for row in grid.lines()]
        lines.append(line)
    return "\n".join(lines) + "\n"


def _steps(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    steps = definition.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, Mapping):
            yield step
