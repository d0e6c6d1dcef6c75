"""An explanation in words, for people at a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rochallor_cli.dev_engine import CODES
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import Value, definition_name
from rochallor_cli.explanation.causes import Cause
from rochallor_cli.explanation.explaining import ENDED, MOVES, STUCK, WAITS, Explanation, Mover
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.verdicts import awaited_of
from rochallor_cli.explanation.ways_out import ways_out
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.times import parse_time

_WIDEST = 100
_MOST_ROWS = 8
_STYLES = {MOVES: "green", WAITS: "yellow", STUCK: "red"}


class ExplanationText:
    """Lines of one explanation, wrapped to the terminal; commands stand alone on their line, to be copied."""

    def __init__(self, printer: Printer, facts: Facts) -> None:
        self.printer = printer
        self.facts = facts
        self._width = min(printer.width or _WIDEST, _WIDEST)
        self._now = printer.environment.now()

    def lines(self, explanation: Explanation, *, version_text: str, can_retry: bool) -> Iterator[str]:
        yield from self._heading(explanation)
        if explanation.verdict != ENDED:
            yield from self._places(explanation)
        elif explanation.moved_by:
            yield from self._wrapped("it can be brought back, for timers are still to fire:", 0)
            yield from self._places(explanation)
        yield from self._causes(explanation)
        yield from self._ahead(explanation)
        if explanation.not_known:
            yield from self._wrapped(
                f"not known here, and left out of this: {', '.join(explanation.not_known)}", 0
            )
        if not explanation.certain:
            yield ""
            text = (
                f"likely, not certain: the engine is {version_text}, and what it shows allows more than this"
            )
            yield from self._wrapped(text, 0)
        commands = list(ways_out(explanation, self.facts, can_retry=can_retry))
        if commands:
            yield ""
            yield "ways out"
        for command, what in commands:
            yield from self._wrapped(what, 2)
            yield f"    {self.printer.paint(harmless(command), 'accent')}"

    # --- parts -----------------------------------------------------------------------------------

    def _heading(self, explanation: Explanation) -> Iterator[str]:
        instance = self.facts.instance
        key = instance.get("businessKey")
        parts = [str(instance["id"]), definition_name(instance), str(key or "")]
        yield " · ".join(harmless(part) for part in parts if part)
        age = self._ago(explanation.since)
        status = self.printer.paint(harmless(explanation.status), state_style(explanation.status))
        if explanation.verdict == ENDED:
            yield f"{status} {age}"
            if instance.get("failureReason"):
                yield from self._wrapped(str(instance["failureReason"]), 2)
            return
        word = {MOVES: "can go on", WAITS: "waits", STUCK: "STUCK: nothing can move it"}[explanation.verdict]
        likely = "" if explanation.certain else "likely "
        said = self.printer.paint(f"{likely}{word}", _STYLES[explanation.verdict])
        yield f"{status}, {said}; last event {age}"

    def _places(self, explanation: Explanation) -> Iterator[str]:
        if not explanation.moved_by:
            return
        yield ""
        for mover in explanation.moved_by:
            yield from self._wrapped(f"{mover.step}  {self._waits_for(mover)}", 2)
            if mover.command and mover.answers_500 != "always":
                yield f"    {self.printer.paint(harmless(mover.command), 'accent')}"

    def _waits_for(self, mover: Mover) -> str:
        refused = {
            "always": "; whatever it brings, the engine would answer 500",
            "sometimes": "; by some ways the engine would answer 500",
        }.get(mover.answers_500, "")
        if mover.kind == "timer":
            return f"has a timer, due {self._ago(mover.at)}{refused}"
        served = f"; {mover.served.text}" if mover.served.text else ""
        return f"{awaited_of(mover)}, since {self._ago(mover.since)}{served}{refused}"

    def _causes(self, explanation: Explanation) -> Iterator[str]:
        for cause in explanation.causes:
            title = f" ({CODES[cause.code].title})" if cause.code in CODES else ""
            yield ""
            yield from self._wrapped(f"{cause.code} {cause.text}{title}".strip(), 0)
            yield from self._rows(cause)

    def _rows(self, cause: Cause) -> Iterator[str]:
        rows = cause.rows[-_MOST_ROWS:]
        if len(rows) < len(cause.rows):
            yield f"    … {len(cause.rows) - len(rows)} earlier"
        width = max((len(str(row.get("stepId"))) for row in rows), default=0)
        for row in rows:
            yield f"    {_clock(row)}  {harmless(str(row.get('stepId'))):<{width}}  {_what_happened(row)}"

    def _ahead(self, explanation: Explanation) -> Iterator[str]:
        ahead = explanation.outlook
        if explanation.verdict in (ENDED, STUCK):
            return
        yield ""
        if not ahead.reachable_ends:
            yield from self._wrapped("whatever happens, it reaches no END from here", 0)
            for code, step in ahead.faults:
                title = CODES[code].title if code in CODES else ""
                yield from self._wrapped(f"{code} at {step}: {title}", 2)
            return
        more = "" if ahead.is_whole else " (too much to try everything; by the definition)"
        yield from self._wrapped(f"it can reach {', '.join(ahead.reachable_ends)}{more}", 0)
        if ahead.left_open:
            yield from self._wrapped(f"the nearest END leaves open: {', '.join(ahead.left_open)}", 2)

    # --- words -----------------------------------------------------------------------------------

    def _ago(self, text: str | None) -> str:
        moment = parse_time(text)
        if moment is None:
            return "at an unknown time"
        seconds = (self._now - moment).total_seconds()
        return f"{duration_text(seconds)} ago" if seconds >= 0 else f"in {duration_text(-seconds)}"

    def _wrapped(self, text: str, indent: int) -> list[str]:
        blank = " " * indent
        return textwrap.wrap(
            harmless(text),
            self._width,
            initial_indent=blank,
            subsequent_indent=blank + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _clock(row: Value) -> str:
    moment = parse_time(row.get("endedAt") or row.get("startedAt"))
    return moment.strftime("%H:%M:%S") if moment else "--:--:--"


def _what_happened(row: Value) -> str:
    status = str(row.get("status")).lower()
    if row.get("stepType") == "JOIN_GATEWAY":
        return f"arrival {row.get('attemptNumber')}"
    reason = f": {row['failureReason']}" if row.get("failureReason") else ""
    return f"{status}{harmless(reason)}"
