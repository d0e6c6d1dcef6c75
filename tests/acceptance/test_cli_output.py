"""Formats, fields, times, colours and widths; pipes that close, terminals that are narrow, lists that are long."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from support.command_line import EXECUTABLE, rochallor, rochallor_run, variables
from support.workflows import document, service
from workflow_sdk.client.rest import RestEngineClient

MANY = 2_000


@pytest.fixture(scope="module")
def failed(engine_url: str) -> str:
    """An engine with an instance that FAILED with a message that would spoil a terminal."""
    with RestEngineClient(engine_url) as client:
        client.upload_definition(document(service("s", job_type="out"), id_="out"))
        client.start_instance("out", {"n": 0, "nested": {"list": [1, 2]}}, business_key="K\n\x1b[31m0")
        [job] = client.poll_jobs("w", ["out"])
        client.fail_job(job["id"], "w", "first line\nsecond \x1b[2Jline ☃", retryable=False)
    return engine_url


@pytest.fixture(scope="module")
def many(failed: str) -> str:
    """The same with many instances besides."""
    with RestEngineClient(failed) as client:
        client.upload_definition(document(service("s", job_type="none"), id_="bulk-out"))
        for number in range(MANY):
            client.start_instance("bulk-out", {"n": number})
    return failed


def test_every_format_is_what_it_says(failed: str):
    command = ("instances", "list", "--definition", "out")
    whole = rochallor(*command, "-o", "json", url=failed).json()
    assert [set(row) >= {"id", "status", "variables", "failureReason"} for row in whole] == [True]
    assert [json.loads(line) for line in rochallor(*command, "-o", "jsonl", url=failed).lines()] == whole
    assert yaml.safe_load(rochallor(*command, "-o", "yaml", url=failed).stdout)[0]["id"] == whole[0]["id"]
    assert rochallor(*command, "-o", "name", url=failed).lines() == [whole[0]["id"]]
    assert "VARIABLES" in rochallor(*command, "-o", "wide", url=failed).lines()[0]
    assert "VARIABLES" not in rochallor(*command, url=failed).lines()[0]
    assert len(rochallor(*command, "--no-headers", url=failed).lines()) == 1


def test_an_empty_list_is_an_empty_document_and_a_note(failed: str):
    command = ("instances", "list", "--business-key", "nothing")
    assert rochallor(*command, "-o", "json", url=failed).json() == []
    table = rochallor(*command, url=failed)
    assert (table.stdout, table.stderr) == ("", "no instances that fit\n")
    assert rochallor(*command, "-q", url=failed).stderr == ""


def test_fields_choose_columns_and_parts_of_values(failed: str):
    command = ("instances", "list", "--definition", "out", "--fields", "status,variables.nested.list.1")
    table = rochallor(*command, url=failed).lines()
    assert [line.split() for line in table] == [["STATUS", "VARIABLES.NESTED.LIST.1"], ["FAILED", "2"]]
    chosen = rochallor(*command, "-o", "json", url=failed).json()
    assert chosen == [{"status": "FAILED", "variables.nested.list.1": 2}]
    unknown = rochallor("instances", "list", "--fields", "staus", url=failed)
    assert (unknown.exit_status, "did you mean status?" in unknown.stderr) == (2, True)


def test_times_are_relative_for_people_and_iso_for_pipes(failed: str):
    command = ("instances", "list", "--definition", "out")
    later = datetime.now(UTC) + timedelta(hours=2)
    assert "2 h ago" in rochallor(*command, url=failed, terminal=True, columns=200, now=later).stdout
    assert " ago" not in rochallor(*command, url=failed, now=later).stdout
    assert "2 h ago" in rochallor(*command, "--time", "relative", url=failed, now=later).stdout
    assert (
        "Z" in rochallor(*command, "--time", "iso", url=failed, terminal=True, columns=200, now=later).stdout
    )


@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_tables_fit_the_terminal_and_ids_are_whole(failed: str, columns: int):
    for command in (
        ("instances", "list", "--limit", "3"),
        ("instances", "list", "--definition", "out"),
        ("defs", "list"),
    ):
        result = rochallor(*command, "--color", "never", url=failed, terminal=True, columns=columns)
        names = rochallor(*command, "-o", "name", url=failed).lines()
        assert all(len(line) <= columns for line in result.stdout.splitlines())
        assert all(any(name in line for line in result.stdout.splitlines()) for name in names)


def test_on_a_pipe_nothing_is_cut_or_coloured(failed: str):
    text = rochallor("instances", "list", "--definition", "out", url=failed, env={"COLUMNS": "40"}).stdout
    assert "first line second \\x1b[2Jline ☃" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "env", "terminal", "colored"),
    [
        ((), {}, True, True),
        ((), {}, False, False),
        ((), {"NO_COLOR": "1"}, True, False),
        ((), {"FORCE_COLOR": "1"}, False, True),
        ((), {"TERM": "dumb"}, True, False),
        (("--color", "always"), {"NO_COLOR": "1"}, False, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_colours_follow_the_conventions(failed: str, arguments, env, terminal, colored):
    result = rochallor(
        "instances", "list", "--limit", "1", *arguments, url=failed, env=env, terminal=terminal
    )
    assert ("\x1b[" in result.stdout) == colored


def test_what_others_wrote_cannot_move_the_cursor(failed: str):
    for command in (("instances", "list", "--definition", "out"),):
        text = rochallor(*command, "--color", "never", url=failed, terminal=True, columns=200).stdout
        assert "\x1b" not in text
        assert "K \\x1b[31m0" in text


def test_a_reader_that_leaves_early_is_no_error(many: str):
    for form in ("table", "jsonl", "json", "yaml", "name"):
        process = subprocess.Popen(
            [*EXECUTABLE, "instances", "list", "--all", "-o", form],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables(None, url=many),
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.stderr.close()
        assert (process.wait(30), errors) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full is Linux's")
def test_a_full_disk_is_an_error_without_a_traceback(failed: str):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*EXECUTABLE, "defs", "list"], stdout=full, stderr=subprocess.PIPE, text=True,
            env=variables(None, url=failed), check=False,
        )  # fmt: skip
    assert (done.returncode, "No space left" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_every_locale_gets_valid_json(failed: str):
    for encoding in ("ascii", "latin-1", "utf-8"):
        environ = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        result = rochallor_run(
            "instances", "list", "--definition", "out", "-o", "json", url=failed, env=environ
        )
        assert result.json()[0]["failureReason"].endswith("☃")


def test_a_long_list_streams_in_constant_memory(many: str):
    def peak_kb(*arguments: str) -> int:
        process = subprocess.Popen(
            [*EXECUTABLE, "instances", "list", "-o", "jsonl", *arguments],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=variables(None, url=many),
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        return usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)

    one_page, all_pages = peak_kb("--limit", "200"), peak_kb("--all")
    assert all_pages < one_page + 3_000


def test_instances_that_start_meanwhile_make_no_row_come_twice(many: str):
    with RestEngineClient(many) as client:
        shown: list[str] = []

        def rows():
            from rochallor_cli.configuration.engine_access import EngineAccess
            from rochallor_cli.configuration.settings import Settings
            from rochallor_cli.engine_client.admin_client import AdminClient

            settings = Settings(access=EngineAccess(many))
            yield from AdminClient(client, settings).instances(definition_id="bulk-out")

        for number, row in enumerate(rows()):
            shown.append(row["id"])
            if number % 150 == 0:
                client.start_instance("bulk-out")
    assert len(shown) == len(set(shown)) == MANY


@pytest.mark.parametrize("redirection", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_are_closed_from_the_start_do_no_harm(failed: str, redirection: str):
    script = f'"$@" {redirection}'
    for command, status in (
        (("defs", "list"), 0),
        (("instances", "get", "x"), 6),
        (("defs", "upload", "-"), None),
    ):
        done = subprocess.run(
            ["/bin/sh", "-c", script, "sh", *EXECUTABLE, *command],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, env=variables(None, url=failed), check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert done.returncode == (3 if status is None else status)


def test_a_list_has_the_same_columns_in_csv_whatever_it_holds(failed: str):
    with DevEngine(DevEngineConfig(port=0)) as empty:
        for group, field in (("instances", "id"), ("defs", "id"), ("tasks", "stepId")):
            full = rochallor(group, "list", "-o", "csv", url=failed).stdout
            assert rochallor(group, "list", "-o", "csv", url=empty.url).lines() == [full.splitlines()[0]]
            named = rochallor(group, "list", "-o", "csv", "--fields", field, url=empty.url)
            assert named.lines() == [field]


def test_lists_and_values_are_written_as_csv_for_spreadsheets(failed: str):
    listed = ("instances", "list", "--definition", "out", "-o", "csv", "--fields")
    rows = list(
        csv.reader(io.StringIO(rochallor(*listed, "businessKey,variables,status", url=failed).stdout))
    )
    assert rows == [
        ["businessKey", "variables", "status"],
        ["K\n\x1b[31m0", '{"n": 0, "nested": {"list": [1, 2]}}', "FAILED"],
    ]
    bare = rochallor(*listed, "status", "--no-headers", url=failed)
    assert bare.stdout == "FAILED\n"
    one = rochallor("expr", "1 + 1", "-o", "csv", "--fields", "value,error,type")
    assert one.stdout == "value,error,type\n2,,int\n"
    explained = rochallor("defs", "explain", "-o", "csv").lines()
    assert explained[0] == "value"
    assert "DECISION_TABLE" in explained
