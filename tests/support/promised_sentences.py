"""Which test holds which sentence of the pages, by the sentence's beginning; `promised/` has a module for each page.

A sentence without tests explains: it is a reason, or advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from support.promised.kafka import KAFKA
from support.promised.sdk import SDK
from support.promised.workers import WORKERS

DOCS = Path(__file__).resolve().parents[2] / "docs"

PROMISES = {"kafka.md": KAFKA, "sdk.md": SDK, "workers.md": WORKERS}


def sentences(page: str, section: str) -> Iterator[str]:
    """What a section says down to the next heading, sentence by sentence and row by row; programs are left out."""
    text = re.sub(r"```.*?```", "", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    (body,) = re.findall(
        rf"^#+ {re.escape(section)}\n(.*?)(?=^##+ |\Z)", text, flags=re.MULTILINE | re.DOTALL
    )
    for block in re.split(r"\n\s*\n|\n(?=- |\d\. )", body):
        if block.lstrip().startswith("|"):
            yield from (row.removeprefix("| ").removesuffix(" |") for row in block.strip().splitlines()[2:])
        elif line := re.sub(r"^(- |\d\. )", "", " ".join(block.split())):
            yield from re.split(r"(?<=[.!?:])\s+(?=[A-Z`*\"])", line)
