"""Checking definitions offline: the embedded engine's rules, with places, and what only several files show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rochallor_cli.counting import count_text
from rochallor_cli.definitions.across_definitions import DefinitionSet
from rochallor_cli.definitions.comments import commented_conditions
from rochallor_cli.definitions.finding import DocumentFinding, fields_of, finding_at, steps_of
from rochallor_cli.definitions.problem_codes import (
    EMPTIED,
    NO_HANDLER,
    NOT_KNOWN,
    OF_WAYS,
    PROBLEM_CODES,
    UNREADABLE,
)
from rochallor_cli.definitions.structure import looks_mistyped, misfits, without
from rochallor_cli.dev_engine import (
    ENGINE_VERSIONS,
    HIT_POLICIES,
    EngineRules,
    Problem,
    check,
    codes,
    engine_rules,
    step_types,
)
from rochallor_cli.documents.document import QUOTE_HINT, Document, DocumentPath
from rochallor_cli.errors import UnreadableTextError, UsageError, did_you_mean

# The length of a step's own path: what is wrong further in leaves the rest of the document to be checked.
_STEP_DEPTH = 2
# How engines name a step in what they say.
_NAMED_STEP = re.compile(r'\bstep "([^"]+)"')


@dataclass(frozen=True)
class LintAssumptions:
    """What a check is for: an engine's rules, and whether somebody said that it is this one.

    variables: those that instances are started with; None where they are not known.
    """

    rules: EngineRules
    is_given: bool = False
    variables: Mapping[str, Any] | None = None


def lint_documents(
    documents: Sequence[Document],
    assumed: LintAssumptions,
    *,
    served: set[str] | None = None,
    disabled: Sequence[str] = (),
    errors: Collection[str] = (),
) -> list[DocumentFinding]:
    """All findings, by document and place. `served` are the job types that handlers exist for, None if unknown.

    errors: codes that are errors, whatever they are else.
    """
    together = DefinitionSet(documents, assumed.rules)
    ids = {str(fields_of(document).get("id")) for document in documents}
    found: list[DocumentFinding] = []
    for document in documents:
        off = {*disabled, *_disabled_within(document)}
        known_ids = ids if len(documents) > 1 else None
        findings = [
            *(finding for _, finding in _checked(document, assumed, known_ids=known_ids)),
            *_emptied(document),
            *(_unserved(document, served) if served is not None else ()),
            *commented_conditions(document),
            *together.findings(document),
        ]
        kept = [
            replace(finding, severity="error") if finding.code in errors else finding
            for finding in findings
            if finding.code not in off and finding.code not in document.ignored.get(finding.line, ())
        ]
        found += sorted(kept, key=lambda finding: (finding.line, finding.column, finding.code))
    return found


def unreadable_finding(error: UnreadableTextError) -> DocumentFinding:
    """The finding for a file that cannot be read."""
    text = f"{error.problem} ({error.hint})" if error.hint else error.problem
    return DocumentFinding(error.source, error.line or 1, error.column or 1, UNREADABLE, "error", text, ())


def summary(found: Sequence[DocumentFinding]) -> str:
    """`1 error, 2 warnings. rochallor defs lint --explain W301 says more.`"""
    if not found:
        return "no problems."
    errors = sum(finding.severity == "error" for finding in found)
    warnings = len(found) - errors
    parts = [count_text(count, word) for count, word in ((errors, "error"), (warnings, "warning"))]
    more = f" `rochallor defs lint --explain {found[0].code}` says more."
    return ", ".join(part for part in parts if not part.startswith("0 ")) + "." + more


def explanation(code: str) -> str:
    """Why a code matters, and what to do."""
    entry = PROBLEM_CODES.get(code.upper())
    if entry is None:
        raise UsageError(f"no code {code!r}", hint=did_you_mean(code.upper(), sorted(PROBLEM_CODES)))
    holds = "" if entry.versions == "all" else f"\nHolds for engine version {entry.versions}."
    final = "\nAn error: what comes there can certainly not go on." if entry.is_final else ""
    return f"{entry.code}: {entry.title}\n{entry.why}\n{entry.instead}{final}{holds}"


def _disabled_within(document: Document) -> list[str]:
    metadata = fields_of(document).get("metadata")
    listed = metadata.get("lintDisable") if isinstance(metadata, Mapping) else None
    return [str(code) for code in listed] if isinstance(listed, list) else []


def _checked(
    document: Document,
    assumed: LintAssumptions,
    *,
    known_ids: set[str] | None = None,
    only_refusals: bool = False,
) -> Iterator[tuple[str, DocumentFinding]]:
    """The embedded engine's words and the finding; of a wrong shape, which it cannot place, ours instead.

    What is not known up to this version does not hide the rest: all else is checked without it.
    `known_ids`: where to look next workflows up; None where other definitions are not known.
    """
    value = document.value
    unfit = list(misfits(value, assumed.rules))
    unknown = [each for each in unfit if each.is_new and not assumed.is_given]
    for each in unfit:
        code, severity, text = (
            codes.WRONG_SHAPE,
            "error",
            each.text + (f" ({each.advice})" if each.advice else ""),
        )
        if each in unknown:
            code, severity, text = NOT_KNOWN, "warning", _not_known(each.text, assumed)
        line, column = document.position(each.path, of_key=each.of_key)
        finding = DocumentFinding(document.source, line, column, code, severity, text, each.path)
        yield each.words, finding
    if any(not each.is_unknown and len(each.path) <= _STEP_DEPTH for each in unfit):
        return
    misshapen = {each.path[:_STEP_DEPTH] for each in unfit if not each.is_unknown}
    problems = check(
        without(value, [each.path for each in unfit]),
        assumed.rules,
        known_ids=known_ids,
        variables=assumed.variables,
        only_refusals=only_refusals,
    )
    findings = [(problem.text, _as_finding(document, problem, assumed)) for problem in problems]
    has_unknown = bool(unfit) or any(finding.code == NOT_KNOWN for _, finding in findings)
    for words, finding in findings:
        # What is left out where a shape is wrong has consequences that are no problems of their own.
        follows = finding.path[:_STEP_DEPTH] in misshapen
        if not follows and not ((has_unknown or misshapen) and finding.code in OF_WAYS):
            yield words, finding


def _as_finding(document: Document, problem: Problem, assumed: LintAssumptions) -> DocumentFinding:
    near = _nearest(document, problem.path, code=problem.code, assumed=assumed)
    words = {codes.NO_SUCH_TYPE: step_types(assumed.rules), codes.NO_SUCH_POLICY: HIT_POLICIES}.get(
        problem.code
    )
    word = _at(document, problem.path) if words else ""
    # An engine may be newer than all that is known here; none knows a blank.
    if words and word.strip() and not assumed.is_given and not looks_mistyped(word, words):
        known = "" if problem.code == codes.NO_SUCH_POLICY else f" (known are {', '.join(words)})"
        return finding_at(
            document, problem.path, code=NOT_KNOWN, text=_not_known(problem.text, assumed) + known
        )
    return finding_at(document, problem.path, code=problem.code, text=problem.text + near)


def _not_known(text: str, assumed: LintAssumptions) -> str:
    return f"{text}: not known up to {assumed.rules.version}; the engine decides"


def _at(document: Document, path: DocumentPath) -> str:
    found: Any = document.value
    for part in path:
        found = found.get(part, "") if isinstance(found, Mapping) else found[part]
    return str(found)


def _nearest(document: Document, path: DocumentPath, *, code: str, assumed: LintAssumptions) -> str:
    """` (did you mean approve?)` where a step or type is named that is not there; of types also those there are."""
    if code == codes.NO_SUCH_STEP:
        known: Sequence[str] = [str(step.get("id")) for _, step in steps_of(document)]
    elif code == codes.NO_SUCH_TYPE:
        known = step_types(assumed.rules)
    else:
        return ""
    near = did_you_mean(_at(document, path), known)
    nearest = f" ({near})" if near else ""
    if code == codes.NO_SUCH_STEP:
        return nearest
    return f"{nearest}; version {assumed.rules.version} knows {', '.join(known)}"


def located(document: Document, problems: Sequence[str]) -> list[str]:
    """An engine's complaints about a document in its own words, each with its place where that can be told."""
    places = {words: finding.place for words, finding in _as_said(document, problems)}
    return [
        f"{places[problem]}: {problem}" if problem in places else at_named_step(document, problem)
        for problem in problems
    ]


