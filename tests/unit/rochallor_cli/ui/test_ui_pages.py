"""What the pages show, of a real engine and of one that sends what nobody expects."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.ui.page_engine import PageEngine
from rochallor_cli.ui.pages.addresses import page_at
from rochallor_cli.ui.rendering import Renderer
from support.engines import interrupted_engine, running_engine
from support.ui_pages import Visitor, ui_of
from support.waiting import wait_until
from support.workflows import (
    decision,
    do_jobs,
    document,
    gateway,
    join,
    rule,
    service,
    table,
    timer,
    user_task,
    wait,
)
from workflow_sdk.client.rest import RestEngineClient


@dataclass
class World:
    client: RestEngineClient
    url: str
    visitor: Visitor
    waiting: str
    failed: str
    completed: str


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("score"), id_="loan"))
        prices = table("price", rule("amount > 10", price=3), rule("amount <= 10", price=1), next_step="way")
        ways = {"amount > 1": "review", "amount <= 1": "end"}
        review = user_task("review", "pay", boundaryEvents=[timer("PT2H", "end", interrupting=True)])
        steps = [service("score", "price"), prices, decision("way", ways), review, wait("pay")]
        client.upload_definition(document(*steps, id_="loan"))
        ids = [client.start_instance("loan", {"amount": n}, None, f"key-{n}")["id"] for n in range(3)]
        for job in client.poll_jobs("t", ["score"], 10):
            if job["instanceId"] == ids[1]:
                client.fail_job(job["id"], "t", "no such account", retryable=False)
            else:
                client.complete_job(job["id"], "t", {"score": 700})
        with ui_of(engine.url) as visitor:
            yield World(client, engine.url, visitor, waiting=ids[2], failed=ids[1], completed=ids[0])


def shown(world: World, path: str) -> str:
    answered = world.visitor.get(path)
    assert answered.status == 200, answered.text
    return answered.text


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_the_overview_counts_by_status(world: World) -> None:
    words = words_of(shown(world, "/"))
    for part in ("0 ACTIVE", "1 WAITING", "1 COMPLETED", "1 FAILED", "0 CANCELLED", "1 definitions"):
        assert part in words


def test_an_audit_is_made_when_it_is_asked_for_with_its_time_and_bound(world: World) -> None:
    before = words_of(shown(world, "/"))
    assert "Reads the 500 newest live instances at most" in before
    after = words_of(shown(world, "/?audit=1"))
    assert "1 instance of 1 live ones looked at in" in after
    assert "loan : wait for a person at review" in after
    assert "rochallor tasks list --definition loan" in after


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"waiting", "failed", "completed"}),
        ("status=FAILED", {"failed"}),
        ("status=failed", {"failed"}),
        ("business_key=key-2", {"waiting"}),
        ("definition=loan&version=2", {"waiting", "failed", "completed"}),
        ("version=1", set()),
        ("step=review", {"waiting"}),
        ("reason=SUCH", {"failed"}),
        ("since=1h&status=", {"waiting", "failed", "completed"}),
        ("until=1h", set()),
        ("older_than=1d", set()),
    ],
)
def test_the_list_takes_the_filters_of_the_command(world: World, query: str, expected: set[str]) -> None:
    page = shown(world, f"/instances?{query}")
    found = set(re.findall(r'href="/instances/(\w{26})"', page))
    assert found == {getattr(world, name) for name in expected}


def test_the_list_shows_the_command_that_does_the_same(world: World) -> None:
    words = words_of(shown(world, "/instances?status=FAILED&older_than=1m"))
    assert "rochallor instances list --status FAILED --older-than 1m" in words


@pytest.mark.parametrize(
    "query", ["status=LOST", "since=never", "version=x", "page=0", "size=9999", "page=9" + "9" * 99]
)
def test_a_filter_that_is_none_is_said(world: World, query: str) -> None:
    answered = world.visitor.get(f"/instances?{query}")
    assert answered.status == 400
    assert query.partition("=")[2][:20] in html.unescape(answered.text)


def test_filters_that_are_wrong_are_marked_in_their_form_which_keeps_the_others(world: World) -> None:
    answered = world.visitor.get("/instances?status=LOST&definition=loan&older_than=soon&since=1h&version=x")
    assert answered.status == 400
    assert "<title>Instances · rochallor</title>" in answered.text
    marked = dict(
        re.findall(
            r'<(?:input|select) id="f-(\w+)"[^>]* aria-invalid="true" aria-describedby="([^"]*)"',
            answered.text,
        )
    )
    assert set(marked) == {"status", "older_than", "version"}
    for name, fault in marked.items():
        [said] = re.findall(rf'<p class="fault" id="{fault}">(.*?)</p>', answered.text)
        assert said, name
    assert answered.text.count(" autofocus") == 1
    values = re.findall(r'<input id="f-(\w+)" name="\w+" value="([^"]+)"', answered.text)
    assert dict(values) == {"definition": "loan", "older_than": "soon", "since": "1h", "version": "x"}
    assert "<option selected>LOST</option>" in answered.text
    # Nothing is followed there, nor at the address of its events.
    assert "data-address" not in answered.text
    assert world.visitor.get("/events?page=/instances%3Fstatus%3DLOST").status == 400


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/definitions?page=x", 'id="f-keyword"'),
        ("/definitions/loan?version=0", 'href="/definitions/loan"'),
        ("/definitions/loan/changes?from=x&to=2", 'id="f-from" name="from" inputmode="numeric" value="x"'),
    ],
)
def test_an_address_that_is_not_understood_shows_its_page_with_a_way_on(
    world: World, address: str, field: str
) -> None:
    answered = world.visitor.get(address)
    assert answered.status == 400
    assert "is no number from 1 on" in answered.text
    assert field in answered.text
    assert "<nav" in answered.text


def test_a_window_is_titled_by_its_page_where_nothing_could_be_read(world: World) -> None:
    for path, title in (
        ("/instances/lost", "Instance lost"),
        ("/definitions/lone", "lone"),
        ("/definitions/lone/changes", "What has changed in lone"),
    ):
        answered = world.visitor.get(path)
        assert answered.status == 404
        assert f"<title>{title} · rochallor</title>" in answered.text


def test_a_list_has_pages(world: World) -> None:
    first = shown(world, "/instances?size=2")
    assert "1 to 2 of 3" in words_of(first)
    [older] = re.findall(r'rel="next" href="([^"]*)"', first)
    second = shown(world, html.unescape(older))
    assert "3 to 3 of 3" in words_of(second)
    assert 'rel="prev"' in second
    assert 'rel="next"' not in second


def test_an_instance_says_what_it_waits_for_and_what_can_be_done(world: World) -> None:
    page = shown(world, f"/instances/{world.waiting}")
    words = words_of(page)
    assert "It waits" in words
    assert "review waits for a person, opened" in words
    assert "review has a timer, due 20" in words
    assert f"Complete review of {world.waiting}" in words
    assert f"rochallor tasks complete {world.waiting} review --by YOU" in words
    assert f"rochallor instances cancel {world.waiting}" in words
    assert "is-waiting" in page


def test_nothing_on_a_page_changes_by_time_alone(world: World) -> None:
    # The bars of a running instance are drawn anew when it is a tenth older: an hour and two minutes are
    # between two of those moments, the first milliseconds of an instance are nearly always at one.
    now = [datetime.now(UTC) + timedelta(minutes=62)]
    settings = Settings(access=EngineAccess(world.url))
    with connect(settings.access) as client:
        version = EngineVersion(("next",), "said")
        page_engine = PageEngine(AdminClient(client, settings), lambda: now[0], lambda: version)
        for address in ("/", "/instances", f"/instances/{world.waiting}", f"/instances/{world.failed}"):
            page, renderer = page_at(page_engine, address), Renderer(page_engine)
            before = renderer.parts(page, page.read())
            now[0] += timedelta(milliseconds=1)
            assert renderer.parts(page, page.read()) == before


def test_a_failed_instance_shows_why_and_the_ways_out(world: World) -> None:
    words = words_of(shown(world, f"/instances/{world.failed}"))
    assert "no such account" in words
    assert f"rochallor instances retry {world.failed}" in words
    assert f"rochallor instances restart {world.failed}" in words


def test_a_click_on_a_step_of_the_graph_leads_to_its_executions(world: World) -> None:
    page = shown(world, f"/instances/{world.waiting}")
    [href] = re.findall(
        r"<a href='#(step-\d+)' aria-label='score, SERVICE_TASK, completed'>", page.replace('"', "'")
    )
    [step] = re.findall(rf'<article[^>]*id="{href}".*?</article>', page, re.DOTALL)
    assert "Job type score" in words_of(step)
    assert "completed started" in words_of(step)


def test_a_definition_shows_graph_tables_versions_and_source(world: World) -> None:
    page = shown(world, "/definitions/loan")
    words = words_of(page)
    assert "<svg" in page
    assert "Table of price" in words
    assert "amount &gt; 10" in page
    assert "v2 6 steps 5 changes" in words
    assert "jobType: score" in words
    assert "v1" in words_of(shown(world, "/definitions/loan?version=1"))


def test_two_versions_are_compared_as_the_command_compares_them(world: World) -> None:
    words = words_of(shown(world, "/definitions/loan/changes?from=1&to=2"))
    assert "review USER_TASK" in words
    assert "nextStep end" in words


def test_what_lint_finds_stands_at_its_line(world: World) -> None:
    world.client.upload_definition(
        document(
            gateway("split", ["a", "b"]), service("a", "meet"), user_task("b", "end"), join(), id_="doubtful"
        )
    )
    page = shown(world, "/definitions/doubtful")
    lines = re.findall(r'<li id="(line-\d+)"><code>[^<]*</code>(.*?)</li>', page, re.DOTALL)
    found = [(place, words_of(rest)) for place, rest in lines if words_of(rest)]
    assert found, "lint finds something in a branch that misses its join"
    assert all(re.match(r"[WE]\d+ ", text) for _, text in found)
    # The count of them leads to the first.
    assert f'<a href="#{found[0][0]}">' in page


def test_what_is_not_there_is_said_with_a_hint(world: World) -> None:
    assert world.visitor.get("/nope").status == 404
    for path, text in (
        (f"/instances/{world.waiting[:-1]}", "no instance"),
        ("/definitions/lone", "did you mean loan"),
        ("/definitions/loan?version=9", "the latest version is 2"),
    ):
        answered = world.visitor.get(path)
        assert answered.status == 404
        assert text in answered.text


def test_the_chain_is_told_from_definitions_and_times() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("b"), id_="second"))
        chained = {"autoStartNextWorkflow": True, "nextWorkflowId": "second"}
        client.upload_definition(document(service("a"), id_="first", **chained))
        first = client.start_instance("first", {"n": 1}, None, "k")["id"]
        do_jobs(client, "a")
        with ui_of(engine.url) as visitor:
            wait_until(lambda: client.list_instances(definition_id="second")["items"], "the next workflow")
            second = client.list_instances(definition_id="second")["items"][0]["id"]
            assert f"After it: likely {second} of second" in words_of(visitor.get(f"/instances/{first}").text)
            page = visitor.get(f"/instances/{second}?chain=parent").text
            assert f"Before it: likely {first} of first" in words_of(page)


def test_all_variables_can_be_had_as_a_file(world: World) -> None:
    answered = world.visitor.get(f"/instances/{world.waiting}/variables.json")
    assert json.loads(answered.text)["score"] == 700
    assert answered.headers["content-disposition"].startswith("attachment")


# --- an engine that is away -----------------------------------------------------------------------


def test_a_dead_engine_is_a_banner_over_what_was_known(tmp_path: Path) -> None:
    with interrupted_engine(tmp_path / "engine.sqlite") as engine, ui_of(engine.url, version="0") as visitor:
        with RestEngineClient(engine.url) as client:
            client.upload_definition(document(user_task("approve"), id_="flow"))
            started = client.start_instance("flow", {})["id"]
        with visitor.events("/instances") as events:
            assert started in next(events)["parts"]["list"][1]
            engine.go_away()
            told = next(event for event in events if event["trouble"])
            assert "cannot reach" in told["trouble"]
            page = visitor.get("/instances")
            assert page.status == 503
            assert 'role="alert"' in page.text
            assert started in page.text
            other = visitor.get("/definitions")
            assert "cannot reach" in other.text
            assert "<nav" in other.text
            engine.come_back()
            assert next(event for event in events if not event["trouble"])
        assert visitor.get("/definitions").status == 200


@pytest.mark.parametrize(
    ("at", "title"), [("/", "Overview"), ("/instances", "Instances"), ("/definitions", "Definitions")]
)
def test_a_window_is_titled_by_the_name_its_page_has_in_the_navigation(
    world: World, at: str, title: str
) -> None:
    assert f"<title>{title} · rochallor</title>" in shown(world, at)
