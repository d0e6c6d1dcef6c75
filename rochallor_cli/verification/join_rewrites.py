"""A rewrite for joins that count wrongly: branches that go in step, one task of each at a time.

A join counts branches by their first step. So a branch of several tasks is cut into pieces that begin with a task,
and the first pieces of all branches run beside each other, then the second ones, and so on, each round with a join of
its own. What a branch passes at once before its first task goes before the gateway. Only branches without ways of
their own are rewritten, and only what is then verified clean is offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

from rochallor_cli.definitions.verification_codes import EARLY_JOIN, RUNS_TWICE, STAYS_FOR_EVER, WORK_LEFT
from rochallor_cli.dev_engine import EngineRules
from rochallor_cli.documents.document import Document
from rochallor_cli.errors import InvalidDocumentError
from rochallor_cli.verification.certainty import Grade
from rochallor_cli.verification.report import Suggestion, VerifiedDefinition
from rochallor_cli.verification.search import SearchBounds
from rochallor_cli.verification.verifying import verified_document

StepFields = dict[str, Any]

_OF_JOINS: Final = frozenset({STAYS_FOR_EVER, RUNS_TWICE, WORK_LEFT, EARLY_JOIN})
_TASKS: Final = ("SERVICE_TASK", "USER_TASK", "WAIT")
_PASSED: Final = ("TRANSFORMATION", "DECISION_TABLE")


def suggestion_for(
    verified: VerifiedDefinition, rules: EngineRules, bounds: SearchBounds
) -> Suggestion | None:
    """None where no finding is about a join, where no rewrite is known, or where it would not be clean."""
    found = {finding.code for finding, _ in verified.findings if finding.grade != Grade.POSSIBLE}
    if not found & _OF_JOINS:
        return None
    rewritten = deepcopy(verified.document.value)
    texts = [
        text
        for gateway in [step["id"] for step in rewritten["steps"] if step.get("type") == "PARALLEL_GATEWAY"]
        if (text := _rewrite(rewritten, gateway)) is not None
    ]
    if not texts or not _is_clean(Document(verified.document.source, rewritten), rules, bounds):
        return None
    return Suggestion("; ".join(texts), rewritten)


def _is_clean(document: Document, rules: EngineRules, bounds: SearchBounds) -> bool:
    try:
        verified = verified_document(document, rules, bounds=bounds)
    except InvalidDocumentError:
        return False
    return verified.found.is_complete and all(
        finding.grade == Grade.POSSIBLE for finding, _ in verified.findings
    )


def _rewrite(definition: dict[str, Any], gateway_id: str) -> str | None:
    """Rewrite one gateway in place; what was done, or None where nothing could be or had to be."""
    steps = {step["id"]: step for step in definition["steps"]}
    gateway = steps[gateway_id]
    join = steps.get(gateway.get("joinStep", ""))
    if join is None or join.get("type") != "JOIN_GATEWAY":
        return None
    branches = [_branch(first, join=join["id"], steps=steps) for first in gateway["parallelNextSteps"]]
    chains = [branch for branch in branches if branch is not None]
    if len(chains) < len(branches) or _is_entered_otherwise(join["id"], steps, chains):
        return None
    chains = _told_apart(chains, steps)
    before = [step for chain in chains for step in _leading(chain)]
    pieces = [list(_pieces(chain[len(_leading(chain)) :])) for chain in chains]
    if not before and all(len(each) == 1 for each in pieces) and len(chains) == len(steps_named(gateway)):
        is_same = [each[0][0]["id"] for each in pieces] == gateway["parallelNextSteps"]
        if is_same:
            return None
    rounds = [
        [each[number] for each in pieces if len(each) > number] for number in range(max(map(len, pieces)))
    ]
    _put_together(definition, gateway, join=join, before=before, rounds=rounds)
    shown = ", then ".join(" and ".join(piece[0]["id"] for piece in each) for each in rounds)
    return f'the branches of "{gateway_id}" go in step: {shown}'


def steps_named(gateway: Mapping[str, Any]) -> set[str]:
    """The distinct first steps of a gateway's branches."""
    return set(gateway["parallelNextSteps"])


def _branch(first: str, *, join: str, steps: Mapping[str, StepFields]) -> list[StepFields] | None:
    """The steps of a branch up to its join; None where it is not a plain row of them."""
    found: list[StepFields] = []
    here = first
    while here != join:
        step = steps.get(here)
        is_plain = step is not None and step.get("type") in (*_TASKS, *_PASSED)
        if step is None or not is_plain or step.get("conditionalNextSteps") or step in found:
            return None
        found.append(step)
        here = step.get("nextStep", "")
    return found or None


