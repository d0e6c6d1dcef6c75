"""Who is answered by the page's server, and what an answer may do in a browser."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from rochallor_cli.ui.connection_limits import MOST_CONNECTIONS
from rochallor_cli.ui.pages.page import LONGEST_FIELD
from rochallor_cli.ui.security import HEADERS, BrowserAccess, path_within
from support.engines import running_engine
from support.ui_pages import Visitor, ui_of
from support.workflows import document, user_task
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture(scope="module")
def visitor() -> Iterator[Visitor]:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(user_task("approve"), id_="flow"))
        client.start_instance("flow", {})
        with ui_of(engine.url) as found:
            yield found


def the_instance(visitor: Visitor) -> str:
    [found] = set(re.findall(r'href="/instances/(\w{26})"', visitor.get("/instances").text))
    return found


def test_the_first_address_gives_a_cookie_and_the_cookie_opens_the_pages(visitor: Visitor) -> None:
    first = visitor.get(visitor.address.removeprefix(visitor.origin))
    name, rest = first.headers["set-cookie"].split("=", 1)
    port = visitor.host.rpartition(":")[2]
    assert re.fullmatch(rf"rochallor-ui-{port}-[0-9a-f]{{8}}", name)
    assert {part.strip() for part in rest.split(";")[1:]} == {"Path=/", "HttpOnly", "SameSite=Strict"}
    assert visitor.get("/").status == 200


def test_two_runs_have_neither_token_nor_cookie_in_common() -> None:
    one, other = BrowserAccess(8080), BrowserAccess(8080)
    assert one.first_address() != other.first_address()
    assert one.set_cookie.partition("=")[0] != other.set_cookie.partition("=")[0]


@pytest.mark.parametrize("path", ["/", "/instances", "/definitions/flow", "/events?page=/", "/static/ui.js"])
def test_nothing_is_answered_without_the_cookie(visitor: Visitor, path: str) -> None:
    answered = visitor.get(path, Cookie="")
    assert answered.status == 403
    assert "open the address that the command has printed" in answered.text
    assert visitor.get(path, Cookie=visitor.cookie[:-1] + "x").status == 403


@pytest.mark.parametrize("token", ["", "x", "ü", "0" * 43])
def test_a_wrong_token_opens_nothing(visitor: Visitor, token: str) -> None:
    answered = visitor.get(f"/?token={token.encode().hex() if token == 'ü' else token}", Cookie="")
    assert answered.status == 403
    assert "set-cookie" not in answered.headers


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1", "[::1]:1"])
def test_names_of_others_that_lead_here_are_refused(visitor: Visitor, host: str) -> None:
    assert visitor.get("/instances", Host=host).status == 403
    token = visitor.address.removeprefix(visitor.origin)
    assert "set-cookie" not in visitor.get(token, Host=host).headers


def test_localhost_is_a_name_of_this_server(visitor: Visitor) -> None:
    assert visitor.get("/", Host=f"localhost:{visitor.host.rpartition(':')[2]}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://{host}", ""]
)
def test_a_form_of_another_page_does_nothing(visitor: Visitor, origin: str) -> None:
    cancel = f"/instances/{the_instance(visitor)}/cancel"
    # The browser sends the cookie along from other ports of this machine: they are one site.
    assert visitor.post(cancel, Origin=origin.format(host=visitor.host)).status == 403
    assert "WAITING" in visitor.get("/instances").text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_page_asks_for_is_not_answered(visitor: Visitor, site: str) -> None:
    for path in ("/", "/instances", "/?audit=1", "/static/ui.js", "/events?page=/"):
        assert visitor.get(path, **{"Sec-Fetch-Site": site}).status == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_are_refused(visitor: Visitor, method: str) -> None:
    assert visitor.ask(method, "/", headers={"Origin": visitor.origin}).status in (405, 501)


def test_every_answer_forbids_foreign_and_inline_code(visitor: Visitor) -> None:
    for path in ("/", "/nope", "/static/ui.css", "/instances?page=x", f"/instances/{the_instance(visitor)}"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "*" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
    assert "content-security-policy" in visitor.get("/", Cookie="").headers


def test_pages_hold_no_inline_script_or_style_and_load_nothing_from_elsewhere(visitor: Visitor) -> None:
    for path in (
        "/",
        "/instances",
        f"/instances/{the_instance(visitor)}",
        "/definitions",
        "/definitions/flow",
    ):
        html = visitor.get(path).text
        assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
        assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
        loaded = re.findall(r'(?:src|href|action)="([^"]*)"', html)
        assert [one for one in loaded if not one.startswith(("/", "#"))] == []


def test_a_first_address_leads_to_no_other_site() -> None:
    for target in (
        "//evil.example",
        "https://evil.example",
        "/\\evil",
        "javascript:alert(1)",
        "",
        "/\n/x",
        "/'",
    ):
        assert path_within(target) == "/"
    assert path_within("/instances/a%2Fb?x=1") == "/instances/a%2Fb?x=1"


def test_a_form_is_bounded(visitor: Visitor) -> None:
    signal = f"/instances/{the_instance(visitor)}/steps/approve/complete"
    assert visitor.post(signal, {"variables": "x" * 1_100_000}).status == 413


def raw(visitor: Visitor, sent: bytes) -> str:
    """What the server answers to these bytes, until it ends the connection."""
    with socket.create_connection(
        ("127.0.0.1", int(visitor.host.rpartition(":")[2])), timeout=60
    ) as connection:
        connection.sendall(sent)
        answered = b""
        # What nobody has read of the request makes the end a reset.
        with suppress(ConnectionResetError):
            while received := connection.recv(65536):
                answered += received
        return answered.decode()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x00\x00", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 414),
    ],
)
def test_what_is_no_request_is_answered_as_all_else_and_fills_no_terminal(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, sent: bytes, status: int
) -> None:
    answered = raw(visitor, sent)
    assert f" {status} " in answered.splitlines()[0]
    for name, value in HEADERS.items():
        assert f"{name}: {value}" in answered
    assert "<h1>this" in answered
    assert caplog.text == ""


def test_who_leaves_in_the_middle_of_a_form_is_no_bug(visitor: Visitor) -> None:
    cancel = f"/instances/{the_instance(visitor)}/cancel"
    head = f"POST {cancel} HTTP/1.1\r\nHost: {visitor.host}\r\nCookie: {visitor.cookie}\r\nOrigin: {visitor.origin}"
    for rest in ("Content-Length: 100\r\n\r\nreason=", "Transfer-Encoding: chunked\r\n\r\n64\r\nreason="):
        with socket.create_connection(("127.0.0.1", int(visitor.host.rpartition(":")[2]))) as connection:
            connection.sendall(f"{head}\r\n{rest}".encode())
            # The server is at it once it answers somebody else.
            assert visitor.get("/").status == 200
    assert "WAITING" in visitor.get("/instances").text


def test_a_filter_with_every_field_full_is_a_request_and_can_be_followed(visitor: Visitor) -> None:
    full = dict.fromkeys(("definition", "business_key", "step", "reason"), "語" * LONGEST_FIELD)
    address = f"/instances?{urlencode({**full, 'older_than': '1h', 'since': '2h'})}"
    page = visitor.get(address)
    assert (page.status, "No instance fits" in page.text) == (200, True)
    with visitor.events(address) as told:
        assert next(told)["trouble"] == ""


def test_a_browser_that_is_refused_reads_why_on_a_page_that_needs_no_other_file(visitor: Visitor) -> None:
    for path in ("/", "/?token=x"):
        refused = visitor.get(path, Cookie="", Accept="text/html,*/*")
        assert refused.status == 403
        assert '<html lang="en">' in refused.text
        assert "Not from here" in refused.text
        assert re.findall(r"(?:src|href)=", refused.text) == []


def test_connections_are_bounded(visitor: Visitor) -> None:
    port = int(visitor.host.rpartition(":")[2])
    held: list[socket.socket] = []
    try:
        held += [
            socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(MOST_CONNECTIONS + 5)
        ]
        # The newest is let go at once: an end or a reset, not a wait.
        with suppress(ConnectionResetError):
            assert held[-1].recv(1) == b""
    finally:
        for each in held:
            each.close()


def test_it_listens_on_loopback_alone(visitor: Visitor) -> None:
    port = int(visitor.host.rpartition(":")[2])
    table = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = {row[1] for row in table if row[3] == "0A" and int(row[1].partition(":")[2], 16) == port}
    assert listening == {f"0100007F:{port:04X}"}
