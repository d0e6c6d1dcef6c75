"""The answers that docs/answers.md records, as its table has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_ROW = re.compile(r"\| (\d{3}) \| (?:`(.*?)` )?\| ([a-z ]+?) \| (.+?) \|")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "answers.md"


@dataclass(frozen=True)
class KnownAnswer:
    status: int
    body: bytes
    judged: str
    source: str

    def __str__(self) -> str:
        return f"{self.status} of {self.source}"


def known_answers() -> list[KnownAnswer]:
    return [
        KnownAnswer(int(row[1]), (row[2] or "").encode(), row[3], row[4])
        for row in _ROW.finditer(PAGE.read_text("utf-8"))
    ]
