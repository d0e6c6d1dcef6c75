"""An audit in words: a paragraph for each cause, with the way out on a line of its own."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from rochallor_cli.durations import age_text
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.times import parse_time

_WIDEST = 100


def audit_lines(printer: Printer, rows: Iterable[Value]) -> Iterator[str]:
    """`  37  imports: open at import: …; oldest 3 h ago`, the command beneath."""
    width = min(printer.width or _WIDEST, _WIDEST)
    now = printer.environment.now()
    for row in rows:
        oldest = parse_time(row["oldest"])
        age = f"; oldest {age_text((now - oldest).total_seconds())}" if oldest else ""
        code = f"{row['code']} " if row["code"] else ""
        likely = "" if row["certain"] else "likely "
        text = harmless(f"{code}{row['definitionId']}: {likely}{row['text']}{age}")
        first, *more = textwrap.wrap(text, width - 8, break_long_words=False, break_on_hyphens=False)
        count = printer.paint(f"{row['count']:>6,}", "red" if row["verdict"] == "stuck" else "bold")
        yield f"{count}  {first}"
        yield from (f"        {line}" for line in more)
        yield f"        {printer.paint(harmless(row['wayOut']), 'accent')}"
