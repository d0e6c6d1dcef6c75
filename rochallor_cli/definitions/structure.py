"""The shape of a definition document, told in people's words: what was expected where, and what was found.

The engine says of a wrong shape only `json: cannot unmarshal …`, and nothing of where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from rochallor_cli.dev_engine import OLDER_FORMS, EngineRules
from rochallor_cli.errors import did_you_mean

Path = tuple[str | int, ...]
# How much of two names is the same where one is the other with a letter or two wrong: DECISON, nextSteps.
_A_SLIP = 0.8
_LEAST_CUT = 4
# What decision tables have in place of the fields of their older form.
_INSTEAD = "rules set outputs, and nextStep leads on"
_NONE: Mapping[str, str] = {}

ShapeCheck = Callable[[Any, Path], "Iterator[Misfit]"]


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing in a document that does not fit; of an unknown field, whether it may be a newer engine's.

    advice: what to do; empty where the text says it. words: how an engine says it, where that is known.
    """

    path: Path
    of_key: bool
    text: str
    advice: str = ""
    words: str = ""
    is_unknown: bool = False
    is_new: bool = False


def misfits(document: object, rules: EngineRules) -> Iterator[Misfit]:
    """Everything in a document that an engine of these rules does not know, or reads as another type.

    Null is fine anywhere.
    """
    yield from _definition_check(rules)(document, ())


def without(document: Any, paths: Sequence[Path]) -> Any:
    """A copy of a document without what stands at these paths, which are in the document's order."""
    copy = deepcopy(document) if paths else document
    # The last first: what goes from a list moves all that comes after it.
    for *parents, last in reversed(paths):
        holder = copy
        for part in parents:
            holder = holder[part]
        del holder[last]
    return copy


def known_part(document: Any, rules: EngineRules, *, keep_mistyped: bool = False) -> tuple[Any, list[str]]:
    """A document without the fields that no engine of these rules knows, and the names of those.

    keep_mistyped: leave those that may be known ones but for a slip.
    """
    unknown = [
        each for each in misfits(document, rules) if each.is_unknown and (each.is_new or not keep_mistyped)
    ]
    names = dict.fromkeys(str(each.path[-1]) for each in unknown)
    return without(document, [each.path for each in unknown]), list(names)


def looks_mistyped(name: str, known: Sequence[str]) -> bool:
    """Whether a name is a known one but for a slip: cut short, in another case, or with a letter or two wrong."""
    plain_name, *plain = (re.sub(r"[^a-z0-9]", "", each.lower()) for each in (name, *known))
    is_cut = len(plain_name) >= _LEAST_CUT and any(each.startswith(plain_name) for each in plain)
    return is_cut or bool(get_close_matches(plain_name, plain, n=1, cutoff=_A_SLIP))


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


def _of_type(expected: str, *types: type) -> ShapeCheck:
    def check(value: Any, path: Path) -> Iterator[Misfit]:
        if value is not None and type(value) not in types:
            where = f" ({path_text(path)})" if path else ""
            yield Misfit(path, False, f"expected {expected}, found {kind(value)}{where}")

    return check


_TEXT = _of_type("a text", str)
_TRUTH = _of_type("true or false", bool)
_WHOLE = _of_type("a whole number", int)
_ANY_MAPPING = _of_type("a mapping", dict)


def _anything(value: Any, path: Path) -> Iterator[Misfit]:
    return iter(())


def _list_of(inner: ShapeCheck) -> ShapeCheck:
    is_list = _of_type("a list", list)

    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from is_list(value, path)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from inner(item, (*path, index))

    return check


def _mapping_of(inner: ShapeCheck) -> ShapeCheck:
    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from _ANY_MAPPING(value, path)
        for key, item in (value if isinstance(value, Mapping) else {}).items():
            yield from inner(item, (*path, key))

    return check


def _object(fields: Mapping[str, ShapeCheck], older_forms: Mapping[str, str] = _NONE) -> ShapeCheck:
    # The engine matches names without regard to case.
    by_name = {name.lower(): check for name, check in fields.items()}

    def check(value: Any, path: Path) -> Iterator[Misfit]:
        yield from _ANY_MAPPING(value, path)
        for key, item in (value if isinstance(value, Mapping) else {}).items():
            inner = by_name.get(key.lower())
            if inner is None:
                yield _unknown((*path, key), key, known=list(fields), older_forms=older_forms)
            else:
                yield from inner(item, (*path, key))

    return check


def _unknown(path: Path, key: str, *, known: Sequence[str], older_forms: Mapping[str, str]) -> Misfit:
    if words := older_forms.get(key):
        return Misfit(path, True, words, advice=_INSTEAD, words=words, is_unknown=True)
    text = f'unknown field "{key}"'
    is_new = not looks_mistyped(key, known)
    near = did_you_mean(key, known) or ""
    return Misfit(path, True, text, advice=near, words=f"json: {text}", is_unknown=True, is_new=is_new)


_EVENT = _object({"type": _TEXT, "duration": _TEXT, "interrupting": _TRUTH, "targetStepId": _TEXT})
_RULE = _object({"when": _mapping_of(_TEXT), "outputs": _mapping_of(_anything)}, OLDER_FORMS)
_SCHEMA = _object(
    {"properties": _mapping_of(_object({"type": _TEXT})), "required": _list_of(_TEXT)},
)


@cache
def _definition_check(rules: EngineRules) -> ShapeCheck:
    step = {
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
    }
    definition = {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "version": _WHOLE,
        "autoStartNextWorkflow": _TRUTH,
        "nextWorkflowId": _TEXT,
        "metadata": _ANY_MAPPING,
    }
    if rules.decision_tables:
        step |= {"decisionTable": _object({"rules": _list_of(_RULE)}, OLDER_FORMS), "hitPolicy": _TEXT}
    if rules.schemas:
        step |= {"outputs_schema": _SCHEMA}
        definition |= {"input_schema": _SCHEMA}
    older_forms = OLDER_FORMS if rules.decision_tables else _NONE
    return _object({**definition, "steps": _list_of(_object(step, older_forms))})
