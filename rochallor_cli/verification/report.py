"""What a verification came to, for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rochallor_cli.counting import count_text
from rochallor_cli.dev_engine.explore import Definition
from rochallor_cli.documents.document import Document, DocumentPath, Position
from rochallor_cli.durations import duration_text
from rochallor_cli.verification.findings import TITLES, Flaw
from rochallor_cli.verification.grades import Grade
from rochallor_cli.verification.search import Searched
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


@dataclass(frozen=True)
class Suggestion:
    """A definition in place of the one that was verified, and what was done to it."""

    text: str
    definition: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "definition": dict(self.definition)}


@dataclass(frozen=True)
class Verified:
    """One definition with what its search came to."""

    document: Document
    found: Searched
    findings: Sequence[tuple[Flaw, Sequence[TraceEvent]]]
    assumptions: Sequence[str]
    suggestion: Suggestion | None = None

    @classmethod
    def of(
        cls,
        document: Document,
        found: Searched,
        findings: Sequence[Flaw],
        assumed: Mapping[str, Any],
        *,
        not_known: Sequence[str] = (),
    ) -> Verified:
        """not_known: fields of the document that no version known here has."""
        traced = [(finding, trace_of(found, finding)) for finding in findings]
        without = [f'field "{name}", which is not known here, changes nothing' for name in not_known]
        return cls(document, found, traced, [*without, *_assumptions(found, assumed)])

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
            "complete": found.is_complete,
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
        return f"{name}: {what}; searched to the end: {searched}"


def _timeline(trace: Sequence[TraceEvent]) -> Iterator[str]:
    for number, event in enumerate(trace, start=1):
        what = _DONE[event.event].format(step=event.step)
        at = f" after {duration_text(event.at)}" if event.at else ""
        chosen = f" [{'; '.join(event.choice)}]" if event.choice else ""
        entered = f", enters {', '.join(event.entered)}" if event.entered else ""
        stands = f", open: {', '.join(event.open_steps)}" if event.open_steps else ""
        yield f"    {number:>2}. {what}{at}{chosen}{entered}: {event.status}{stands}"


def _assumptions(found: Searched, assumed: Mapping[str, Any]) -> Iterator[str]:
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
