"""The page of `rochallor ui` in a real browser, which takes its second or two over each of these."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

# Linux's Chromium; elsewhere nobody has run this.
pytest.importorskip("playwright", reason="no Playwright")
if not sys.platform.startswith("linux"):
    pytest.skip("the distribution's Chromium is a Linux one", allow_module_level=True)

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from support.browser import window
from support.engines import interrupted_engine
from support.hostile_engine import ID, hostile
from support.scripted_server import Answer, stand_in
from support.small_server import small_server
from support.ui_engine import Desk
from support.ui_pages import ui_of
from support.workflows import document, gateway, join, user_task
from workflow_sdk.client.rest import RestEngineClient

# A browser costs a core for seconds.
pytestmark = pytest.mark.slow

# --- what people do ------------------------------------------------------------------------------


def test_it_opens_and_shows_and_asks_nobody_else(desk: Desk, browser: Browser) -> None:
    desk.started(amount=1)
    with window(browser) as seen:
        desk.opened(seen.page)
        expect(seen.page.locator(".tile.is-active .number")).not_to_have_text("0")
        assert "token" not in seen.page.url
        seen.page.get_by_role("link", name="Definitions", exact=True).click()
        seen.page.get_by_role("link", name="loan", exact=True).click()
        expect(seen.page.locator(".canvas svg")).to_be_visible()
        seen.page.get_by_role("link", name="5 changes").click()
        expect(seen.page.locator(".changes li").first).to_be_visible()
    assert (seen.errors, seen.hosts) == ([], {desk.visitor.host})


def test_a_list_is_filtered_by_keyboard(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=2)
    desk.client.cancel_instance(started, "no longer wanted")
    with window(browser) as seen:
        desk.opened(seen.page, "/instances")
        seen.page.get_by_label("Status").focus()
        seen.page.keyboard.type("CANCEL")
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.type("loan")
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url(re.compile("status=CANCELLED&definition=loan"))
        rows = seen.page.locator("table.rows tbody tr")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("no longer wanted")
        seen.page.get_by_role("link", name=started).click()
        expect(seen.page.locator(".pill").first).to_have_text("CANCELLED")


def test_an_instance_is_followed_to_its_end_and_a_task_completed(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=3)
    with window(browser) as seen:
        page = seen.page
        desk.opened(page, f"/instances/{started}")
        status = page.locator(".head .pill")
        expect(status).to_have_text("ACTIVE")
        page.evaluate("window.wasHere = true")
        desk.score()
        expect(status).to_have_text("WAITING")
        expect(page.locator("#news")).to_contain_text("WAITING")
        page.locator(".act.is-complete summary").click()
        page.get_by_label("Variables to merge").fill('{"approved": true}')
        page.get_by_label("By whom").fill("jane")
        page.get_by_role("button", name=f"Complete review of {started}").click()
        expect(page.get_by_role("status")).to_have_text("The task is completed.")
        expect(page.locator(".why")).to_contain_text("waits for a signal")
        assert "done=" not in page.url
        desk.client.signal(started, "pay", {})
        expect(status).to_have_text("COMPLETED")
        expect(page.locator(".act")).to_have_count(0)
        expect(page.locator(".variables")).to_contain_text("approved")
    assert seen.errors == []


def test_a_step_is_chosen_and_the_graph_zoomed_by_mouse_and_keyboard(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=5)
    desk.score()
    with window(browser) as seen:
        page = seen.page
        desk.opened(page, f"/instances/{started}")
        step = page.locator(".step:visible")
        expect(step.locator("h3")).to_have_text("review")
        page.locator(".canvas a", has_text="score").first.click()
        expect(step).to_have_count(1)
        expect(step.locator("h3")).to_have_text("score")
        expect(step).to_contain_text("Job type")
        page.locator(".canvas a[aria-label^='price']").focus()
        page.keyboard.press("Enter")
        expect(step.locator("h3")).to_have_text("price")
        expect(step.locator("table.grid")).to_be_visible()
        # It stays chosen when something new comes.
        desk.client.complete_user_task("review", "other", {}, instance_id=started)
        expect(page.locator(".why")).to_contain_text("waits for a signal")
        expect(step.locator("h3")).to_have_text("price")
        width = "Number(document.querySelector('.canvas svg').getAttribute('width'))"
        before = page.evaluate(width)
        page.locator(".canvas").focus()
        page.keyboard.press("+")
        assert page.evaluate(width) > before
        page.keyboard.press("0")
        assert page.evaluate(width) == before
        page.get_by_role("button", name="Larger").click()
        assert page.evaluate(width) > before
    assert seen.errors == []


def test_a_command_is_copied_as_it_stands(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=6)
    with window(browser, permissions=["clipboard-read", "clipboard-write"]) as seen:
        desk.opened(seen.page, f"/instances/{started}")
        seen.page.locator(".act.is-cancel summary").click()
        seen.page.locator(".act.is-cancel .copy").click()
        expect(seen.page.locator(".act.is-cancel .copy")).to_have_text("Copied")
        copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"rochallor instances cancel {started} --reason why")


def test_without_script_the_pages_show_and_act(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=7)
    desk.score()
    with window(browser, java_script_enabled=False) as seen:
        page = seen.page
        page.goto(desk.visitor.server.address(f"/instances/{started}"))
        page.wait_for_url(f"**/instances/{started}")
        page.locator(".canvas a", has_text="score").first.click()
        expect(page.locator(".step:visible h3")).to_have_text("score")
        page.locator(".act.is-complete summary").click()
        page.get_by_role("button", name="Complete review").click()
        expect(page.get_by_role("status")).to_have_text("The task is completed.")


def test_more_windows_than_a_browser_has_connections_are_all_told(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=8)
    with window(browser) as seen:
        desk.opened(seen.page)
        windows = [seen.page, *(seen.page.context.new_page() for _ in range(7))]
        for each in windows:
            each.goto(f"{desk.visitor.origin}/instances/{started}")
            expect(each.locator(".head .pill")).to_have_text("ACTIVE")
        desk.client.cancel_instance(started, "no longer wanted")
        for each in windows:
            expect(each.locator(".head .pill")).to_have_text("CANCELLED")
            expect(each.get_by_role("alert")).to_be_hidden()


def test_a_large_graph_is_scrolled_to_the_step_that_is_shown(desk: Desk, browser: Browser) -> None:
    steps = [f"s{number}" for number in range(30)]
    branches = [user_task(each, "meet") for each in steps]
    desk.client.upload_definition(document(gateway("split", steps), *branches, join(), id_="broad"))
    started = str(desk.client.start_instance("broad", {})["id"])
    with window(browser, viewport={"width": 800, "height": 600}) as seen:
        desk.opened(seen.page, f"/instances/{started}")
        canvas = seen.page.locator(".canvas")
        canvas.scroll_into_view_if_needed()
        expect(seen.page.locator(".step:visible h3")).to_have_text("s29")
        expect(canvas.locator("a[aria-label^='s29,']")).to_be_in_viewport()
        seen.page.get_by_role("table", name="Step executions by time").get_by_role(
            "link", name="s3", exact=True
        ).click()
        canvas.scroll_into_view_if_needed()
        expect(canvas.locator("a[aria-label^='s3,']")).to_be_in_viewport()


def a_thousand(method: str, path: str, body: bytes) -> Answer:
    query = dict(parse_qsl(urlsplit(path).query))
    size, page = int(query.get("pageSize", "20")), int(query.get("page", "0"))
    first = page * size
    rows = [
        {"id": f"{number:026}", "definitionId": "many", "definitionVersion": 1, "status": "WAITING"}
        for number in range(first, min(first + size, 1_000))
    ]
    return 200, {"items": rows, "total": 1_000}


def test_a_list_of_a_thousand_is_shown_whole(browser: Browser) -> None:
    with stand_in(a_thousand) as there, ui_of(there.url) as visitor, window(browser) as seen:
        with RestEngineClient(there.url) as client:
            Desk(client, visitor).opened(seen.page, "/instances?size=1000")
        expect(seen.page.locator("table.rows tbody tr")).to_have_count(1_000)
        seen.page.goto(f"{visitor.origin}/instances?page=20")
        expect(seen.page.locator(".below")).to_contain_text("951 to 1,000 of 1,000")
    assert seen.errors == []


# --- what engines and others do ------------------------------------------------------------------


def test_hostile_values_run_nothing(browser: Browser) -> None:
    paths = (
        "/",
        "/instances",
        f"/instances/{ID}",
        "/definitions",
        "/definitions/one",
        "/definitions/one/changes",
    )
    with stand_in(hostile) as there, ui_of(there.url) as visitor, window(browser) as seen:
        with RestEngineClient(there.url) as client:
            desk = Desk(client, visitor)
        for path in paths:
            desk.opened(seen.page, path)
            assert seen.page.locator("script").count() == 1
            assert seen.page.locator("img").count() == 1
    assert (seen.errors, seen.hosts) == ([], {visitor.host})


def test_a_dead_engine_is_a_banner_and_not_a_blank_page(tmp_path: Path, browser: Browser) -> None:
    with (
        interrupted_engine(tmp_path / "e.sqlite") as engine,
        ui_of(engine.url, version="0") as visitor,
        RestEngineClient(engine.url) as client,
        window(browser) as seen,
    ):
        client.upload_definition(document(user_task("approve"), id_="loan"))
        desk = Desk(client, visitor)
        desk.opened(seen.page, f"/instances/{desk.started(amount=1)}")
        engine.go_away()
        banner, status = seen.page.get_by_role("alert"), seen.page.locator(".head .pill")
        expect(banner).to_contain_text("cannot reach")
        expect(banner).to_contain_text("What is shown is from")
        expect(status).to_have_text("WAITING")
        seen.page.reload()
        expect(banner).to_contain_text("cannot reach")
        expect(status).to_have_text("WAITING")
        engine.come_back()
        expect(banner).to_be_hidden()
        expect(seen.page.locator("#live")).to_have_text("live")


ATTACK = """<!doctype html><title>a page of another local server</title>
<iframe name=frame src="{origin}/instances"></iframe>
<form id=form method=post action="{origin}/instances/{id}/cancel" target=frame><input name=reason value=owned></form>
<script>
  const tries = {{}};
  const attempt = async (name, work) => {{
    try {{ tries[name] = await work(); }} catch {{ tries[name] = "refused"; }}
  }};
  (async () => {{
    await attempt("read", async () => (await fetch("{origin}/instances", {{credentials: "include"}})).text());
    await attempt("blind", async () => (await fetch("{origin}/instances/{id}/cancel",
      {{method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams("reason=owned")}})).type);
    await attempt("events", () => new Promise((done, no) => {{
      const source = new EventSource("{origin}/events?page=/", {{withCredentials: true}});
      source.onmessage = (event) => done(event.data); source.onerror = no; }}));
    await attempt("script", () => new Promise((done, no) => {{
      const script = document.createElement("script"); script.src = "{origin}/static/ui.js";
      script.onload = () => done("loaded"); script.onerror = no; document.body.append(script); }}));
    document.getElementById("form").submit();
    await attempt("frame", async () => {{
      await new Promise((done) => setTimeout(done, 500));
      return window.frames[0].document.body.innerText; }});
    document.title = JSON.stringify(tries);
  }})();
