"""The shape of a definition document, told in people's words: what was expected where, and what was found.

The engine says of a wrong shape only `json: cannot unmarshal …`, and nothing of where.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rochallor_cli.errors import did_you_mean

Path = tuple[str | int, ...]
# (path, whether its key is meant, text)
Misfit = tuple[Path, bool, str]
Check = Callable[[Any, Path], Iterator[Misfit]]


def misfits(document: object) -> Iterator[Misfit]:
    """Everything in a document that has another type than the engine reads there. Null is fine anywhere."""
    yield from _DEFINITION(document, ())


def kind(value: object) -> str:
    """A value's type as people call it."""
    names = {
        dict: "a mapping",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "nothing")


def path_text(path: Path) -> str:
    """`steps[2].boundaryEvents[0].type`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _of_type(expected: str, *types: type) -> Check:
    def check(value: Any, path: Path) -> Iterator[Misfit]:
        if value is not None and type(value) not in types:
            where = f" ({path_text(path)})" if path else ""
            yield path, False, f"expected {expected}, found {kind(value)}{where}"

    return check


_TEXT = _of_type("a text", str)
_TRUTH = _of_type("true or false", bool)
_WHOLE = _of_type("a whole number", int)
_ANY_MAPPING = _of_type("a mapping", dict)


def _anything(value: Any, path: Path) -> Iterator[Misfit]:
    return iter(())


def _list_of(inner: Check) -> Check:
    is_list = _of_type("a list", list)

    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from is_list(value, path)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from inner(item, (*path, index))

    return check


def _mapping_of(inner: Check) -> Check:
    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from _ANY_MAPPING(value, path)
        for key, item in (value if isinstance(value, Mapping) else {}).items():
            yield from inner(item, (*path, key))

    return check


def _object(fields: Mapping[str, Check]) -> Check:
    # The engine matches names without regard to case.
    by_name = {name.lower(): check for name, check in fields.items()}

    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from _ANY_MAPPING(value, path)
        for key, item in (value if isinstance(value, Mapping) else {}).items():
            inner = by_name.get(key.lower())
            if inner is None:
                near = did_you_mean(key, list(fields))
                yield (*path, key), True, f'unknown field "{key}"' + (f" ({near})" if near else "")
            else:
                yield from inner(item, (*path, key))

    return check


_EVENT = _object({"type": _TEXT, "duration": _TEXT, "interrupting": _TRUTH, "targetStepId": _TEXT})
_RULE = _object({"when": _mapping_of(_TEXT), "outputs": _mapping_of(_anything)})
_SCHEMA = _object(
    {"properties": _mapping_of(_object({"type": _TEXT})), "required": _list_of(_TEXT)},
)
_STEP = _object(
    {
        "id": _TEXT,
        "name": _TEXT,
        "type": _TEXT,
        "description": _TEXT,
        "nextStep": _TEXT,
        "jobType": _TEXT,
        "delegateClass": _TEXT,
        "retryCount": _WHOLE,
        "conditionalNextSteps": _mapping_of(_TEXT),
        "transformations": _mapping_of(_anything),
        "parallelNextSteps": _list_of(_TEXT),
        "joinStep": _TEXT,
        "boundaryEvents": _list_of(_EVENT),
        "decisionTable": _object({"rules": _list_of(_RULE)}),
        "hitPolicy": _TEXT,
        "outputs_schema": _SCHEMA,
    }
)
_DEFINITION = _object(
    {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "version": _WHOLE,
        "autoStartNextWorkflow": _TRUTH,
        "nextWorkflowId": _TEXT,
        "metadata": _ANY_MAPPING,
        "steps": _list_of(_STEP),
        "input_schema": _SCHEMA,
    }
)
