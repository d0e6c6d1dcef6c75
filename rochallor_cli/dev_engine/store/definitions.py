"""Stored definitions, version by version."""

from __future__ import annotations

import re
import sqlite3
from functools import lru_cache

from rochallor_cli.dev_engine.records import DefinitionVersion

_COLUMNS = "id, version, name, document, uploaded_ns"
_LATEST = "(id, version) IN (SELECT id, max(version) FROM definition{where} GROUP BY id)"


class Definitions:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.create_function("matches", 2, _matches, deterministic=True)

    def add(self, stored: DefinitionVersion, *, content: bytes) -> None:
        self._connection.execute(
            "INSERT INTO definition (id, version, name, document, content, uploaded_ns)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (stored.id, stored.version, stored.name, stored.document, content, stored.uploaded_ns),
        )

    def find(self, definition_id: str, version: int) -> DefinitionVersion | None:
        return self._one(
            f"SELECT {_COLUMNS} FROM definition WHERE id = ? AND version = ?",  # noqa: S608 - our columns
            (definition_id, version),
        )

    def find_latest(self, definition_id: str) -> DefinitionVersion | None:
        return self._one(
            f"SELECT {_COLUMNS} FROM definition WHERE id = ? ORDER BY version DESC LIMIT 1",  # noqa: S608
            (definition_id,),
        )

    def latest_version(self, definition_id: str) -> int:
        """The number of the latest version; 0 when there is none."""
        query = "SELECT coalesce(max(version), 0) FROM definition WHERE id = ?"
        version: int = self._connection.execute(query, (definition_id,)).fetchone()[0]
        return version

    def added_after(self, rowid: int) -> list[tuple[int, str, int]]:
        """Rowid, id and version of what was added after the row of this id, in order; 0: of all."""
        query = "SELECT rowid, id, version FROM definition WHERE rowid > ? ORDER BY rowid"
        return self._connection.execute(query, (rowid,)).fetchall()

    def find_content(self, definition_id: str, content: bytes) -> DefinitionVersion | None:
        return self._one(
            f"SELECT {_COLUMNS} FROM definition WHERE id = ? AND content = ?",  # noqa: S608
            (definition_id, content),
        )

    def search(self, keyword: str, *, limit: int, offset: int) -> tuple[list[DefinitionVersion], int]:
        """One page and the total of the ids of which some version matches; the latest such version.

        The keyword is part of the id or the name, whatever its case, with % and _ as wildcards.
        """
        where = ""
        parameters: tuple[str, ...] = ()
        if keyword:
            where = " WHERE matches(?, id) OR matches(?, name)"
            parameters = (f"%{keyword}%",) * 2
        latest = _LATEST.format(where=where)
        total = self._connection.execute(
            f"SELECT count(*) FROM definition WHERE {latest}",  # noqa: S608
            parameters,
        ).fetchone()[0]
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM definition WHERE {latest} ORDER BY id LIMIT ? OFFSET ?",  # noqa: S608
            (*parameters, limit, offset),
        )
        return [DefinitionVersion(*row) for row in rows], total

    def _one(self, query: str, parameters: tuple[object, ...]) -> DefinitionVersion | None:
        row = self._connection.execute(query, parameters).fetchone()
        return None if row is None else DefinitionVersion(*row)


def _matches(pattern: str, text: str) -> bool:
    """Whether the text fits, whatever its case: SQLite's own LIKE knows the case of ASCII only."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern with % for any text, _ for any character, and a backslash before what means itself."""
    wildcards = {"%": ".*", "_": "."}
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    expression = "".join(wildcards.get(part) or re.escape(part[-1]) for part in parts)
    return re.compile(expression, re.DOTALL | re.IGNORECASE)
