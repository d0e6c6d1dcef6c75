"""What a verification came to, for people and as JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from rochallor_cli.counting import count_text
from rochallor_cli.dev_engine.explore import Definition
from rochallor_cli.documents.document import Document, DocumentPath, Position
from rochallor_cli.durations import duration_text
from rochallor_cli.verification.certainty import Grade
from rochallor_cli.verification.findings import TITLES, Flaw
from rochallor_cli.verification.search import SearchResult
from rochallor_cli.verification.traces import TraceEvent, trace_of

_DONE = {
    "start": "the instance starts",
    "job": "the job of {step} is done",
    "fail": "the job of {step} fails for good",
    "task": "user task {step} is completed",
    "signal": "{step} is signalled",
    "timer": "a timer of {step} fires",
}
_GRADES = {
    Grade.ALWAYS: "in every run",
    Grade.SOME_ORDER: "in some order of events",
    Grade.POSSIBLE: "possible, for some values",
}


# A finding with the run that shows it.
Traced = tuple[Flaw, Sequence[TraceEvent]]


@dataclass(frozen=True)
class Suggestion:
    """A definition in place of the one that was verified, and what was done to it."""

    text: str
    definition: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "definition": dict(self.definition)}


@dataclass(frozen=True)
class VerifiedDefinition:
    """One definition with what its search came to."""

    document: Document
    found: SearchResult
    findings: Sequence[Traced]
    assumptions: Sequence[str]
    suggestion: Suggestion | None = None
    # By step: what no version known here has, so that it was not searched.
    unsearched: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        document: Document,
        found: SearchResult,
        *,
        findings: Sequence[Flaw],
        assumed: Mapping[str, Any],
        not_known: Sequence[str] = (),
        unsearched: Mapping[str, str] | None = None,
    ) -> VerifiedDefinition:
        """not_known: fields of the document that no version known here has; unsearched: steps that have stand-ins."""
        traced: list[Traced] = [(finding, trace_of(found, finding)) for finding in findings]
        if unsearched:
            # Only a table is passed in the event that enters it.
            passed = {
                each.id for each in found.definition.steps if each.id in unsearched and each.decision_table
            }
            traced = list(_despite_stand_ins(traced, unsearched, passed))
        without = [f'field "{name}", which is not known here, changes nothing' for name in not_known]
        assumptions = [*without, *(unsearched or {}).values(), *_assumptions(found, assumed)]
        return cls(document, found, traced, assumptions, unsearched=unsearched or {})

    @property
    def is_complete(self) -> bool:
        """Whether all that can happen was seen."""
        return self.found.is_complete and not self.unsearched

    def place_of(self, finding: Flaw) -> Position:
        """Line and column of the step that a finding is about."""
        return self.document.position(_path(found=self.found.definition, step=finding.step))

    def worst(self) -> Grade | None:
        grades = list(Grade)
        return min((each.grade for each, _ in self.findings), key=grades.index, default=None)

    def as_json(self) -> dict[str, Any]:
        found = self.found
        return {
            "file": self.document.source,
            "id": found.definition.id,
            "version": found.definition.rules.version,
            "situations": len(found.situations),
            "moves": len(found.moves),
            "complete": self.is_complete,
            "seconds": round(found.seconds, 3),
            "assumptions": list(self.assumptions),
            "findings": [self._finding_json(finding, trace) for finding, trace in self.findings],
            **({"suggestion": self.suggestion.as_json()} if self.suggestion else {}),
        }

    def _finding_json(self, finding: Flaw, trace: Sequence[TraceEvent]) -> dict[str, Any]:
        line, column = self.place_of(finding)
        return {
            "code": finding.code,
            "title": TITLES[finding.code],
            "step": finding.step,
            "line": line,
            "column": column,
            "grade": str(finding.grade),
            "text": finding.text,
            "trace": [event.as_json() for event in trace],
        }

    def lines(self) -> Iterator[str]:
        """For people: each finding with its run, then how far the search went and on what it rests."""
        for finding, trace in self.findings:
            where = self.document.at(_path(found=self.found.definition, step=finding.step))
            yield f"{where}: {finding.code} {TITLES[finding.code]} ({_GRADES[finding.grade]})"
            yield f"    {finding.text}"
            yield from _timeline(trace)
            yield ""

    def summary(self) -> str:
        found = self.found
        searched = (
            f"{count_text(len(found.situations), 'situation')}, {count_text(len(found.moves), 'move')} "
            f"in {found.seconds:.2f} s"
        )
        name = f"{self.document.source}: {found.definition.id} (engine {found.definition.rules.version})"
        if not found.is_complete:
            return f"{name}: NOT searched to the end: {searched}; --max-states and --max-time reach further"
        what = count_text(len(self.findings), "finding") if self.findings else "nothing found"
        if self.unsearched:
            return (
                f"{name}: {what}; NOT searched: {'; '.join(self.unsearched.values())}; the rest: {searched}"
            )
        return f"{name}: {what}; searched to the end: {searched}"


def _despite_stand_ins(
    findings: Iterable[Traced], unsearched: Collection[str], passed: AbstractSet[str]
) -> Iterator[Traced]:
    """None of a stand-in itself nor of what may be reached from it, and none certain that goes through one."""
    for finding, trace in findings:
        if finding.step in unsearched or not trace:
            continue
        if any(event.step in unsearched or not passed.isdisjoint(event.entered) for event in trace):
            finding = replace(finding, grade=Grade.POSSIBLE)
            trace = [replace(event, is_playable=False) for event in trace]
        yield finding, trace


def _timeline(trace: Sequence[TraceEvent]) -> Iterator[str]:
    for number, event in enumerate(trace, start=1):
        what = _DONE[event.event].format(step=event.step)
        at = f" after {duration_text(event.at)}" if event.at else ""
        chosen = f" [{'; '.join(event.choice)}]" if event.choice else ""
        entered = f", enters {', '.join(event.entered)}" if event.entered else ""
        stands = f", open: {', '.join(event.open_steps)}" if event.open_steps else ""
        yield f"    {number:>2}. {what}{at}{chosen}{entered}: {event.status}{stands}"


def _assumptions(found: SearchResult, assumed: Mapping[str, Any]) -> Iterator[str]:
    yield "jobs, people and signals may set any variable, in any order and at any time"
    yield "expressions do not err, and a condition nobody knows may hold or not, anew at each event"
    yield "a job that fails for good ends the instance; that alone is no finding"
    if found.definition.input_schema or any(step.outputs_schema for step in found.definition.steps):
        yield "what starts an instance and what jobs return fits the schemas"
    for name, value in assumed.items():
        yield f"nobody but the workflow changes {name} ({value!r})"
    for step in sorted(found.crowded):
        yield f"{step} is followed while it is open three times at most"
    for name in sorted(found.forgotten):
        yield f"{name} goes on changing in a loop: after three rounds it may be anything"


def _path(*, found: Definition, step: str) -> DocumentPath:
    for index, each in enumerate(found.steps):
        if each.id == step:
            return ("steps", index)
    return ()
