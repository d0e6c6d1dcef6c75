"""Field names of a definition in the engine's own spelling: it takes `ID` and `nextstep` as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from rochallor_cli.documents.document import Document, DocumentPath
from rochallor_cli.errors import UnreadableTextError

# By name what is within: the fields of an object, or of each object in a list.
Names = Mapping[str, "Names"]

_NONE: Final[Names] = {}
_SCHEMA: Final[Names] = {"properties": _NONE, "required": _NONE}
_EVENT: Final[Names] = dict.fromkeys(("type", "duration", "interrupting", "targetStepId"), _NONE)
_TABLE: Final[Names] = {"rules": {"when": _NONE, "outputs": _NONE}}
_STEP: Final[Names] = {
    **dict.fromkeys(("id", "name", "type", "description", "nextStep", "jobType", "delegateClass"), _NONE),
    **dict.fromkeys(("retryCount", "conditionalNextSteps", "transformations", "parallelNextSteps"), _NONE),
    **dict.fromkeys(("joinStep", "hitPolicy"), _NONE),
    "boundaryEvents": _EVENT,
    "decisionTable": _TABLE,
    "outputs_schema": _SCHEMA,
}
DEFINITION: Final[Names] = {
    **dict.fromkeys(("id", "version", "name", "description", "metadata"), _NONE),
    **dict.fromkeys(("autoStartNextWorkflow", "nextWorkflowId"), _NONE),
    "steps": _STEP,
    "input_schema": _SCHEMA,
}


def in_engine_spelling(document: Document) -> Document:
    """The document with each field under the name that the engine reads it as; one given twice is an error."""
    spelled: dict[DocumentPath, DocumentPath] = {}
    value = _spelled(document, document.value, names=DEFINITION, old=(), new=(), spelled=spelled)
    if not spelled:
        return document

    def moved(path: DocumentPath) -> DocumentPath:
        for length in range(len(path), 0, -1):
            if path[:length] in spelled:
                return spelled[path[:length]] + path[length:]
        return path

    return replace(
        document,
        value=value,
        positions={moved(path): place for path, place in document.positions.items()},
        keys={moved(path): place for path, place in document.keys.items()},
        emptied=frozenset(map(moved, document.emptied)),
    )


def _spelled(
    document: Document,
    value: Any,
    *,
    names: Names,
    old: DocumentPath,
    new: DocumentPath,
    spelled: dict[DocumentPath, DocumentPath],
) -> Any:
    """The value with its fields renamed; `spelled` gets the new path for each old one that has changed."""
    if isinstance(value, list):
        return [
            _spelled(document, item, names=names, old=(*old, place), new=(*new, place), spelled=spelled)
            for place, item in enumerate(value)
        ]
    if not isinstance(value, Mapping):
        return value
    by_small = {name.lower(): name for name in names}
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = str(key if key in names else by_small.get(str(key).lower(), key))
        before, after = (*old, str(key)), (*new, name)
        if name in found:
            line, column = document.position(before, of_key=True)
            problem = f"{key!r} is {name!r} to the engine, which is given twice"
            raise UnreadableTextError(document.source, problem, line=line, column=column)
        if before != after:
            spelled[before] = after
        found[name] = _spelled(
            document, item, names=names.get(name, _NONE), old=before, new=after, spelled=spelled
        )
    return found
