"""Branches as the engines read them that have an order for them: which comes first, and what is no branch at all."""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.dev_engine.definition.duration import go_quoted
from rochallor_cli.dev_engine.go_json.decoding import BodyError, json_type
from rochallor_cli.dev_engine.go_json.reading import JsonSyntaxError, Literal, read_literals
from rochallor_cli.dev_engine.go_json.writing import stored_rank
from rochallor_cli.dev_engine.versions import EngineRules


def in_branch_order(branches: Mapping[str, str]) -> dict[str, str]:
    """Branches in the order in which they are tried: that of the stored document, not the written one."""
    return {condition: branches[condition] for condition in sorted(branches, key=stored_rank)}


def check_branches_of_body(body: bytes, rules: EngineRules) -> None:
    """As `check_branches`, of a document that is not read yet; what is no JSON is left to its reader."""
    if not rules.ordered_branches:
        return
    try:
        check_branches(read_literals(body), rules)
    except JsonSyntaxError:
        return


def check_branches(document: object, rules: EngineRules) -> None:
    """Refuse branches that are no object of texts. Raises BodyError.

    The engine reads them with a reader of its own, which is not as patient as the one for all other fields.
    """
    if not rules.ordered_branches:
        return
    steps = document.get("steps") if isinstance(document, dict) else None
    for step in steps if isinstance(steps, list) else ():
        for name, branches in step.items() if isinstance(step, dict) else ():
            if name.lower() == "conditionalnextsteps" and branches is not None:
                _check_branches_of_step(branches)


def _check_branches_of_step(branches: object) -> None:
    if not isinstance(branches, dict):
        found = "[" if isinstance(branches, list) else _as_go_prints(branches)
        raise BodyError(f"conditionalNextSteps: expected JSON object, got {found}")
    for condition, target in branches.items():
        if isinstance(target, Literal) or not isinstance(target, str | None):
            raise BodyError(
                f"conditionalNextSteps[{go_quoted(condition)}]: json: cannot unmarshal {json_type(target)} "
                "into Go value of type string"
            )


def _as_go_prints(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
