"""Choosing instances by options: what the engine compares, what is compared here, and within which bound."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rochallor_cli.dev_engine import DevEngine, HandClock
from support.command_line import Result, rochallor
from support.engines import running_engine
from support.workflows import do_jobs, service, uploaded, user_task
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture(scope="module")
def engine() -> Iterator[DevEngine]:
    """Two that have stood at `import` for hours, one that has just come there, one FAILED, one at a person's task."""
    with (
        running_engine(engine_version="next", clock=HandClock()) as engine,
        RestEngineClient(engine.url) as client,
    ):
        uploaded(client, service("fetch", "import"), service("import"), id_="imports")
        uploaded(client, user_task("approve"), id_="loans")
        uploaded(client, service("work"), id_="jobs")
        for name in ("imports", "imports", "loans", "jobs"):
            client.start_instance(name)
        do_jobs(client, "fetch")
        do_jobs(client, "work", fail="connection Refused by db-1")
        uploaded(client, service("import"), id_="imports")
        late = client.start_instance("imports", business_key="late")["id"]
        engine.advance(hours=3)
        client.cancel_instance(late)
        client.start_instance("imports", business_key="new")
        yield engine


def asked(engine: DevEngine, *arguments: str, stdin: str = "", terminal: bool = False) -> Result:
    now = datetime.fromtimestamp(engine.config.clock.now_ns() / 1e9, UTC)
    return rochallor(*arguments, url=engine.url, now=now, stdin=stdin, terminal=terminal)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--step", "import"), 4),
        (("--step", "import", "--older-than", "1h"), 2),
        (("--step", "import", "--older-than", "5h"), 0),
        (("--older-than", "1h"), 4),
        (("--definition", "imports", "--version", "1"), 2),
        (("--version", "2", "--status", "ACTIVE"), 1),
        (("--reason", "connection refused"), 1),
        (("--since", "1h"), 1),
        (("--until", "1h"), 5),
        (("--until", "1h", "--status", "WAITING"), 1),
        (("--since", "2999-01-01"), 0),
        (("--since", "2020-01-01T10:00+02:00"), 6),
    ],
)
def test_options_choose_the_same_instances_for_list_and_count(
    engine: DevEngine, options: tuple[str, ...], count: int
) -> None:
    listed = asked(engine, "instances", "list", *options, "-o", "name")
    assert (listed.exit_status, len(listed.lines())) == (0, count)
    counted = asked(engine, "instances", "count", *options, "-o", "name")
    assert (counted.exit_status, counted.stdout) == (0, f"{count}\n")


def test_the_time_at_a_step_counts_and_not_the_age_of_the_instance() -> None:
    with (
        running_engine(engine_version="next", clock=HandClock()) as engine,
        RestEngineClient(engine.url) as client,
    ):
        uploaded(client, service("first", "second"), service("second"), id_="moved")
        moved = client.start_instance("moved")["id"]
        engine.advance(hours=2)
        do_jobs(client, "first")
        choice = ("instances", "list", "--older-than", "1h", "-o", "name")
        assert asked(engine, *choice).lines() == []
        engine.advance(hours=2)
        assert asked(engine, *choice, "--step", "second").lines() == [moved]


def test_an_audit_takes_the_same_options(engine: DevEngine) -> None:
    [row] = asked(engine, "instances", "audit", "--step", "import", "--older-than", "1h", "-o", "json").json()
    assert (row["step"], row["count"]) == ("import", 2)


def test_a_bound_on_what_is_read_is_said_and_is_an_exit_status_of_its_own(engine: DevEngine) -> None:
    for command in ("list", "count"):
        result = asked(engine, "instances", command, "--step", "approve", "--most", "2")
        assert (result.exit_status, "were read, the newest first" in result.stderr) == (10, True)
    rehearsed = asked(engine, "instances", "cancel", "--step", "approve", "--most", "1", "--dry-run")
    assert rehearsed.exit_status == 10


def test_a_time_that_is_none_is_a_mistake(engine: DevEngine) -> None:
    result = asked(engine, "instances", "list", "--since", "yesterday")
    assert (result.exit_status, "2026-05-03T13:08" in result.stderr) == (2, True)


def test_the_question_repeats_filter_steps_and_engine(engine: DevEngine) -> None:
    choice = ("instances", "cancel", "--definition", "imports", "--older-than", "1h")
    result = asked(engine, *choice, terminal=True, stdin="n\n")
    assert result.exit_status == 2
    question = " ".join(result.stderr.split())
    assert (
        "Cancel 2 instances of imports, standing for longer than 1h (2 at import) "
        f"on {engine.url}? [y/N]" in question
    )


