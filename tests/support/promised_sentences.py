"""Which test holds which sentence of the pages, by the sentence's beginning; `promised/` has a module for each page.

A sentence without tests explains: it is a reason, or advice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from support.promised.admin import ADMIN
from support.promised.answers import ANSWERS
from support.promised.definitions import DEFINITIONS
from support.promised.dev_engine import DEV_ENGINE
from support.promised.engine_faults import ENGINE_FAULTS
from support.promised.kafka import KAFKA
from support.promised.sdk import SDK
from support.promised.settings import SETTINGS
from support.promised.testing import TESTING
from support.promised.ui import UI
from support.promised.upgrading import UPGRADING
from support.promised.verification import VERIFICATION
from support.promised.workers import WORKERS

DOCS = Path(__file__).resolve().parents[2] / "docs"

PROMISES = {
    "admin.md": ADMIN,
    "answers.md": ANSWERS,
    "definitions.md": DEFINITIONS,
    "dev-engine.md": DEV_ENGINE,
    "engine-faults.md": ENGINE_FAULTS,
    "kafka.md": KAFKA,
    "reference/settings.md": SETTINGS,
    "sdk.md": SDK,
    "testing.md": TESTING,
    "ui.md": UI,
    "upgrading.md": UPGRADING,
    "verification.md": VERIFICATION,
    "workers.md": WORKERS,
}


def headings(page: str) -> list[str]:
    """The sections of a page, the first by its title."""
    text = re.sub(r"```.*?```", "", (DOCS / page).read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"^#+ (.*)$", text, re.MULTILINE)


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
