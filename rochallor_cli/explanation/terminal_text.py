"""An explanation in words, for people at a terminal of 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from rochallor_cli.engine_client.admin_client import definition_name
from rochallor_cli.explanation.causes import Cause
from rochallor_cli.explanation.explaining import ENDED, MOVES, STUCK, WAITS, Explanation
from rochallor_cli.explanation.facts import Facts
from rochallor_cli.explanation.part_texts import (
    ago,
    ahead_words,
    cause_words,
    doubt_words,
    event_words,
    mover_words,
    shown_movers,
    verdict_words,
)
from rochallor_cli.explanation.suggested_commands import failed_step, ways_out
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.text_width import harmless

_WIDEST = 100
MOST_ROWS = 8
_STYLES = {MOVES: "green", WAITS: "yellow", STUCK: "red"}


class ExplanationText:
    """Lines of one explanation, wrapped to the terminal; commands stand alone on their line, to be copied."""

    def __init__(self, printer: Printer, facts: Facts) -> None:
        self.printer = printer
        self.facts = facts
        self._width = min(printer.width or _WIDEST, _WIDEST)
        self._now = printer.environment.now()

    def lines(
        self, explanation: Explanation, *, version_text: str, retry: str, brokers: str = ""
    ) -> Iterator[str]:
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
            yield from self._wrapped(doubt_words(version_text), 0)
        commands = list(ways_out(explanation, self.facts, retry=retry, brokers=brokers))
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
        age = ago(explanation.since, self._now)
        status = self.printer.paint(harmless(explanation.status), state_style(explanation.status))
        if explanation.verdict == ENDED:
            yield f"{status} {age}"
            if instance.get("failureReason"):
                failed = failed_step(self.facts) if explanation.status == "FAILED" else ""
                where = f"{failed} failed: " if failed else ""
                yield from self._wrapped(f"{where}{instance['failureReason']}", 2)
            return
        said = self.printer.paint(verdict_words(explanation), _STYLES[explanation.verdict])
        yield f"{status}, {said}; last event {age}"

    def _places(self, explanation: Explanation) -> Iterator[str]:
        if not explanation.moved_by:
            return
        yield ""
        for mover, more in shown_movers(explanation.moved_by):
            yield from self._wrapped(f"{mover.step}  {mover_words(mover, self._now, more)}", 2)
            if mover.command and mover.answers_500 != "always":
                yield f"    {self.printer.paint(harmless(mover.command), 'accent')}"

    def _causes(self, explanation: Explanation) -> Iterator[str]:
        for cause in explanation.causes:
            yield ""
            yield from self._wrapped(cause_words(cause), 0)
            yield from self._rows(cause)

    def _rows(self, cause: Cause) -> Iterator[str]:
        rows = cause.rows[-MOST_ROWS:]
        if len(rows) < len(cause.rows):
            yield f"    … {len(cause.rows) - len(rows)} earlier"
        width = max((len(str(row.get("stepId"))) for row in rows), default=0)
        for row in rows:
            clock, what = event_words(row)
            yield f"    {clock}  {harmless(str(row.get('stepId'))):<{width}}  {harmless(what)}"

    def _ahead(self, explanation: Explanation) -> Iterator[str]:
        lines = list(ahead_words(explanation))
        if lines:
            yield ""
        for indent, line in lines:
            yield from self._wrapped(line, indent)

    # --- words -----------------------------------------------------------------------------------

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