def test_a_step_that_is_not_there_is_said_where_nothing_fits(engine: DevEngine) -> None:
    result = asked(engine, "instances", "cancel", "--definition", "loans", "--step", "aprove", "--yes")
    assert "has no step aprove: it has approve, end" in result.stderr


def test_failed_instances_are_retried_by_step_and_reason(engine: DevEngine) -> None:
    choice = ("instances", "retry", "--step", "work", "--reason", "refused", "--dry-run", "-o", "json")
    [row] = asked(engine, *choice).json()
    assert (row["definitionId"], row["result"]) == ("jobs", "would be retried")
    assert asked(engine, "instances", "retry", "--step", "other", "--dry-run", "-o", "json").json() == []


def test_a_rehearsal_says_of_each_what_would_come_of_it(engine: DevEngine) -> None:
    choice = ("instances", "list", "--status", "FAILED", "-o", "name"), ("--dry-run", "--engine-version", "0")
    [failed] = asked(engine, *choice[0]).lines()
    # What is said of an engine does not make it another one.
    rows = asked(engine, "instances", "retry", failed, "nowhere", *choice[1], "-o", "json")
    assert [(row["result"], row["exitStatus"]) for row in rows.json()] == [
        ("would be retried", 0),
        ("cannot be retried", 6),
    ]
    assert rows.exit_status == 6


def test_a_rehearsed_restart_names_what_would_be_begun_again(engine: DevEngine) -> None:
    line = ("--status", "FAILED", "-o", "name")
    named = asked(engine, "instances", "list", *line).stdout
    assert named
    assert asked(engine, "instances", "restart", *line, "--dry-run").stdout == named


def test_an_audit_of_what_there_is_not_says_so(engine: DevEngine) -> None:
    assert "there is no definition lone" in asked(engine, "instances", "audit", "--definition", "lone").stderr


def test_why_an_instance_cannot_be_retried_stands_whole_on_a_terminal_of_80_columns() -> None:
    with running_engine() as first, RestEngineClient(first.url) as client:
        uploaded(client, service("work"), id_="jobs")
        failed = client.start_instance("jobs")["id"]
        do_jobs(client, "work", fail="no")
        line = ("instances", "retry", failed, "nowhere", "--dry-run", "--engine-version", "1.1.0")
        shown = rochallor(*line, url=first.url, terminal=True, env={"NO_COLOR": "1"})
    assert shown.exit_status == 7
    assert max(map(len, shown.lines())) <= 80
    letters = "".join(shown.stdout.split())
    assert all(
        words.replace(" ", "") in letters
        for words in ("from 1.1.0 on", f"no instance nowhere on {first.url}")
    )


def test_a_filtered_column_goes_first_and_the_reason_keeps_room(engine: DevEngine) -> None:
    header = (
        asked(engine, "instances", "list", "--status", "FAILED", "--color", "never", terminal=True)
        .lines()[0]
        .split()
    )
    assert "STATUS" not in header
    assert {"INSTANCE", "STEP", "REASON"} <= set(header)


def test_a_watched_list_shows_what_is_new_or_has_changed() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("s", job_type="watched"), id_="watched")
        first = client.start_instance("watched")["id"]
        looks = iter(range(3))

        def sleep(_: float) -> None:
            match next(looks):
                case 0:
                    do_jobs(client, "watched")
                case 1:
                    client.start_instance("watched")
                case _:
                    raise KeyboardInterrupt

        result = rochallor("instances", "list", "--watch", "-o", "jsonl", url=engine.url, sleep=sleep)
        assert result.exit_status == 130
        assert [line.count(first) for line in result.lines()] == [1, 1, 0]
        assert '"COMPLETED"' in result.lines()[1]


def test_a_watched_list_is_redrawn_in_place_on_a_terminal(engine: DevEngine) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) > 1:
            raise KeyboardInterrupt

    result = rochallor(
        "instances", "list", "--status", "FAILED", "--watch", url=engine.url, terminal=True, sleep=sleep
    )
    assert result.stdout.count("connection") == 2
    assert "\x1b[2F" in result.stdout
    refused = rochallor("instances", "list", "--watch", "-o", "json", url=engine.url)
    assert (refused.exit_status, "-o jsonl" in refused.stderr) == (2, True)


def test_waiting_for_those_that_fit_waits_for_the_live_ones() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("s", job_type="to-wait-for"), id_="to-wait-for")
        ended, live = (client.start_instance("to-wait-for")["id"] for _ in range(2))
        client.cancel_instance(ended)
        choice = ("instances", "wait", "--definition", "to-wait-for", "-o", "name")
        result = rochallor(*choice, url=engine.url, sleep=lambda _: do_jobs(client, "to-wait-for"))
        assert (result.exit_status, result.lines()) == (0, [live])
        assert rochallor("instances", "wait", url=engine.url).exit_status == 2
