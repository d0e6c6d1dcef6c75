"""A document verified: checked, searched, and what was found graded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rochallor_cli.definitions.finding import DocumentFinding
from rochallor_cli.definitions.linting import LintAssumptions, refusals
from rochallor_cli.definitions.problem_codes import OF_WAYS
from rochallor_cli.definitions.structure import known_part, looks_mistyped
from rochallor_cli.definitions.unknown_parts import UnknownPart, unknown_values_in
from rochallor_cli.dev_engine import ENGINE_VERSIONS, EngineRules, check, engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document
from rochallor_cli.documents.document import Document
from rochallor_cli.errors import InvalidDocumentError, NotKnownError, WaitRanOutError
from rochallor_cli.verification.certainty import Grade
from rochallor_cli.verification.findings import find
from rochallor_cli.verification.report import VerifiedDefinition
from rochallor_cli.verification.search import SearchBounds, search
from rochallor_cli.verification.unknown_steps import with_stand_ins


def verified_document(
    document: Document,
    rules: EngineRules,
    *,
    variables: Mapping[str, Any] | None = None,
    assumed: Mapping[str, Any] | None = None,
    bounds: SearchBounds | None = None,
    is_stored: bool = False,
) -> VerifiedDefinition:
    """Raises InvalidDocumentError for what the engine would refuse: nothing can happen to an instance of it.

    is_stored: an engine has it, so that no name in it is a slip. NotKnownError where it is refused all the same.
    """
    document, not_known, unsearched = _known(document, is_stored=is_stored)
    refused = next(
        (
            each
            for each in check(document.value, rules, only_refusals=True)
            # Where ways are not known, whether a step is reached is not either.
            if not (unsearched and each.code in OF_WAYS)
        ),
        None,
    )
    if refused is not None:
        text = f"{document.at(refused.path)}: {refused.code} {refused.text}"
        # Of a wrong shape the engine says no place.
        placed = refusals(document, LintAssumptions(rules, is_given=True))
        if placed:
            text = f"{document.at(placed[0].path)}: {placed[0].code} {placed[0].text}"
        if is_stored:
            raise NotKnownError(
                f"{text}; this engine has it all the same, so what is known here is not enough to search it",
                hint=f"checked for engine version {rules.version}; --engine-version says another",
            )
        raise InvalidDocumentError(
            text,
            hint="a definition that the engine refuses cannot be verified; see `rochallor defs lint`",
        )
    definition = definition_from_document(document.value, rules)
    found = search(definition, variables=variables, assumed=assumed, bounds=bounds or SearchBounds())
    return VerifiedDefinition.of(
        document,
        found,
        findings=find(found),
        assumed=assumed or {},
        not_known=not_known,
        unsearched=unsearched,
    )


def _known(document: Document, *, is_stored: bool) -> tuple[Document, list[str], dict[str, str]]:
    """The document without the fields that no version known here has, their names, and what has stand-ins."""
    newest = engine_rules(ENGINE_VERSIONS[-1])
    value, fields = known_part(document.value, newest, keep_mistyped=not is_stored)

    def is_unknown(each: UnknownPart) -> bool:
        return is_stored or not looks_mistyped(each.name, each.known)

    unsearched: dict[str, str] = {}
    if any(map(is_unknown, unknown_values_in(value))):
        value, unsearched = with_stand_ins(value, is_unknown)
    return replace(document, value=value), fields, unsearched


def verified_findings(verified: VerifiedDefinition) -> Iterator[DocumentFinding]:
    """What was found as lint says it: errors but for what is only possible, each with its run in one line."""
    for finding, trace in verified.findings:
        line, column = verified.place_of(finding)
        severity = "warning" if finding.grade == Grade.POSSIBLE else "error"
        events = ", ".join(f"{event.event} {event.step}".strip() for event in trace)
        text = f"{finding.text} ({finding.grade}{f': {events}' if events else ''})"
        yield DocumentFinding(
            verified.document.source, line, column, finding.code, severity, text, ("steps", finding.step)
        )


def require_searched(verified: Sequence[VerifiedDefinition]) -> None:
    """Raises where a search has not seen all: of that nothing is known, so it is no success.

    WaitRanOutError where it came to its bounds, NotKnownError where part of the definition is not known here.
    """
    cut = [each for each in verified if not each.found.is_complete]
    if cut:
        names = ", ".join(f"{each.document.source}: {each.found.definition.id}" for each in cut)
        raise WaitRanOutError(
            f"not searched to the end: {names}",
            hint="`rochallor defs verify` with --max-states and --max-time reaches further",
        )
    if partly := [each for each in verified if each.unsearched]:
        raise NotKnownError(
            "; ".join(
                f"{each.document.source}: {text}" for each in partly for text in each.unsearched.values()
            ),
            hint="the rest was searched; a newer rochallor may know it",
        )