</script>"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_another_page_in_the_same_browser_reads_and_does_nothing(
    desk: Desk, browser: Browser, name: str
) -> None:
    started = desk.started(amount=8)
    with window(browser) as seen, small_server() as other:
        desk.opened(seen.page, f"/instances/{started}")
        html = ATTACK.format(origin=desk.visitor.origin, id=started)
        other.answers(200, html.encode(), "text/html; charset=utf-8")
        page = seen.page.context.new_page()
        # The same site for cookies where the name is the same, whatever the port.
        page.goto(other.url.replace("127.0.0.1", name))
        expect(page).to_have_title(re.compile(r"^\{.*\}$"))
        tries = page.title()
        assert '"read":"refused"' in tries
        assert '"events":"refused"' in tries
        assert '"script":"refused"' in tries
        assert started not in tries
        # And the page of that site is no way in by a link either.
        page.set_content(f'<a href="{desk.visitor.origin}/instances">go</a>')
        page.get_by_text("go").click()
        expect(page.locator("body")).to_contain_text("Not from here")
    assert desk.client.get_instance(started)["status"] == "ACTIVE"


# --- for everybody -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def addresses(desk: Desk) -> list[str]:
    waiting, failed = desk.started(amount=9), desk.started(amount=10)
    for job in desk.client.poll_jobs("t", ["score"], 100):
        if job["instanceId"] == failed:
            desk.client.fail_job(job["id"], "t", "no such account", retryable=False)
        else:
            desk.client.complete_job(job["id"], "t", {"score": 700})
    return [
        "/?audit=1", "/instances?status=FAILED&since=1h", f"/instances/{waiting}", f"/instances/{failed}",
        "/definitions", "/definitions/odd", "/definitions/loan/changes",
    ]  # fmt: skip


