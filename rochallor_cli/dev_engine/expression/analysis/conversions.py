"""Which variables of an expression are converted for their operators, and to what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression.checking.coercion import (
    coerced,
    to_boolean,
    to_number,
    to_number_or_same,
)
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.syntax import tree
from rochallor_cli.dev_engine.expression.syntax.parser import parse
from rochallor_cli.dev_engine.expression.syntax.rewriting import rewrite
from rochallor_cli.dev_engine.expression.syntax.tree import Coercion

_CONVERT: Final[dict[Coercion, Callable[[object], object]]] = {
    Coercion.NUMBER: to_number,
    Coercion.BOOLEAN: to_boolean,
    Coercion.NUMBER_OR_SAME: to_number_or_same,
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """A variable that an operator gets as something else than it is."""

    name: str
    before: object
    after: object


def conversions(source: str, variables: Mapping[str, object]) -> Iterator[Conversion]:
    """The variables whose value is changed by its operator's conversion, each once for each result."""
    try:
        root = coerced(parse(rewrite(source)))
    except (Fault, RecursionError):
        return
    told: set[tuple[str, str]] = set()
    for node in tree.walk(root):
        if not isinstance(node, tree.Coerced) or not isinstance(node.operand, tree.Identifier):
            continue
        found = _conversion(node.operand.name, node.to, variables)
        if found is not None and (found.name, str(found.after)) not in told:
            told.add((found.name, str(found.after)))
            yield found


def _conversion(name: str, to: Coercion, variables: Mapping[str, object]) -> Conversion | None:
    if name not in variables:
        return None
    try:
        after = _CONVERT[to](variables[name])
    except Fault:
        return None
    return Conversion(name, variables[name], after) if type(after) is not type(variables[name]) else None


def rewritten_text(source: str) -> str:
    """The text as the language reads it, after the engine's own rewriting; as it is where that fails."""
    try:
        return rewrite(source)
    except Fault:
        return source
