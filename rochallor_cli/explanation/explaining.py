"""Where an instance stands and what would move it: facts to an explanation, by the engine's own machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from rochallor_cli.definitions.unknown_parts import unknown_values_in
from rochallor_cli.dev_engine.explore import (
    CompleteJob,
    Definition,
    ExecutionStatus,
    engine_rules,
)
from rochallor_cli.engine_client.admin_client import STATUSES, Value, definition_name
from rochallor_cli.errors import CliError, InvalidDocumentError, NotKnownError
from rochallor_cli.explanation.causes import Cause, causes
from rochallor_cli.explanation.facts import Facts, FactsReader
from rochallor_cli.explanation.movers import BY_VERSION, Mover, movers, movers_as_written
from rochallor_cli.explanation.reachability import NOTHING_AHEAD, Move, Outlook, moves, outlook
from rochallor_cli.explanation.serving_workers import UNKNOWN, ServedJobType
from rochallor_cli.explanation.world_from_facts import rebuilt

MOVES, WAITS, STUCK, ENDED = "moves", "waits", "stuck", "ended"
# More connections than a few make the engine slower, not quicker.
_AT_ONCE, _WINDOW = 4, 32


@dataclass(frozen=True)
class Explanation:
    """What is known of one instance: the verdict, what would move it, and why nothing does.

    certain: False where the facts allow another verdict as well.
    not_known: what the engine shows of a later version, and what this is explained without.
    by_rules: False where no known engine could follow the definition: told is what stands in it and in the history.
    """

    id: str
    status: str
    verdict: str
    since: str | None
    moved_by: tuple[Mover, ...]
    causes: tuple[Cause, ...]
    certain: bool
    outlook: Outlook
    not_known: tuple[str, ...] = ()
    by_rules: bool = True

    @property
    def job_types(self) -> list[str]:
        """The job types that it waits for."""
        return list(dict.fromkeys(mover.job_type for mover in self.moved_by if mover.job_type))

    def with_served(self, served: Mapping[str, ServedJobType]) -> Explanation:
        """The same, with what is known of who serves its job types."""
        known = (replace(one, served=served.get(one.job_type or "", UNKNOWN)) for one in self.moved_by)
        return replace(self, moved_by=tuple(known))

    @property
    def codes(self) -> list[str]:
        return list(dict.fromkeys(cause.code for cause in self.causes if cause.code))

    def as_json(self) -> Value:
        return {
            "id": self.id,
            "status": self.status,
            "verdict": self.verdict,
            "since": self.since,
            "movedBy": [mover.as_json() for mover in self.moved_by],
            "reachableEnds": list(self.outlook.reachable_ends),
            "leftOpen": list(self.outlook.left_open),
            "codes": self.codes,
            "certain": self.certain,
            **({"notKnown": list(self.not_known)} if self.not_known else {}),
        }


def confirmed(
    reader: FactsReader, instance_id: str, versions: Sequence[str], *, now: Callable[[], datetime]
) -> tuple[Explanation, Facts]:
    """The explanation of an instance and its facts; one that is stuck was looked at twice. Raises NotFoundError."""
    return confirmed_by(reader, reader.facts(instance_id), versions, now=now)


def confirmed_by(
    reader: FactsReader, facts: Facts, versions: Sequence[str], *, now: Callable[[], datetime]
) -> tuple[Explanation, Facts]:
    """Likewise, by facts that were just read."""
    found = explanation(facts, versions, now())
    while found.verdict == STUCK and (again := reader.look_again(facts)) is not None:
        facts, found = again, explanation(again, versions, now())
    return found, facts


def confirmed_of(
    reader: FactsReader, instance: Value, versions: Sequence[str], *, now: Callable[[], datetime]
) -> Explanation:
    """The explanation of an instance from a list, without what lies ahead; one that is stuck was looked at twice."""
    found = explanation(reader.facts_of(instance), versions, now(), is_whole=False)
    if found.verdict != STUCK:
        return found
    return confirmed(reader, found.id, versions, now=now)[0]


def all_confirmed(
    reader: FactsReader, instances: Iterable[Value], versions: Sequence[str], *, now: Callable[[], datetime]
) -> Iterator[tuple[Value, Explanation | CliError]]:
    """The explanations of a list's instances, in its order, a few at a time: most of the time is spent on the way."""
    pool = ThreadPoolExecutor(_AT_ONCE)

    def asked(instance: Value) -> tuple[Value, Future[Explanation]]:
        return instance, pool.submit(confirmed_of, reader, instance, versions, now=now)

    # Begun as the places get free, so that neither many pages nor many answers wait in memory.
    beginning = map(asked, instances)
    try:
        under_way = deque(islice(beginning, _WINDOW))
        while under_way:
            instance, answer = under_way.popleft()
            yield instance, _result_of(answer)
            under_way.extend(islice(beginning, 1))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _result_of(answer: Future[Explanation]) -> Explanation | CliError:
    """The explanation, or why this one has none."""
    try:
        return answer.result()
    except (InvalidDocumentError, NotKnownError) as error:
        return error


