"""Many live instances explained and grouped by cause; what is kept is a line for each cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from shlex import quote

from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.explanation.explaining import STUCK, Explanation
from rochallor_cli.explanation.movers import OF_ENGINE, Mover
from rochallor_cli.explanation.serving_workers import UNKNOWN, ServedJobType
from rochallor_cli.explanation.suggested_commands import serving_command
from rochallor_cli.output.times import parse_time

NOTHING_KNOWN: Mapping[str, ServedJobType] = {}
# The worst first: what nothing moves, what needs a person, what workers or time will move.
_ORDER = ("stuck", "job", "user-task", "signal", OF_ENGINE, "timer")
_WAITS_FOR = {
    "job": "open at {step}: for a worker that serves job type {job_type}",
    "user-task": "wait for a person at {step}",
    "signal": "wait for a signal at {step}",
    OF_ENGINE: "at {step}, whose type is not known here: only the engine knows what moves them",
    "timer": "wait for a timer at {step} alone",
}


@dataclass
class AuditGroup:
    """The instances of one definition with one cause."""

    kind: str
    definition_id: str
    step: str
    text: str
    code: str = ""
    job_type: str | None = None
    count: int = 0
    oldest: str | None = None
    example: str = ""
    certain: bool = True
    served: ServedJobType = UNKNOWN

    def take(self, explanation: Explanation, since: str | None) -> None:
        self.count += 1
        self.certain = self.certain and explanation.certain
        if self.oldest is None or _is_before(since, self.oldest):
            self.oldest, self.example = since, explanation.id

    @property
    def way_out(self) -> str:
        if self.kind == STUCK:
            return f"rochallor instances explain {quote(self.example)}"
        if self.kind == "job":
            return serving_command(self.job_type)
        if self.kind == "user-task":
            return f"rochallor tasks list --definition {quote(self.definition_id)}"
        return f"rochallor instances explain {quote(self.example)}"

    def as_row(self) -> Value:
        return {
            "count": self.count,
            "verdict": STUCK if self.kind == STUCK else "moves" if self.kind == "job" else "waits",
            "cause": f"{self.code or self.kind}:{self.definition_id}:{self.step}",
            "text": f"{self.text}; {self.served.text}" if self.served.text else self.text,
            "code": self.code or None,
            "definitionId": self.definition_id,
            "step": self.step,
            "jobType": self.job_type,
            "workers": self.served.workers,
            "recordsWaiting": self.served.waiting,
            "hasHandler": self.served.has_handler,
            "oldest": self.oldest,
            "example": self.example,
            "certain": self.certain,
            "wayOut": self.way_out,
        }


@dataclass
class Audit:
    """Takes explanations one by one; `rows` are the groups, the worst first, then the largest."""

    groups: dict[tuple[str, ...], AuditGroup] = field(default_factory=dict)
    looked_at: int = 0
    stuck: int = 0

    def take(self, explanation: Explanation, definition_id: str) -> None:
        """Count an instance once: by what holds it up most."""
        self.looked_at += 1
        if explanation.verdict == STUCK:
            self.stuck += 1
            cause = explanation.causes[0]
            key: tuple[str, ...] = (STUCK, definition_id, cause.step, cause.code)
            group = self._group(
                key,
                AuditGroup(
                    STUCK, definition_id, cause.step, f"dead at {cause.step}: {cause.text}", cause.code
                ),
            )
            group.take(explanation, explanation.since)
            return
        mover = _first(explanation.moved_by)
        if mover is not None:
            text = _WAITS_FOR[mover.kind].format(step=mover.step, job_type=mover.job_type)
            key = mover.kind, definition_id, mover.step
            new = AuditGroup(mover.kind, definition_id, mover.step, text, job_type=mover.job_type)
            self._group(key, new).take(explanation, mover.since)

    def _group(self, key: tuple[str, ...], new: AuditGroup) -> AuditGroup:
        return self.groups.setdefault(key, new)

    @property
    def job_types(self) -> list[str]:
        """The job types that some of them wait for."""
        return list(dict.fromkeys(group.job_type for group in self.groups.values() if group.job_type))

    def rows(self, served: Mapping[str, ServedJobType] = NOTHING_KNOWN) -> Iterator[Value]:
        """`served`: what is known of who serves their job types."""
        for group in self.groups.values():
            group.served = served.get(group.job_type or "", UNKNOWN)
        ordered = sorted(
            self.groups.values(),
            key=lambda group: (_ORDER.index(group.kind), not group.served.by_nobody, -group.count),
        )
        yield from (group.as_row() for group in ordered)


def _first(movers: tuple[Mover, ...]) -> Mover | None:
    able = [mover for mover in movers if mover.answers_500 != "always"]
    return min(able, key=lambda mover: _ORDER.index(mover.kind), default=None)


def _is_before(one: str | None, other: str) -> bool:
    first, second = parse_time(one), parse_time(other)
    return first is not None and second is not None and first < second
