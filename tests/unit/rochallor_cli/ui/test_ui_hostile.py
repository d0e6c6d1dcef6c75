"""An engine that sends what browsers, templates and terminals would obey, and one that repeats secrets."""

from __future__ import annotations

import html
import json
import re

import pytest

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.settings import Settings
from support.hostile_engine import ID, hostile
from support.scripted_server import Answer, stand_in
from support.ui_pages import ui_of

PAGES = (
    "/", "/?audit=1", "/instances", "/instances?step=nowhere", f"/instances/{ID}", f"/instances/{ID}?chain=parent",
    "/definitions", "/definitions/one", "/definitions/one?version=1", "/definitions/one/changes",
)  # fmt: skip
# Of the characters that turn text around or speak to a terminal none may stand in a page.
RAW = ("\x1b", "\x00", "\x9b", "\u202e", "\u2066")
TAG = re.compile(r"<(/?)([a-zA-Z!][^\s>/]*)((?:\"[^\"]*\"|'[^']*'|[^'\">])*)>")


@pytest.mark.parametrize("version", ["0", "next"])
@pytest.mark.parametrize("path", PAGES)
def test_no_value_becomes_markup_on_any_page(path: str, version: str) -> None:
    with stand_in(hostile) as there, ui_of(there.url, version=version) as visitor:
        answered = visitor.get(path)
        harmless = visitor.get("/instances?status=x" + "%3Cscript%3E")
    assert answered.status == 200, answered.text
    assert harmless.status == 400
    check_markup(answered.text)
    check_markup(harmless.text)


def check_markup(page: str) -> None:
    assert [raw for raw in RAW if raw in page + html.unescape(page)] == []
    tags = TAG.findall(page)
    names = {name.lower() for _, name, _ in tags}
    assert names <= KNOWN_TAGS, names - KNOWN_TAGS
    scripts = [attributes for closing, name, attributes in tags if name == "script" and not closing]
    assert scripts in ([], [' src="/static/ui.js" defer'])
    assert [
        attributes for _, _, attributes in tags if re.search(r"""(?:^|["'\s])on\w+\s*=""", bare(attributes))
    ] == []
    # The product, if a template had computed it: a number that no time of day, port or id on a page has in it.
    assert "62615533" not in page
    links = re.findall(r"""(?:href|src|action)=["']([^"']*)""", page)
    assert [link for link in links if not link.startswith(("/", "#"))] == []


def bare(attributes: str) -> str:
    """Attributes without their values."""
    return re.sub(r"\"[^\"]*\"|'[^']*'", '""', attributes)


KNOWN_TAGS = {
    tag
    for line in (
        "!doctype html head meta title link script body a header nav p span strong main h1 h2 h3 h4 div form label",
        "select option input button details summary section",
        "table caption thead tbody tr th td time ul ol li dl dt dd svg",
        "defs marker path rect text g code pre b br small img article textarea",
    )
    for tag in line.split()
}


def test_what_is_typed_comes_back_as_text() -> None:
    with stand_in(hostile) as there, ui_of(there.url) as visitor:
        form = {"variables": '{"a": "</textarea><script>"}', "by": '"><script>'}
        answered = visitor.post(f"/instances/{ID}/steps/%3Cscript%3E/complete", form)
        assert answered.status in (404, 409)
        check_markup(answered.text)
        assert '{"a": "</textarea><script>"}' in html.unescape(answered.text)
        with visitor.events(f"/instances/{ID}") as events:
            told = next(events)
        for _, part in told["parts"].values():
            check_markup(part)


# --- secrets, absence ----------------------------------------------------------------------------


def test_the_engines_credentials_never_reach_the_browser() -> None:
    secret = "sesame-open-4711"

    def repeats(method: str, path: str, body: bytes) -> Answer:
        return (
            hostile(method, path, body)
            if "audit" in path
            else (500, {"error": "x", "reason": f"bad {secret}"})
        )

    access = EngineAccess("http://x", headers={"X-Key": secret}, token=secret)
    paths = (*PAGES, "/nope", f"/instances/{ID}/variables.json")
    with stand_in(repeats) as there:
        url = there.url.replace("http://", f"http://user:{secret}@")
        with ui_of(url, settings=Settings(access=access)) as visitor:
            answers = {path: visitor.get(path) for path in paths}
            with visitor.events("/instances") as events:
                assert secret not in json.dumps(next(events))
    assert {path for path, answered in answers.items() if answered.status < 500} == {"/nope"}
    assert [path for path, each in answers.items() if secret in each.text + str(each.headers)] == []
