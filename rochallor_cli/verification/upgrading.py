"""What becomes of a definition when the engine goes from one version to another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from rochallor_cli.definitions.across_definitions import started_by
from rochallor_cli.definitions.problem_codes import PROBLEM_CODES
from rochallor_cli.definitions.structure import known_part
from rochallor_cli.definitions.verification_codes import (
    BOTH_WAYS,
    EARLY_JOIN,
    LATE_TIMER,
    RUNS_TWICE,
    WORK_LEFT,
)
from rochallor_cli.dev_engine import CODES, ENGINE_VERSIONS, EngineRules, check, codes, engine_rules
from rochallor_cli.dev_engine.explore import Definition, definition_from_document
from rochallor_cli.dev_engine.upgrade import BETTER, FAILS, REFUSED, SILENT, step_differences
from rochallor_cli.documents.document import Document, DocumentPath
from rochallor_cli.verification.certainty import Grade
from rochallor_cli.verification.findings import TITLES, Flaw, find
from rochallor_cli.verification.search import SearchBounds, search
from rochallor_cli.verification.version_comparison import VersionDifference, compared_versions

# A search came to its bounds: what it has not seen is not known.
UNKNOWN: Final = "unknown"
# Worst first.
HEADINGS: Final = {
    SILENT: "silently another way",
    FAILS: "fails",
    REFUSED: "refused",
    BETTER: "better now",
    UNKNOWN: "not compared to the end",
}
_KINDS: Final = tuple(HEADINGS)
# Of hundreds of definitions each search may take but a moment.
_BOUNDS: Final = SearchBounds(max_states=3_000, max_seconds=3.0)
_WAYS: Final = {
    SILENT: "goes on another way",
    FAILS: "stops where it went on",
    BETTER: "goes on where it stopped",
}
_LOOK: Final = "rochallor defs verify with --engine-version shows what either version makes of it"
# What is silent about a run that goes another way; everything else of verification stops or fails it.
_SILENT_FLAWS: Final = frozenset({RUNS_TWICE, WORK_LEFT, LATE_TIMER, EARLY_JOIN, BOTH_WAYS})


@dataclass(frozen=True)
class UpgradeDifference:
    """One thing that will be otherwise. example: variables that show it; mend: what to do about it."""

    document: Document
    kind: str
    step: str
    text: str
    before: str
    after: str
    example: Mapping[str, Any]
    mend: str

    @property
    def is_worse(self) -> bool:
        return self.kind not in (BETTER, UNKNOWN)

    def as_row(self) -> dict[str, Any]:
        line, column = self.document.position(self._path())
        return {
            "file": self.document.source,
            "line": line,
            "column": column,
            "id": str(_fields(self.document).get("id") or ""),
            "step": self.step,
            "kind": self.kind,
            "text": self.text,
            "before": self.before,
            "after": self.after,
            "example": dict(self.example),
            "mend": self.mend,
        }

    def _path(self) -> DocumentPath:
        steps = _fields(self.document).get("steps") or ()
        for index, step in enumerate(steps):
            if isinstance(step, Mapping) and step.get("id") == self.step:
                return ("steps", index)
        return ()


def _fields(document: Document) -> Mapping[str, Any]:
    return document.value if isinstance(document.value, Mapping) else {}


def upgrade_differences(document: Document, *, old: EngineRules, new: EngineRules) -> list[UpgradeDifference]:
    """The worst first."""
    return sorted(_differences(document, old=old, new=new), key=lambda each: _KINDS.index(each.kind))


def _differences(document: Document, *, old: EngineRules, new: EngineRules) -> Iterator[UpgradeDifference]:
    document = _without_newer_fields(document)
    was, now = _refusal(document, old), _refusal(document, new)
    if was or now:
        yield _of_upload(document, was=was, now=now)
        return
    before, after = (definition_from_document(document.value, rules) for rules in (old, new))
    mends = _mends(document, new)
    of_steps = list(step_differences(before, after))
    for each in of_steps:
        mend = "" if each.kind == BETTER else each.mend or mends.get(each.step, "")
        yield UpgradeDifference(
            document, each.kind, each.step, each.text, each.before, each.after, each.example, mend
        )
    # What a run meets at other values is no less one of these; that no chance decides any more explains no run.
    told = {each.step for each in of_steps if each.kind != BETTER}
    yield from _of_runs(document, before, after=after, told=told, mends=mends)
    yield from _of_chains(document, old=old, new=new)


def _without_newer_fields(document: Document) -> Document:
    """What no version known here has is the same before and after."""
    value, _ = known_part(document.value, engine_rules(ENGINE_VERSIONS[-1]), keep_mistyped=True)
    return replace(document, value=value)


def _of_upload(document: Document, *, was: str, now: str) -> UpgradeDifference:
    if was and now:
        text, mend = "neither version takes it", "rochallor defs lint says what is wrong"
        return UpgradeDifference(document, UNKNOWN, "", text, was, now, {}, mend)
    kind = REFUSED if now else BETTER
    text = "the upload is refused" if now else "can be uploaded"
    return UpgradeDifference(document, kind, "", text, was or "accepted", now or "accepted", {}, "")


def _refusal(document: Document, rules: EngineRules) -> str:
    return next(
        (each.text for each in check(document.value, rules, only_refusals=True) if each.severity == "error"),
        "",
    )


def _mends(document: Document, rules: EngineRules) -> dict[str, str]:
    """By step: what its first warning says to do."""
    steps = _fields(document)["steps"]
    found: dict[str, str] = {}
    for problem in check(document.value, rules):
        if len(problem.path) > 1 and problem.path[0] == "steps" and isinstance(problem.path[1], int):
            entry = PROBLEM_CODES[problem.code]
            if entry.since or problem.code.startswith("W2"):
                found.setdefault(str(steps[problem.path[1]]["id"]), f"{problem.code}: {entry.instead}")
    return found


# --- runs -----------------------------------------------------------------------------------------


def _of_runs(
    document: Document, before: Definition, *, after: Definition, told: set[str], mends: Mapping[str, str]
) -> Iterator[UpgradeDifference]:
    """Joins, timers and what follows them: what verification finds in one version only, where runs part, and the rest.

    told: steps of which something else is said that makes runs part.
    """
    if not any(step.parallel_next_steps or step.boundary_events for step in after.steps):
        return
    flaws = list(_of_flaws(document, before=before, after=after))
    pairs = compared_versions(old=before, new=after, bounds=_BOUNDS)
    if pairs.is_complete and not pairs.differences:
        # Every run is the same one: what was found besides is how the machines say it.
        flaws = [each for each in flaws if not each.is_worse]
    yield from flaws
    told = told | {each.step for each in flaws}
    seen: set[tuple[str, str]] = set()
    for difference in pairs.differences:
        kind = FAILS if difference.fails else BETTER if difference.is_mended else SILENT
        if not difference.steps & told and (kind, difference.step) not in seen:
            seen.add((kind, difference.step))
            yield _of_parting(document, kind, difference=difference, mends=mends)
    if not pairs.is_complete and not any(each.kind == UNKNOWN for each in flaws):
        yield _not_compared(document)


def _of_parting(
    document: Document, kind: str, *, difference: VersionDifference, mends: Mapping[str, str]
) -> UpgradeDifference:
    text = f"{difference.text}: the run {_WAYS[kind]}"
    mend = next((mends[step] for step in sorted(difference.steps) if step in mends), _LOOK)
    return UpgradeDifference(
        document,
        kind,
        difference.step,
        text,
        difference.before,
        difference.after,
        {},
        "" if kind == BETTER else mend,
    )


def _not_compared(document: Document) -> UpgradeDifference:
    text = "too much can happen to compare all of it"
    mend = "rochallor defs verify with --engine-version, --max-states and --max-time reaches further"
    return UpgradeDifference(document, UNKNOWN, "", text, "not known", "not known", {}, mend)


def _of_flaws(document: Document, *, before: Definition, after: Definition) -> Iterator[UpgradeDifference]:
    """What a search of each machine finds in one of them only."""
    was, now = _flaws(before), _flaws(after)
    for code, step in now.found.keys() - was.found.keys() if was.is_complete else ():
        kind = SILENT if code in _SILENT_FLAWS else FAILS
        yield UpgradeDifference(
            document,
            kind,
            step,
            f'step "{step}": {TITLES[code]}',
            "not so",
            now.text_of(code, step),
            {},
            f"{code}: {PROBLEM_CODES[code].instead}",
        )
    for code, step in was.found.keys() - now.found.keys() if now.is_complete else ():
        text = f'step "{step}": no longer {TITLES[code]}'
        yield UpgradeDifference(
            document, BETTER, step, text, was.text_of(code, step), "not so any more", {}, ""
        )
    yield from _of_both(document, was=was, now=now)
    if not (was.is_complete and now.is_complete):
        yield _not_compared(document)


def _of_both(document: Document, *, was: _Flaws, now: _Flaws) -> Iterator[UpgradeDifference]:
    """What is found in both, and in every run of one of them only: most runs go another way then."""
    for code, step in was.found.keys() & now.found.keys() if was.is_complete and now.is_complete else ():
        before, after = was.found[code, step].grade, now.found[code, step].grade
        if (before == Grade.ALWAYS) == (after == Grade.ALWAYS):
            continue
        worse = SILENT if code in _SILENT_FLAWS else FAILS
        yield UpgradeDifference(
            document,
            worse if after == Grade.ALWAYS else BETTER,
            step,
            f'step "{step}": {TITLES[code]}, {"now" if after == Grade.ALWAYS else "no longer"} in every run',
            was.text_of(code, step),
            now.text_of(code, step),
            {},
            f"{code}: {PROBLEM_CODES[code].instead}",
        )


@dataclass(frozen=True)
class _Flaws:
    """What a search of one version found, by code and step; is_complete: there is nothing else."""

    found: Mapping[tuple[str, str], Flaw]
    is_complete: bool

    def text_of(self, code: str, step: str) -> str:
        flaw = self.found[code, step]
        return f"{flaw.text} (for some values)" if flaw.grade == Grade.POSSIBLE else flaw.text


def _flaws(definition: Definition) -> _Flaws:
    found = search(definition, bounds=_BOUNDS)
    return _Flaws({(each.code, each.step): each for each in find(found)}, found.is_complete)


# --- chains ---------------------------------------------------------------------------------------


def _of_chains(document: Document, *, old: EngineRules, new: EngineRules) -> Iterator[UpgradeDifference]:
    following = started_by(document)
    if following is None or old.business_keys == new.business_keys or not new.business_keys:
        return
    if new.durable_chains:
        return
    text = f'the business key is passed on to "{following}", which is not started where an instance of it has that key'
    yield UpgradeDifference(
        document, SILENT, "", text, "started without a key", "not started, silently", {"businessKey": "any"},
        f"{codes.CHAIN_KEY}: {CODES[codes.CHAIN_KEY].instead}",
    )  # fmt: skip