@pytest.mark.parametrize(("scheme", "width"), [("light", 1920), ("dark", 360)])
def test_no_page_has_what_axe_finds_wrong_or_is_wider_than_its_window(
    desk: Desk, browser: Browser, addresses: list[str], scheme: str, width: int
) -> None:
    # What a scheme can change is its contrasts; the rest is looked at once.
    rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
    with window(browser, color_scheme=scheme, viewport={"width": width, "height": 900}) as seen:
        for address in addresses:
            desk.opened(seen.page, address)
            for summary in seen.page.locator("summary").all():
                summary.click()
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, address
            found = Axe().run(seen.page, options=rules).response["violations"]
            assert [(each["id"], [node["target"] for node in each["nodes"]]) for each in found] == [], address
    with window(browser, color_scheme=scheme, viewport={"width": width, "height": 900}) as refused:
        refused.page.goto(desk.visitor.origin)
        assert refused.page.evaluate("document.documentElement.scrollWidth") <= width
        assert Axe().run(refused.page).response["violations"] == []


def test_nothing_moves_for_those_who_ask_for_that(desk: Desk, browser: Browser) -> None:
    with window(browser, reduced_motion="reduce") as seen:
        desk.opened(seen.page)
        moving = "document.getAnimations().filter(each => each.playState === 'running').length"
        assert seen.page.evaluate(moving) == 0


def test_focus_goes_through_a_page_in_its_order_and_is_seen(
    desk: Desk, browser: Browser, addresses: list[str]
) -> None:
    with window(browser) as seen:
        desk.opened(seen.page, addresses[2])
        places, outlines = [], []
        for _ in range(12):
            seen.page.keyboard.press("Tab")
            place, outline = seen.page.evaluate(
                "(() => { const box = document.activeElement.getBoundingClientRect();"
                " return [document.activeElement.textContent.trim().slice(0, 20) || document.activeElement.tagName,"
                " getComputedStyle(document.activeElement).outlineStyle]; })()"
            )
            places.append(place)
            outlines.append(outline)
        assert places[:5] == ["Skip to the content", "rochallor", "Overview", "Instances", "Definitions"]
        assert "none" not in outlines
