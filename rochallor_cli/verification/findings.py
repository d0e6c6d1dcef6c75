"""What nobody wants of a workflow, looked for in all that a search has found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from rochallor_cli.definitions.verification_codes import (
    BOTH_WAYS,
    EARLY_JOIN,
    FAILS_WITHOUT_JOB,
    LATE_TIMER,
    NEVER_REACHED,
    REACHES_NO_END,
    REFUSED_FOR_EVER,
    RESTLESS_LOOP,
    RUNS_TWICE,
    STAYS_FOR_EVER,
    VERIFICATION_CODES,
    WORK_LEFT,
)
from rochallor_cli.dev_engine.explore import ExecutionStatus, InstanceStatus, codes
from rochallor_cli.verification.certainty import Grade, Grades
from rochallor_cli.verification.definition_graph import DefinitionGraph
from rochallor_cli.verification.search import SearchMove, SearchResult, Situation

TITLES = {entry.code: entry.title for entry in VERIFICATION_CODES}

# What the machine says of itself in a move, by the code of the fault.
_BY_FAULT = {
    codes.END_LEAVES_BRANCHES: WORK_LEFT,
    codes.TIMER_OUTLIVES_STEP: LATE_TIMER,
    codes.TASK_SURVIVES_TIMER: BOTH_WAYS,
}

# Code, step and text of what a move shows.
Shown = tuple[str, str, str]


@dataclass(slots=True)
class Flaw:
    """One kind of trouble at one step. moves, situations: where it shows; none of either: before anything runs."""

    code: str
    step: str
    text: str
    grade: Grade = Grade.POSSIBLE
    moves: list[int] = field(default_factory=list)
    situations: list[int] = field(default_factory=list)


def find(found: SearchResult) -> list[Flaw]:
    """Everything that was found, each kind once for each step, graded, the most certain first."""
    looker = _Looker(found)
    looker.look_at_moves()
    looker.look_at_ends()
    grades = Grades(found)
    for finding in looker.findings:
        finding.grade = grades.grade(finding.moves, finding.situations)
    findings = [*looker.findings, *(_never_reached(found) if found.is_complete else ())]
    order = list(Grade)
    return sorted(findings, key=lambda each: (order.index(each.grade), each.code, each.step))


def _never_reached(found: SearchResult) -> Iterator[Flaw]:
    reached = {entry.step_id for move in found.moves for entry in move.entries}
    refused_at_start = found.start_refusal is not None
    for step in found.definition.steps:
        if step.id not in reached and not refused_at_start:
            yield Flaw(NEVER_REACHED, step.id, f'nothing that can happen leads to "{step.id}"', Grade.ALWAYS)


class _Looker:
    """Goes through what was found and collects what nobody wants."""

    def __init__(self, found: SearchResult) -> None:
        self.findings: list[Flaw] = []
        self._found = found
        self._once = DefinitionGraph.of(found.definition).once
        self._by_place: dict[tuple[str, str], Flaw] = {}

    def _add(
        self, code: str, *, step: str, text: str, move: int | None = None, situation: int | None = None
    ) -> None:
        finding = self._by_place.get((code, step))
        if finding is None:
            finding = self._by_place[code, step] = Flaw(code, step, text)
            self.findings.append(finding)
        if move is not None:
            finding.moves.append(move)
        if situation is not None:
            finding.situations.append(situation)

    # --- what a move shows ----------------------------------------------------------------------

    def look_at_moves(self) -> None:
        for number, move in enumerate(self._found.moves):
            if not move.is_failure:
                for code, step, text in self._shown_by(move):
                    self._add(code, step=step, text=text, move=number)
        refusal = self._found.start_refusal
        if refusal is not None:
            step = self._found.definition.steps[0].id
            self._add(REFUSED_FOR_EVER, step=step, text=f"no instance can be started: {refusal.reason}")

    def _shown_by(self, move: SearchMove) -> Iterator[Shown]:
        if any(fault.code == codes.ENDLESS_LOOP for fault in move.faults):
            # The engine hangs: whatever else it has done is not written.
            yield from (
                (RESTLESS_LOOP, fault.step_id, fault.text)
                for fault in move.faults
                if fault.code == codes.ENDLESS_LOOP
            )
            return
        yield from _faults(move)
        yield from self._second_runs(move)
        yield from self._failures(move)
        if move.refusal is not None and move.refusal.status >= 500:
            text = f'what completes "{move.step}" is answered with 500 and undone: {move.refusal.reason}'
            yield REFUSED_FOR_EVER, move.step, text

    def _second_runs(self, move: SearchMove) -> Iterator[Shown]:
        for entry in move.entries:
            if entry.status != ExecutionStatus.RUNNING or entry.attempt == 1:
                continue
            if entry.step_id in self._once:
                yield RUNS_TWICE, entry.step_id, f'"{entry.step_id}" is in no loop and runs a second time'
            elif entry.step_id in move.again:
                yield RUNS_TWICE, entry.step_id, f'"{entry.step_id}" is started while it runs already'

    def _failures(self, move: SearchMove) -> Iterator[Shown]:
        is_new = move.source is None or self._found.situations[move.source].status.is_live
        if move.status == InstanceStatus.FAILED and is_new and not move.is_refused:
            step = _last_step(move)
            yield FAILS_WITHOUT_JOB, step, f'at "{step}" the instance fails: {move.reason}'

    # --- where runs end -------------------------------------------------------------------------

    def look_at_ends(self) -> None:
        """Live situations in which nothing can happen any more, and those from which no end is reached."""
        dead, ended = [], []
        for number, situation in enumerate(self._found.situations):
            if not situation.status.is_live or not situation.is_expanded:
                ended.append(number)
            elif not self._ways(number):
                dead.append(number)
                step = _resting_place(self._found, situation)
                status = situation.status
                text = f'the instance stays {status} at "{step}": nothing is left that could move it'
                self._add(STAYS_FOR_EVER, step=step, text=text, situation=number)
        refused = [number for number in range(len(self._found.situations)) if self._is_refused(number)]
        leading = self._leading_to([*ended, *dead, *refused])
        for number, situation in enumerate(self._found.situations):
            if number not in leading:
                step = _resting_place(self._found, situation)
                self._add(
                    REACHES_NO_END,
                    step=step,
                    text=f'from "{step}" on no END can be reached',
                    situation=number,
                )

    def _ways(self, number: int) -> list[SearchMove]:
        moves = (self._found.moves[way] for way in self._found.situations[number].moves)
        return [move for move in moves if not move.is_failure]

    def _is_refused(self, number: int) -> bool:
        """Whether whatever moves it is refused."""
        ways = self._ways(number)
        return bool(ways) and all(move.is_refused for move in ways)

    def _leading_to(self, wanted: list[int]) -> set[int]:
        """The situations from which one of these can be come to, no job failing for good."""
        into: dict[int, list[int]] = defaultdict(list)
        for move in self._found.moves:
            if move.source is not None and not move.is_failure and not move.is_refused:
                into[move.target].append(move.source)
        leading, waiting = set(wanted), list(wanted)
        while waiting:
            for source in into[waiting.pop()]:
                if source not in leading:
                    leading.add(source)
                    waiting.append(source)
        return leading


def _faults(move: SearchMove) -> Iterator[Shown]:
    for fault in move.faults:
        if fault.code in _BY_FAULT:
            yield _BY_FAULT[fault.code], fault.step_id, fault.text
        elif fault.passed_early:
            yield EARLY_JOIN, fault.step_id, fault.text


def _last_step(move: SearchMove) -> str:
    return move.entries[-1].step_id if move.entries else move.step


def _resting_place(found: SearchResult, situation: Situation) -> str:
    """The step that an instance stands at: a join where it waits at one."""
    current = situation.current
    joins = [step_id for step_id in current if step_id in found.definition.gateways]
    if joins or current:
        return (joins or list(current))[0]
    return _last_step(found.moves[situation.by])