def at_named_step(document: Document, problem: str) -> str:
    """A complaint that nobody here knows, at the step that it names: `f.yaml:7:5: step "b": …`; else at the file."""
    named = _NAMED_STEP.search(problem)
    for index, step in steps_of(document):
        if named and str(step.get("id")) == named[1]:
            return f"{document.at(('steps', index))}: {problem}"
    return f"{document.source}: {problem}"


def _as_said(document: Document, problems: Sequence[str]) -> list[tuple[str, DocumentFinding]]:
    """What the newest version finds that complains of the same; else what the newest one does."""
    by_version = []
    for version in reversed(ENGINE_VERSIONS):
        by_version.append(list(_checked(document, LintAssumptions(engine_rules(version), is_given=True))))
        if set(problems) <= {text for text, _ in by_version[-1]}:
            return by_version[-1]
    return by_version[0]


def refusals(document: Document, assumed: LintAssumptions) -> list[DocumentFinding]:
    """What an engine of this version refuses; what is not known up to it is left to the engine."""
    return refusals_and_unknowns(document, assumed)[0]


def refusals_and_unknowns(
    document: Document, assumed: LintAssumptions
) -> tuple[list[DocumentFinding], list[DocumentFinding]]:
    """What is refused, and what is not known up to this version."""
    found = [finding for _, finding in _checked(document, assumed, only_refusals=True)]
    return (
        [finding for finding in found if finding.is_refusal],
        [finding for finding in found if finding.code == NOT_KNOWN],
    )


def placed_lines(findings: Sequence[DocumentFinding]) -> list[str]:
    """The findings, each with its place, for an error message."""
    return [_placed(finding) for finding in findings]


def _placed(finding: DocumentFinding) -> str:
    return f"{finding.place}: {finding.text}"


def _emptied(document: Document) -> Iterator[DocumentFinding]:
    for path in sorted(document.emptied, key=str):
        yield finding_at(document, path, code=EMPTIED, text=f"{path[-1]} is empty: {QUOTE_HINT}")


def _unserved(document: Document, served: set[str]) -> Iterator[DocumentFinding]:
    for index, step in steps_of(document):
        job_type = step.get("jobType")
        if step.get("type") == "SERVICE_TASK" and isinstance(job_type, str) and job_type not in served:
            near = did_you_mean(job_type, sorted(served))
            text = f'step "{step.get("id")}": no handler serves job type "{job_type}"' + (
                f" ({near})" if near else ""
            )
            yield finding_at(document, ("steps", index, "jobType"), code=NO_HANDLER, text=text)