def explanation(
    facts: Facts, versions: Sequence[str], now: datetime, *, is_whole: bool = True
) -> Explanation:
    """The explanation by the newest of the versions that the engine may be; certain where all of them agree.

    is_whole: False leaves out what lies ahead, which many instances in a row have no use for. What no version known
    here has is left out; where nothing can be worked out without it, what is written is told.
    """
    facts, not_known = _known(facts)
    found: dict[Any, Explanation] = {}
    for version in versions:
        rules = engine_rules(version)
        key = replace(rules, version="", schemas=False, business_keys=False, step_retry=False)
        if key not in found:
            definition = facts.reading.by(rules)
            if definition is not None:
                found[key] = _by_rules(definition, facts, now, is_whole=is_whole)
    if not found:
        return _as_written(facts, not_known)
    newest = _with_other_ways([*found.values()])
    agree = (
        len(
            {
                (each.verdict, tuple(m.as_json()["answers500"] for m in each.moved_by))
                for each in found.values()
            }
        )
        == 1
    )
    is_certain = newest.certain and agree and facts.agree and not not_known
    return replace(newest, certain=is_certain, not_known=tuple(not_known))


def _with_other_ways(found: Sequence[Explanation]) -> Explanation:
    """The newest version's explanation, with what would move it on others that the engine may be as well.

    It is stuck where it is so on all of them.
    """
    *older, newest = found
    known = {_place(mover) for mover in newest.moved_by}
    more = {
        _place(mover): replace(mover, doubt=mover.doubt or BY_VERSION)
        for each in older
        for mover in each.moved_by
        if _place(mover) not in known
    }
    verdict = next((each.verdict for each in reversed(found) if each.verdict != STUCK), STUCK)
    if not more and verdict == newest.verdict:
        return newest
    return replace(newest, verdict=verdict, moved_by=(*newest.moved_by, *more.values()))


def _place(mover: Mover) -> tuple[object, ...]:
    return mover.kind, mover.step, mover.since, mover.at


def _known(facts: Facts) -> tuple[Facts, list[str]]:
    """The facts without what no version known here has, and what that was."""
    not_known = [f'field "{name}"' for name in facts.reading.known[1]]
    if facts.status not in STATUSES:
        not_known.append(f'status "{facts.status}", taken for a live one')
    states = {str(row.get("status")) for row in facts.executions} - set(ExecutionStatus)
    not_known += [f'step status "{state}"' for state in sorted(states)]
    executions = [_with_known_status(row, facts) for row in facts.executions]
    return replace(facts, executions=executions), not_known


def _with_known_status(row: Value, facts: Facts) -> Value:
    """A step's status that is not known here counts as open where the instance is at the step."""
    if str(row.get("status")) in set(ExecutionStatus):
        return row
    is_open = not facts.is_ended and str(row.get("stepId")) in facts.current
    return {**row, "status": str(ExecutionStatus.RUNNING if is_open else ExecutionStatus.COMPLETED)}


def _by_rules(definition: Definition, facts: Facts, now: datetime, *, is_whole: bool) -> Explanation:
    built = rebuilt(definition, facts, now)
    possible = moves(definition, built.world)
    verdict, moved_by = _verdict(facts, possible), tuple(movers(facts, built, possible))
    ahead = outlook(definition, built.world) if is_whole and not facts.is_ended else _left_behind(facts)
    return Explanation(
        id=str(facts.instance["id"]),
        status=facts.status,
        verdict=verdict,
        since=_since(facts),
        moved_by=moved_by,
        causes=tuple(causes(definition, facts, built=built, possible=possible)) if not facts.is_ended else (),
        certain=_is_certain(moved_by, verdict),
        outlook=ahead,
    )


def _left_behind(facts: Facts) -> Outlook:
    """What an instance that has ended has left open."""
    rows = facts.executions if facts.is_ended else []
    left = dict.fromkeys(str(row.get("stepId")) for row in rows if row.get("status") == "RUNNING")
    return Outlook(left_open=tuple(left)) if left else NOTHING_AHEAD


def _verdict(facts: Facts, possible: Iterable[Move]) -> str:
    if facts.is_ended:
        return ENDED
    able = [move for move in possible if move.can_happen]
    if not able:
        return STUCK
    return MOVES if any(isinstance(move.event, CompleteJob) for move in able) else WAITS


def _since(facts: Facts) -> str | None:
    completed = facts.instance.get("completedAt") if facts.is_ended else None
    return completed or facts.last_event


def _is_certain(moved_by: Sequence[Mover], verdict: str) -> bool:
    """Whether what is sure is enough for the verdict."""
    return verdict in (STUCK, ENDED) or any(
        mover.certain and mover.answers_500 != "always" for mover in moved_by
    )


# --- what can be told without a machine ----------------------------------------------------------------


def _as_written(facts: Facts, not_known: list[str]) -> Explanation:
    """Where an instance stands, and who can move it there, of a definition that no engine known here could follow."""
    values = [str(each) for each in unknown_values_in(facts.reading.known[0])]
    because = values or [f"{definition_name(facts.instance)}, which no engine known here takes"]
    found = () if facts.is_ended else tuple(movers_as_written(facts))
    is_served = any(mover.kind == "job" for mover in found)
    return Explanation(
        id=str(facts.instance["id"]),
        status=facts.status,
        verdict=ENDED if facts.is_ended else MOVES if is_served else WAITS,
        since=_since(facts),
        moved_by=found,
        causes=(),
        certain=False,
        outlook=_left_behind(facts),
        not_known=(*not_known, *because),
        by_rules=False,
    )
