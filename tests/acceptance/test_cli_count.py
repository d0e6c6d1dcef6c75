"""`instances count`: by the engine's own count where it has one, read within a bound where it has none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.command_line import rochallor
from support.engines import running_engine
from support.workflows import do_jobs, service, uploaded, user_task
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Five instances of two definitions: two that failed for one reason, three that wait at `ask`."""
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("work"), id_="jobs")
        uploaded(client, user_task("ask"), id_="asks")
        for definition_id in ("jobs", "jobs", "asks", "asks", "asks"):
            client.start_instance(definition_id)
        do_jobs(client, "work", fail="broken")
        yield engine.url


def counts(url: str, *arguments: str) -> dict[str, int]:
    result = rochallor("instances", "count", *arguments, "-o", "json", url=url)
    assert result.exit_status == 0
    return {row["key"]: row["count"] for row in result.json()}


def test_all_that_fit_are_one_number(url: str) -> None:
    assert counts(url) == {"instances": 5}
    assert rochallor("instances", "count", "--status", "failed", "-o", "name", url=url).stdout == "2\n"


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("status", {"WAITING": 3, "FAILED": 2}),
        ("definition", {"asks": 3, "jobs": 2}),
        ("version", {"asks v1": 3, "jobs v1": 2}),
        ("step", {"ask": 3, "work": 2}),
        ("reason", {"broken": 2}),
    ],
)
def test_each_group_is_counted_apart(url: str, by: str, expected: dict[str, int]) -> None:
    assert counts(url, "--by", by) == expected


def test_a_bound_that_runs_out_is_said(url: str) -> None:
    result = rochallor("instances", "count", "--by", "step", "--most", "2", url=url)
    assert (result.exit_status, "2 of 5 were read" in result.stderr) == (10, True)


def test_an_unknown_group_is_a_mistake(url: str) -> None:
    result = rochallor("instances", "count", "--by", "reasn", url=url)
    assert (result.exit_status, "did you mean reason?" in result.stderr) == (2, True)
