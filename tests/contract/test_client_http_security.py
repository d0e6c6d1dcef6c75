"""Credentials, proxies, TLS and settings that cannot work, on both HTTP stacks."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.byte_server import Step, byte_server
from support.certificates import Certificates
from support.http_stacks import AsyncStack, Stack, all_ways, both
from support.small_server import SmallServer, small_server
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import (
    EngineClientError,
    EngineUnreachableError,
    InvalidConnectionError,
    WorkflowSDKError,
)


@pytest.fixture
def server() -> Iterator[SmallServer]:
    with small_server() as running:
        yield running


@both
def test_a_refused_token_is_read_again_once(stack: type[Stack], server: SmallServer, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("first\n")
    server.answers(401)
    one = stack(server.url, token_command=["cat", str(token)])
    with pytest.raises(EngineClientError):
        one.complete()
    assert len(server.seen) == 1
    token.write_text("second")
    with pytest.raises(EngineClientError):
        one.complete()
    assert [headers["authorization"] for _, _, headers, _ in server.seen] == [
        "Bearer first",
        "Bearer first",
        "Bearer second",
    ]


@all_ways
def test_a_token_refused_on_a_kept_connection_is_read_again_and_the_completion_is_sent_again(
    stack: type[Stack], tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("first")
    taken, refused = b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"
    read = Step.READ
    with byte_server([read, taken, read, refused, read, taken]) as server:
        one = stack(server.url, token_command=["cat", str(token)])
        assert one.complete_again(2, between=lambda: token.write_text("second")) == [None, None]
    sent = [request for requests in server.requests for request in requests]
    assert [b"Bearer second" in request for request in sent] == [False, False, True]
    assert len({request.partition(b"\r\n\r\n")[2] for request in sent}) == 1


@both
def test_a_password_in_the_url_becomes_a_header_and_is_in_no_message(
    stack: type[Stack], server: SmallServer
) -> None:
    server.answers(500)
    one = stack(server.url.replace("http://", "http://me:s%40cret@"))
    with pytest.raises(EngineClientError) as caught:
        one.complete()
    assert server.seen[0][2]["authorization"] == "Basic bWU6c0BjcmV0"
    assert "cret" not in f"{caught.value!r}{one.client.connection!r}"


@both
def test_the_environments_proxy_is_used(
    stack: type[Stack], server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    stack("http://engine.invalid:8080").complete()
    assert server.seen[0][1].startswith("http://engine.invalid:8080/v1/jobs/")


@both
@pytest.mark.parametrize("named", ["127.0.0.1", "10.0.0.0/8, 127.0.0.0/8", "*"])
def test_hosts_without_proxy_are_asked_directly(
    stack: type[Stack], named: str, server: SmallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", named)
    stack(server.url).complete()
    assert server.seen[0][1].startswith("/v1/jobs/")


@pytest.fixture
def tls_server(certificates: Certificates) -> Iterator[SmallServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.ca))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(certificates.server, certificates.server_key)
    with small_server(tls=context) as running:
        yield running


@both
def test_a_private_ca_and_a_client_certificate_work(
    stack: type[Stack], tls_server: SmallServer, certificates: Certificates
) -> None:
    one = stack(
        tls_server.url,
        ca_file=str(certificates.ca),
        client_cert=str(certificates.client),
        client_key=str(certificates.client_key),
    )
    one.complete()
    one.claim()
    assert len(tls_server.seen) == 2


@both
@pytest.mark.parametrize("ca", [None, "other_ca"])
def test_a_certificate_of_another_ca_is_not_trusted(
    stack: type[Stack], tls_server: SmallServer, certificates: Certificates, ca: str | None
) -> None:
    one = stack(tls_server.url, ca_file=str(getattr(certificates, ca)) if ca else None)
    with pytest.raises(EngineUnreachableError, match="certificate is not trusted") as caught:
        one.complete()
    assert not caught.value.was_sent


@both
def test_a_server_that_wants_a_client_certificate_refuses_without(
    stack: type[Stack], tls_server: SmallServer, certificates: Certificates
) -> None:
    with pytest.raises(EngineUnreachableError):
        stack(tls_server.url, ca_file=str(certificates.ca)).complete()
    assert tls_server.seen == []


@both
def test_an_https_url_of_what_speaks_plain_http_says_so(stack: type[Stack], server: SmallServer) -> None:
    with pytest.raises(
        EngineUnreachableError, match="speaks no TLS; is its address an http:// one"
    ) as caught:
        stack(server.url.replace("http:", "https:")).complete()
    assert not caught.value.was_sent


def test_a_plain_url_builds_no_tls_context(monkeypatch: pytest.MonkeyPatch, server: SmallServer) -> None:
    def unwanted(*_: object, **__: object) -> None:
        raise AssertionError("a TLS context was built")

    monkeypatch.setattr(ssl, "create_default_context", unwanted)
    with RestEngineClient(server.url) as client:
        client.healthz()
    AsyncStack(server.url).complete()
    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("url", "options", "text"),
    [
        ("localhost:8080", {}, "not a usable engine URL"),
        ("ftp://engine", {}, "not a usable engine URL"),
        ("http://", {}, "not a usable engine URL"),
        ("http://engine:port", {}, "not a usable engine URL"),
        ("http://engine?x=1", {}, "not a usable engine URL"),
        ("http://[::1", {}, "not a usable engine URL"),
        ("http://a..b", {}, "not a usable engine URL"),
        ("http://xn--a", {}, "not a usable engine URL"),
        (f"http://{'a' * 70}", {}, "not a usable engine URL"),
        ("http://engine", {"timeout": 0}, "time-out"),
        ("http://engine", {"token": "a", "token_file": "b"}, "one of token"),
        ("http://engine", {"client_key": "k"}, "client_key without client_cert"),
        ("https://engine", {"ca_file": "/no/such/file"}, "cannot use the CA file /no/such/file"),
        ("https://engine", {"client_cert": "/no/such"}, "cannot use the client certificate /no/such"),
        ("https://engine", {"ca_file": __file__}, "cannot use the CA file"),
    ],
)
def test_settings_that_cannot_work_are_refused_before_any_request(
    url: str, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(InvalidConnectionError, match=text):
        RestEngineClient(url, options.pop("timeout", 5.0), **options)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"token_file": "/no/such/token"}, "cannot read the token file /no/such/token"),
        ({"token_command": "false"}, "ended with status 1"),
        ({"token_command": "/no/such/program"}, "cannot be run"),
        ({"token_command": "true"}, "is empty"),
        ({"token_command": "printf 'a\\nb'"}, "no HTTP header can carry"),
    ],
)
@both
def test_a_token_that_cannot_be_had_is_said_so(
    stack: type[Stack], server: SmallServer, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(WorkflowSDKError, match=text):
        stack(server.url, **options).complete()
    assert server.seen == []
