"""The parts of an explanation in words, wherever they are shown: at a terminal, on a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rochallor_cli.dev_engine import CODES
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.explanation.causes import Cause
from rochallor_cli.explanation.explaining import ENDED, MOVES, STUCK, WAITS, Explanation
from rochallor_cli.explanation.movers import Mover
from rochallor_cli.explanation.verdict_text import awaited_of
from rochallor_cli.output.times import parse_time

_VERDICTS = {MOVES: "can go on", WAITS: "waits", STUCK: "STUCK: nothing can move it"}
_REFUSED = {
    "always": "whatever it brings, the engine would answer 500",
    "sometimes": "by some ways the engine would answer 500",
}
# Alike but for their times.
_MOST_ALIKE = 3


def verdict_words(explanation: Explanation) -> str:
    """`can go on`, `likely STUCK: nothing can move it`; "" of one that has ended."""
    word = _VERDICTS.get(explanation.verdict, "")
    return f"{'' if explanation.certain or not word else 'likely '}{word}"


def shown_movers(movers: Sequence[Mover]) -> Iterator[tuple[Mover, int]]:
    """The first few of those alike, which a loop may leave by the thousand; with the last of them how many are not."""
    alike: dict[tuple[object, ...], list[Mover]] = {}
    for mover in movers:
        kind = mover.kind, mover.step, mover.answers_500, mover.certain
        alike.setdefault(kind, []).append(mover)
    for found in alike.values():
        first = sorted(found, key=lambda mover: mover.at or "")[:_MOST_ALIKE]
        yield from ((mover, 0) for mover in first[:-1])
        yield first[-1], len(found) - len(first)


def mover_words(mover: Mover, now: datetime, more: int = 0) -> str:
    """`waits for a person, opened 2m ago`; `has a timer, due in 3h`. more: how many others like it are not shown."""
    before, moment, after = mover_parts(mover, more)
    return f"{before} {ago(moment, now)}{after}"


def mover_parts(mover: Mover, more: int = 0) -> tuple[str, str | None, str]:
    """The same around the moment that it names, which a page shows in a way of its own."""
    parts = [mover.served.text, mover.doubt, _REFUSED.get(mover.answers_500, "")]
    if more:
        parts.append(f"and {more:,} more of them")
    after = "".join(f"; {part}" for part in parts if part)
    if mover.kind == "timer":
        return "has a timer, due", mover.at, after
    return f"{awaited_of(mover)}, opened", mover.since, after


def cause_words(cause: Cause) -> str:
    """`W302 the join "meet" was reached once … (title of the code)`."""
    title = f" ({CODES[cause.code].title})" if cause.code in CODES else ""
    return f"{cause.code} {cause.text}{title}".strip()


def ahead_words(explanation: Explanation) -> Iterator[tuple[int, str]]:
    """What can become of it: the ends, or why there are none; each line with its indent."""
    ahead = explanation.outlook
    if explanation.verdict == ENDED and ahead.left_open:
        yield 0, f"it has left open: {', '.join(ahead.left_open)}"
    if explanation.verdict in (ENDED, STUCK) or not explanation.by_rules:
        return
    if not ahead.reachable_ends:
        yield 0, "whatever happens, it reaches no END from here"
        for code, step in ahead.faults:
            title = CODES[code].title if code in CODES else ""
            yield 2, f"{code} at {step}: {title}"
        return
    more = "" if ahead.is_whole else " (too much to try everything; by the definition)"
    yield 0, f"it can reach {', '.join(ahead.reachable_ends)}{more}"
    if ahead.left_open:
        yield 2, f"the nearest END leaves open: {', '.join(ahead.left_open)}"


def doubt_words(version_text: str) -> str:
    return f"likely, not certain: the engine is {version_text}, and what it shows allows more than this"


def event_words(row: Value) -> tuple[str, str]:
    """When a row of the history happened, and what it was: `13:08:33`, `failed: no such account`."""
    moment = parse_time(row.get("endedAt") or row.get("startedAt"))
    clock = moment.strftime("%H:%M:%S") if moment else "--:--:--"
    if row.get("stepType") == "JOIN_GATEWAY":
        return clock, f"arrival {row.get('attemptNumber')}"
    reason = f": {row['failureReason']}" if row.get("failureReason") else ""
    return clock, f"{str(row.get('status')).lower()}{reason}"


def ago(text: str | None, now: datetime) -> str:
    """`2m ago`, `in 3h` for times to come."""
    moment = parse_time(text)
    if moment is None:
        return "at an unknown time"
    seconds = (now - moment).total_seconds()
    return f"{duration_text(seconds)} ago" if seconds >= 0 else f"in {duration_text(-seconds)}"
