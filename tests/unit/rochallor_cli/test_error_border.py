"""The one border where errors become text and exit status."""

from __future__ import annotations

import json

import pytest

from rochallor_cli.app import run
from rochallor_cli.configuration.environment import Environment
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.exit_status import MEANINGS, ExitStatus
from support.command_line import Stream, rochallor, variables


def run_with_a_bug(*arguments: str) -> tuple[int, str]:
    """A command whose configuration lookup falls over something nobody thought of."""

    class Broken(dict):
        def get(self, key, default=None):
            if key == "ROCHALLOR_CONFIG_FILE":
                raise ZeroDivisionError("of all things")
            return super().get(key, default)

    stderr = Stream()
    environment = Environment(Stream(), Stream(), stderr, Broken(variables(None)))
    return run(arguments, environment), stderr.getvalue()


def test_a_bug_asks_for_a_report_and_shows_its_traceback_only_to_those_who_ask():
    status, text = run_with_a_bug("config", "show")
    assert status == ExitStatus.UNEXPECTED
    assert text.splitlines()[0] == "error: unexpected ZeroDivisionError: of all things"
    assert "please report it" in text
    assert "Traceback" not in text
    assert "Traceback" in run_with_a_bug("config", "show", "-v")[1]


def test_a_bug_is_a_json_object_too():
    status, text = run_with_a_bug("config", "show", "-o", "json")
    assert json.loads(text)["exitStatus"] == status == 1


@pytest.mark.parametrize("spelling", [("-o", "json"), ("-ojson",), ("--output", "json"), ("--output=json",)])
def test_a_usage_error_is_json_however_the_format_was_asked_for(spelling):
    result = rochallor(*spelling, "instances", "list", "--nope")
    assert json.loads(result.stderr)["exitStatus"] == 2


def test_the_format_of_the_environment_counts_for_usage_errors_as_well():
    assert json.loads(rochallor("nope", env={"ROCHALLOR_OUTPUT": "json"}).stderr)["exitStatus"] == 2


def test_no_command_shows_the_help_and_so_does_a_group_alone():
    assert rochallor().stdout == rochallor("--help").stdout
    assert rochallor("-h").exit_status == 0
    group = rochallor("instances")
    assert (group.exit_status, "Commands:" in group.stdout) == (0, True)


def test_every_exit_status_has_a_meaning_and_none_is_used_twice():
    assert set(MEANINGS) == set(ExitStatus)
    assert len(set(MEANINGS.values())) == len(MEANINGS)


def test_an_error_carries_the_status_of_its_kind_unless_told_otherwise():
    assert ConflictError("x").exit_status == ExitStatus.CONFLICT
    assert CliError("x", exit_status=ExitStatus.INVALID).exit_status == ExitStatus.INVALID
    assert CliError("x").exit_status == ExitStatus.UNEXPECTED
