"""The database file: who may use it, and what it holds after the end of a process."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, DevEngineError
from rochallor_cli.dev_engine.store import database
from rochallor_cli.dev_engine.store.database import SCHEMA_VERSION, commit_together, open_database
from support.engines import running_engine
from support.workflows import document, service, wait
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError


def refusal(path: Path) -> str:
    with pytest.raises(DevEngineError) as refused:
        DevEngine(DevEngineConfig(port=0, db=path)).__enter__()
    return str(refused.value)


def test_what_was_done_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("work", retryCount=2)))
        instance = client.start_instance("flow", {"a": 1})
        [job] = client.poll_jobs("w", ["work"])
        client.fail_job(job["id"], "w", "once", retryable=True)
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        [again] = client.poll_jobs("w", ["work"])
        assert (again["id"], again["retriesRemaining"]) == (job["id"], 1)
        client.complete_job(again["id"], "w", {"b": 2})
        assert client.get_instance(instance["id"])["variables"] == {"a": 1, "b": 2}
        assert [each["status"] for each in client.get_instance_history(instance["id"])] == ["COMPLETED"] * 2


def test_a_file_in_use_is_refused_to_a_second_engine_of_another_process(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    script = (
        "import sys, pathlib; from rochallor_cli.dev_engine.store.database import open_database\n"
        "try: open_database(pathlib.Path(sys.argv[1]))\n"
        "except Exception as error: print(error)"
    )
    with running_engine(db=path):
        command = [sys.executable, "-c", script, str(path)]
        found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == (
        f"{path} is in use by another engine; stop that one, or name another file with --db"
    )


def test_a_file_in_use_is_refused_to_a_second_engine_of_this_process(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path):
        assert "is in use by another engine" in refusal(path)
    with running_engine(db=path) as engine:
        assert engine.port


def test_a_file_of_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    assert "was written by a newer rochallor" in refusal(path)


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE theirs (id)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert "is a database of another program" in refusal(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be looked at" * 20)
    assert "is no SQLite database" in refusal(path)
    assert path.read_text().startswith("not a database")


def test_a_folder_that_is_not_there_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    assert str(tmp_path / "none" / "engine.db") in refusal(tmp_path / "none" / "engine.db")


def test_a_work_that_fails_is_undone_alone() -> None:
    connection = open_database(None)

    def add(seq: int) -> int:
        connection.execute("INSERT INTO next_workflow VALUES (?, 'x', '{}', NULL)", (seq,))
        if seq == 2:
            raise ValueError("two")
        return seq

    one, two, three = commit_together(connection, [lambda: add(1), lambda: add(2), lambda: add(3)])
    assert (one, three) == (1, 3)
    assert isinstance(two, ValueError)
    assert [row[0] for row in connection.execute("SELECT seq FROM next_workflow ORDER BY seq")] == [1, 3]


def test_a_file_of_an_older_schema_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("work")))
        instance = client.start_instance("flow", {"a": 1})
    monkeypatch.setattr(database, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    added = "ALTER TABLE instance ADD COLUMN note TEXT NOT NULL DEFAULT 'migrated';"
    monkeypatch.setitem(database._MIGRATIONS, SCHEMA_VERSION, added)
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        assert client.get_instance(instance["id"])["variables"] == {"a": 1}
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT note FROM instance").fetchall() == [("migrated",)]
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION + 1,)
    connection.close()


def test_a_file_goes_on_as_a_later_version_of_the_engine_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "engine.db"
    branches = {"n > 1 && true": "end", "n > 0": "hold"}
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("work", conditionalNextSteps=branches), wait("hold")))
        instance = client.start_instance("flow", {"n": 2})
    assert "goes on as version" not in caplog.text
    with running_engine(db=path, engine_version="1.1.0") as engine, RestEngineClient(engine.url) as client:
        [job] = client.poll_jobs("w", ["work"])
        client.complete_job(job["id"], "w")
        # The shorter condition is tried first by now.
        assert client.get_instance(instance["id"])["currentStepIds"] == ["hold"]
    said = f"{path} was used as version 0 of the engine, and goes on as version 1.1.0"
    assert said in caplog.text


def test_a_file_of_a_later_version_of_the_engine_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path, engine_version="next"):
        pass
    with pytest.raises(DevEngineError) as refused, running_engine(db=path, engine_version="1.0.0"):
        pass
    assert str(refused.value) == (
        f"{path} was used as version next of the engine, and cannot go back to version 1.0.0; "
        "start it with --engine-version next or a later one, or name another file with --db"
    )
    with running_engine(db=path, engine_version="next") as engine:
        assert engine.port


OLD_SCHEMA = """
    CREATE TABLE next_workflow (seq INTEGER PRIMARY KEY, definition_id TEXT NOT NULL, variables TEXT NOT NULL);
    DROP TABLE engine; DROP INDEX instance_live_key; PRAGMA user_version = 1;
"""


def test_a_file_from_before_there_were_versions_counts_as_version_0(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "engine.db"
    with running_engine(db=path) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("work")))
        client.start_instance("flow", {"a": 1}, business_key="k")
    connection = sqlite3.connect(path)
    connection.executescript("DROP TABLE next_workflow;" + OLD_SCHEMA)
    connection.close()
    with (
        running_engine(db=path, engine_version="next") as engine,
        RestEngineClient(engine.url) as client,
        pytest.raises(EngineClientError, match="business key already in use"),
    ):
        client.start_instance("flow", {}, business_key="k")
    assert "was used as version 0 of the engine, and goes on as version next" in caplog.text


def start_for_ever(client: RestEngineClient, kept: list[str]) -> None:
    while True:
        kept.append(client.start_instance("flow", {"text": "x" * 20_000})["id"])


def test_a_full_disk_refuses_requests_and_keeps_what_there_is(tmp_path: Path) -> None:
    with running_engine(db=tmp_path / "engine.db") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("work")))
        connection = engine._engine._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 60}")
        kept: list[str] = []
        with pytest.raises(EngineClientError, match="cannot be written: database or disk is full"):
            start_for_ever(client, kept)
        assert kept
        assert client.list_instances(page_size=100)["total"] == len(kept)
        connection.execute("PRAGMA max_page_count = 1000000")
        kept.append(client.start_instance("flow", {"text": "x" * 20_000})["id"])
        assert {job["instanceId"] for job in client.poll_jobs("w", ["work"], 100)} == set(kept)
