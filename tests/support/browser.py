"""A real browser for tests: the distribution's Chromium, driven by Playwright; without one they are skipped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# A busy machine may take its time over anything.
PATIENCE_MS = 60_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser; contexts are cheap, and share nothing."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    # Within a container root has no sandbox.
    flags = ["--no-sandbox"] if os.getuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """A page in a context of its own, with all that went wrong in it and every host that it asked."""

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)


@contextmanager
def window(browser: Browser, **settings: Any) -> Iterator[Window]:
    """A new window; settings as Playwright's `new_context` takes them."""
    context = browser.new_context(**settings)
    context.set_default_timeout(PATIENCE_MS)
    try:
        found = Window(context.new_page())
        page = found.page
        page.on("pageerror", lambda error: found.errors.append(str(error)))
        page.on("dialog", lambda dialog: (found.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda said: said.type == "error" and found.errors.append(said.text))
        page.on("request", lambda request: found.hosts.add(request.url.split("/")[2]))
        yield found
    finally:
        context.close()
