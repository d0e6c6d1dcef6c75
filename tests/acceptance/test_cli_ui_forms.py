"""The forms of `rochallor ui` in a real browser: what was typed is lost to nothing."""

from __future__ import annotations

import re
import sys

import pytest

# Linux's Chromium; elsewhere nobody has run this.
pytest.importorskip("playwright", reason="no Playwright")
if not sys.platform.startswith("linux"):
    pytest.skip("the distribution's Chromium is a Linux one", allow_module_level=True)

from playwright.sync_api import Browser, expect

from support.browser import window
from support.ui_engine import Desk

# A browser costs a core for seconds.
pytestmark = pytest.mark.slow


def test_what_somebody_types_into_is_left_alone_while_the_engine_goes_on(
    desk: Desk, browser: Browser
) -> None:
    started = desk.started(amount=4)
    desk.score()
    with window(browser) as seen:
        page = seen.page
        desk.opened(page, f"/instances/{started}")
        page.locator(".act.is-complete summary").click()
        page.get_by_label("Variables to merge").fill('{"half": ')
        desk.client.complete_user_task("review", "other", {}, instance_id=started)
        expect(page.locator(".why")).to_contain_text("waits for a signal")
        expect(page.get_by_label("Variables to merge")).to_have_value('{"half": ')
        page.get_by_role("button", name="Complete review").click()
        expect(page.locator(".problem")).to_contain_text("the variables are no JSON")
        expect(page.locator(".problem textarea")).to_have_value('{"half": ')


def test_a_refused_act_leaves_address_text_and_focus_where_they_were(desk: Desk, browser: Browser) -> None:
    started = desk.started(amount=4)
    desk.score()
    with window(browser) as seen:
        page = seen.page
        desk.opened(page, f"/instances/{started}?chain=parent")
        page.locator(".canvas a", has_text="score").first.click()
        page.locator(".act.is-complete summary").click()
        page.get_by_label("Variables to merge").fill("[1]")
        page.get_by_role("button", name="Complete review").click()
        field = page.locator(".problem textarea")
        expect(field).to_be_focused()
        expect(field).to_have_value("[1]")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description("It was not done: variables are one object")
        assert page.url == f"{desk.visitor.origin}/instances/{started}?chain=parent#step-0"
        expect(page.locator(".step:visible h3")).to_have_text("score")
        # It is a page like any other: to load it again sends nothing again.
        page.reload()
        expect(page.locator(".problem")).to_have_count(0)
        page.locator(".act.is-complete summary").click()
        page.get_by_role("button", name="Complete review").click()
        expect(page.get_by_role("status")).to_have_text("The task is completed.")
        expect(page).to_have_url(f"{desk.visitor.origin}/instances/{started}?chain=parent#step-0")


def test_a_form_that_is_open_when_the_instance_ends_is_closed_or_says_so(
    desk: Desk, browser: Browser
) -> None:
    with window(browser) as seen:
        for typed in ("", "withdrawn"):
            started = desk.started(amount=4)
            desk.opened(seen.page, f"/instances/{started}")
            seen.page.locator(".act.is-cancel summary").click()
            seen.page.get_by_label("Reason").fill(typed)
            desk.client.cancel_instance(started, "elsewhere")
            expect(seen.page.locator(".head .pill")).to_have_text("CANCELLED")
            if not typed:
                expect(seen.page.locator(".act")).to_have_count(0)
                continue
            expect(seen.page.locator(".act.is-cancel")).to_contain_text("has ended meanwhile")
            expect(seen.page.get_by_label("Reason")).to_have_value(typed)
            expect(seen.page.get_by_role("button", name="Cancel")).to_be_disabled()
            seen.page.locator(".act.is-cancel summary").click()
            expect(seen.page.locator(".act")).to_have_count(0)


def test_a_wrong_filter_has_the_focus_and_is_mended_where_it_stands(desk: Desk, browser: Browser) -> None:
    with window(browser) as seen:
        desk.opened(seen.page, "/instances")
        seen.page.get_by_text("More filters").click()
        seen.page.get_by_label("Definition", exact=True).fill("loan")
        seen.page.get_by_label("Started since").fill("yesterday")
        seen.page.keyboard.press("Enter")
        expect(seen.page.get_by_label("Started since")).to_be_focused()
        expect(seen.page.get_by_label("Definition", exact=True)).to_have_value("loan")
        seen.page.keyboard.press("Control+A")
        seen.page.keyboard.type("1d")
        seen.page.keyboard.press("Enter")
        seen.page.wait_for_url(re.compile("definition=loan.*since=1d"))
        expect(seen.page.locator("#live")).to_have_text("live")