def _is_entered_otherwise(
    join: str, steps: Mapping[str, StepFields], chains: Sequence[Sequence[StepFields]]
) -> bool:
    """Whether anything but the branches leads to the join, or into a branch past its first step."""
    within = {step["id"] for chain in chains for step in chain}
    for step in steps.values():
        targets = {step.get("nextStep"), *(step.get("conditionalNextSteps") or {}).values()}
        targets |= {event.get("targetStepId") for event in step.get("boundaryEvents") or ()}
        if step["id"] not in within and targets & {join, *within}:
            return True
    return False


def _told_apart(chains: list[list[StepFields]], steps: Mapping[str, StepFields]) -> list[list[StepFields]]:
    """A branch that is listed twice becomes two branches, with ids of their own."""
    taken = set(steps)
    seen: set[str] = set()
    found = []
    for chain in chains:
        if chain[0]["id"] in seen:
            chain = [{**deepcopy(step), "id": _free(step["id"], taken)} for step in chain]
        seen.add(chain[0]["id"])
        found.append(chain)
    return found


def _free(name: str, taken: set[str]) -> str:
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    taken.add(f"{name}-{number}")
    return f"{name}-{number}"


def _leading(chain: Sequence[StepFields]) -> list[StepFields]:
    """What a branch passes at once before its first task; all of it where there is no task."""
    for number, step in enumerate(chain):
        if step["type"] in _TASKS:
            return list(chain[:number])
    return list(chain)


def _pieces(chain: Sequence[StepFields]) -> Iterator[list[StepFields]]:
    """Rows of steps that each begin with a task."""
    piece: list[StepFields] = []
    for step in chain:
        if step["type"] in _TASKS and piece:
            yield piece
            piece = []
        piece.append(step)
    if piece:
        yield piece


def _put_together(
    definition: dict[str, Any],
    gateway: StepFields,
    *,
    join: StepFields,
    before: list[StepFields],
    rounds: list[list[list[StepFields]]],
) -> None:
    """The steps in their new order, each round leading to the next, in place of the gateway's section."""
    taken = {step["id"] for step in definition["steps"]}
    section: list[StepFields] = []
    # From the last to the first: each leads to what was put there before.
    after = join["nextStep"]
    for number in range(len(rounds) - 1, -1, -1):
        pieces = rounds[number]
        made, after = _round(pieces, after, gateway=gateway, join=join, taken=taken, is_first=number == 0)
        section = [*made, *section]
    for step in reversed(before):
        step["nextStep"] = after
        after = step["id"]
        section.insert(0, step)
    gone = {gateway["id"], join["id"], *(step["id"] for step in section)}
    place = definition["steps"].index(gateway)
    kept_before = [step for step in definition["steps"][:place] if step["id"] not in gone]
    kept_after = [step for step in definition["steps"][place:] if step["id"] not in gone]
    definition["steps"] = [*kept_before, *section, *kept_after]
    if after != gateway["id"]:
        _lead_to([*kept_before, *kept_after], old=gateway["id"], new=after)


def _round(
    pieces: list[list[StepFields]],
    after: str,
    *,
    gateway: StepFields,
    join: StepFields,
    taken: set[str],
    is_first: bool,
) -> tuple[list[StepFields], str]:
    """The steps of one round, and the id by which it is entered."""
    if len(pieces) == 1:
        return _row(pieces[0], after), pieces[0][0]["id"]
    split = {**gateway, "parallelNextSteps": [piece[0]["id"] for piece in pieces]}
    meet = {**join, "nextStep": after}
    if not is_first:
        split["id"], meet["id"] = _free(gateway["id"], taken), _free(join["id"], taken)
    split["joinStep"] = meet["id"]
    return [split, *(step for piece in pieces for step in _row(piece, meet["id"])), meet], split["id"]


def _row(piece: Sequence[StepFields], after: str) -> list[StepFields]:
    following = [*(step["id"] for step in piece[1:]), after]
    for step, target in zip(piece, following, strict=True):
        step["nextStep"] = target
    return list(piece)


def _lead_to(steps: Sequence[StepFields], *, old: str, new: str) -> None:
    """Let whatever led to one step lead to another."""
    for step in steps:
        if step.get("nextStep") == old:
            step["nextStep"] = new
        branches = step.get("conditionalNextSteps") or {}
        for condition, target in branches.items():
            if target == old:
                branches[condition] = new
        for event in step.get("boundaryEvents") or ():
            if event.get("targetStepId") == old:
                event["targetStepId"] = new
