"""The database: one connection, opened for one process, with its schema in place."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from rochallor_cli.dev_engine.errors import DatabaseFileError
from rochallor_cli.dev_engine.records import ExecutionStatus, InstanceStatus, JobStatus
from rochallor_cli.dev_engine.versions import ENGINE_VERSIONS

T = TypeVar("T")

# Without these sqlite3 asks each time how a member is to be stored, by an attribute that is not there.
for _status in (InstanceStatus, ExecutionStatus, JobStatus):
    sqlite3.register_adapter(_status, str.__str__)

SCHEMA_VERSION = 2
# What leads from each older version to the next one; an empty file is version 0.
_MIGRATIONS: dict[int, str] = {
    # Before there were versions of the engine, all were as version 0.
    1: """
        CREATE TABLE engine (version TEXT NOT NULL);
        INSERT INTO engine VALUES ('0');
        ALTER TABLE next_workflow ADD COLUMN business_key TEXT;
        CREATE INDEX instance_live_key ON instance (definition_id, business_key)
            WHERE business_key IS NOT NULL AND status IN ('ACTIVE', 'WAITING');
    """,
}
# What SQLite writes next to the file.
_BESIDES = ("-wal", "-shm", "-journal")
# "RCHD": marks our files among all SQLite databases.
_APPLICATION_ID = 0x52434844


def open_database(path: Path | None) -> sqlite3.Connection:
    """A connection to the file, or to a database in memory. Raises DatabaseFileError.

    A file belongs to one process at a time; what was committed to it survives the process.
    """
    if path is not None:
        _make_private(path)
    try:
        connection = sqlite3.connect(
            ":memory:" if path is None else path,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            timeout=0,
        )
    except sqlite3.DatabaseError as error:
        raise DatabaseFileError(_explain(error, path)) from error
    try:
        version = 0 if path is None else _claim(connection, path)
        _bring_up_to_date(connection, version)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DatabaseFileError(_explain(error, path)) from error
    except DatabaseFileError:
        connection.close()
        raise
    return connection


def _make_private(path: Path) -> None:
    """Variables are nobody else's business; SQLite gives its log and index the mode of the file.

    Raises DatabaseFileError where another user has put something in the way.
    """
    _refuse_planted(path)
    # What a link of our own leads to; SQLite keeps its log and journal next to that.
    path = path.resolve()
    for each in (path, *(path.with_name(path.name + ending) for ending in _BESIDES)):
        _refuse_planted(each)
    with suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
        path.chmod(0o600)


def _refuse_planted(path: Path) -> None:
    """What others left under the name: a link leads where they want it, a file is theirs to read."""
    try:
        state = path.lstat()
        is_shared = bool(path.parent.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return
    if not stat.S_ISREG(state.st_mode) and not stat.S_ISLNK(state.st_mode):
        raise DatabaseFileError(f"{path} is no file; name another with --db")
    is_ours = not hasattr(os, "getuid") or state.st_uid in (os.getuid(), 0)
    if stat.S_ISLNK(state.st_mode) and not is_ours:
        raise DatabaseFileError(f"{path} is a link that another user has made; name another file with --db")
    if is_shared and stat.S_ISREG(state.st_mode) and not (is_ours and state.st_nlink == 1):
        raise DatabaseFileError(
            f"{path} belongs to another user, or has a second name, in a folder that everybody may write to; "
            "name another file with --db"
        )


def _claim(connection: sqlite3.Connection, path: Path) -> int:
    """Take the file for this process alone; the version of its schema. Nothing is written before it is ours."""
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    version = _schema_version(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    # With exclusive locking the first write transaction takes the lock for good.
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("COMMIT")
    return version


def _schema_version(connection: sqlite3.Connection, path: Path) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    owner = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables and owner != _APPLICATION_ID:
        raise DatabaseFileError(f"{path} is a database of another program; name a new file with --db")
    if version > SCHEMA_VERSION:
        raise DatabaseFileError(
            f"{path} was written by a newer rochallor (schema {version}, this one knows {SCHEMA_VERSION}); "
            "upgrade rochallor, or name another file with --db"
        )
    return version


def _bring_up_to_date(connection: sqlite3.Connection, version: int) -> None:
    if version == SCHEMA_VERSION:
        return
    schema = files(__package__).joinpath("schema.sql").read_text("utf-8")
    steps = [schema] if version == 0 else [_MIGRATIONS[old] for old in range(version, SCHEMA_VERSION)]
    marks = f"PRAGMA user_version = {SCHEMA_VERSION}; PRAGMA application_id = {_APPLICATION_ID};"
    connection.executescript("BEGIN IMMEDIATE;" + "".join(steps) + marks + "COMMIT;")


def adopt_version(connection: sqlite3.Connection, version: str, path: Path | None) -> str:
    """Have the database go on as this version of the engine; the version that it had, or the same if it is new.

    Raises DatabaseFileError where it was used as a later one, as it may hold what an earlier one does not know.
    """
    row = connection.execute("SELECT version FROM engine").fetchone()
    before: str = version if row is None else row[0]
    if before not in ENGINE_VERSIONS or ENGINE_VERSIONS.index(before) > ENGINE_VERSIONS.index(version):
        raise DatabaseFileError(
            f"{path} was used as version {before} of the engine, and cannot go back to version {version}; "
            f"start it with --engine-version {before} or a later one, or name another file with --db"
        )
    if row is None or before != version:
        connection.execute("DELETE FROM engine")
        connection.execute("INSERT INTO engine VALUES (?)", (version,))
    return before


def _explain(error: sqlite3.DatabaseError, path: Path | None) -> str:
    if "locked" in str(error):
        return f"{path} is in use by another engine; stop that one, or name another file with --db"
    if "not a database" in str(error):
        return f"{path} is no SQLite database; name a new file with --db"
    return f"{path} cannot be used: {error}"


class _HalfDoneError(Exception):
    """A work has raised after it had written something."""


def commit_together(connection: sqlite3.Connection, works: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Do all works in one transaction; give results or errors.

    A work that raises is undone alone. When the commit itself fails, that error is raised.
    """
    try:
        return _committed(connection, works, each=_at_once)
    except _HalfDoneError:
        # Next to never, as what is refused has written nothing: all are done again, so that one can be undone.
        return _committed(connection, works, each=_in_savepoint)


def _committed(
    connection: sqlite3.Connection,
    works: Sequence[Callable[[], T]],
    *,
    each: Callable[[sqlite3.Connection, Callable[[], T]], T | Exception],
) -> list[T | Exception]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [each(connection, work) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return results


def _at_once(connection: sqlite3.Connection, work: Callable[[], T]) -> T | Exception:
    """Without a savepoint, in which SQLite would keep each page that is written as it was before."""
    before = connection.total_changes
    try:
        return work()
    except Exception as error:
        if not connection.in_transaction:
            # A full disk ends the whole transaction.
            raise
        if connection.total_changes != before:
            raise _HalfDoneError from error
        return error


def _in_savepoint(connection: sqlite3.Connection, work: Callable[[], T]) -> T | Exception:
    connection.execute("SAVEPOINT work")
    try:
        result: T | Exception = work()
    except Exception as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO work")
        result = error
    connection.execute("RELEASE work")
    return result
