"""Proxies with and without tunnel, TLS and credentials, and TLS files that change, on both HTTP ways."""

from __future__ import annotations

import logging
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.byte_server import Step, byte_server
from support.certificates import Certificates
from support.http_stacks import Stack, all_ways, both
from support.small_server import SmallServer, small_server
from support.tunnel_proxy import tunnel_proxy
from workflow_sdk.errors import EngineClientError, EngineUnreachableError, InvalidConnectionError
from workflow_sdk.runner.reporting.engine_watch import reason_of

# base64 of me:s@cret
CREDENTIALS = "Basic bWU6c0BjcmV0"


def server_context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    return context


@pytest.fixture
def tls_server(certificates: Certificates) -> Iterator[SmallServer]:
    with small_server(tls=server_context(certificates)) as running:
        yield running


def with_credentials(url: str) -> str:
    return url.replace("://", "://me:s%40cret@")


@all_ways
@pytest.mark.parametrize("has_tls", [False, True], ids=["http proxy", "https proxy"])
def test_an_https_engine_is_reached_through_a_tunnel(
    stack: type[Stack],
    has_tls: bool,
    tls_server: SmallServer,
    certificates: Certificates,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tls = server_context(certificates) if has_tls else None
    with tunnel_proxy(tls=tls, authorization=CREDENTIALS) as proxy:
        monkeypatch.setenv("https_proxy", with_credentials(proxy.url))
        one = stack(tls_server.url, ca_file=str(certificates.ca), token="engine-secret")
        assert one.complete_again(3) == [None] * 3
    assert len(tls_server.seen) == 3
    assert len(proxy.seen) == 1
    assert proxy.seen[0].startswith(f"CONNECT {tls_server.url.removeprefix('https://')} HTTP/1.1\r\n")
    assert "engine-secret" not in proxy.seen[0]
    assert all("proxy-authorization" not in headers for _, _, headers, _ in tls_server.seen)


@both
def test_a_proxy_that_refuses_is_named_without_its_password_and_nothing_was_sent(
    stack: type[Stack], tls_server: SmallServer, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tunnel_proxy(authorization="Basic other") as proxy:
        monkeypatch.setenv("https_proxy", with_credentials(proxy.url))
        with pytest.raises(EngineUnreachableError) as caught:
            stack(tls_server.url, ca_file=str(certificates.ca)).complete()
    assert not caught.value.was_sent
    assert f"407 Proxy Authentication Required (through the proxy {proxy.url})" in str(caught.value)
    assert "cret" not in str(caught.value)


@both
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_is_named(
    stack: type[Stack], scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", "127.0.0.1:9")
    with pytest.raises(EngineUnreachableError) as caught:
        stack(f"{scheme}://engine.invalid").complete()
    assert not caught.value.was_sent
    assert caught.value.message == "connection refused (through the proxy http://127.0.0.1:9)"
    assert caught.value.proxy == "http://127.0.0.1:9"


@both
def test_a_proxy_that_closes_on_connect_has_brought_nobody_a_request(
    stack: type[Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    with byte_server([Step.READ, Step.CLOSE]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with pytest.raises(EngineUnreachableError) as caught:
            stack("https://engine.invalid").complete()
    # httpx does not tell a proxy's closing from the engine's, so there it stays in doubt.
    assert caught.value.was_sent is (stack is Stack)


@both
@pytest.mark.parametrize(
    ("head", "who"),
    [
        ("", "the proxy {proxy}, or what is behind it, answers 403"),
        ("Server: squid/6.9\r\n", "squid/6.9 answers 403"),
        ("Content-Type: application/json\r\n", "it answers 403"),
    ],
)
def test_an_error_that_nobody_signs_may_be_the_proxys_which_is_named(
    stack: type[Stack], head: str, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = f"HTTP/1.1 403 Forbidden\r\n{head}Content-Length: 0\r\n\r\n".encode()
    with byte_server([Step.READ, answer, Step.CLOSE]) as proxy:
        monkeypatch.setenv("http_proxy", with_credentials(proxy.url))
        with pytest.raises(EngineClientError) as caught:
            stack("http://engine.invalid").complete()
    assert reason_of(caught.value).startswith(who.format(proxy=proxy.url))


@both
def test_a_plain_engine_is_asked_of_the_proxy_by_its_whole_address(
    stack: type[Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_server() as proxy:
        proxy.answers(407)
        monkeypatch.setenv("http_proxy", with_credentials(proxy.url))
        with pytest.raises(EngineClientError, match="407") as caught:
            stack("http://engine.invalid:8080/base").complete()
    assert reason_of(caught.value).startswith(f"the proxy {proxy.url} answers 407")
    _, path, headers, _ = proxy.seen[0]
    assert path == "http://engine.invalid:8080/base/v1/jobs/j%2F1/complete"
    assert headers["host"] == "engine.invalid:8080"
    assert headers["proxy-authorization"] == CREDENTIALS


@both
@pytest.mark.parametrize("named", ["socks5://127.0.0.1:1", "http://", "http://proxy:port"])
def test_a_proxy_that_cannot_be_used_is_refused_before_any_request(
    stack: type[Stack], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", named)
    with pytest.raises(InvalidConnectionError, match=r"the proxy .* cannot be used"):
        stack("http://engine:8080")


# --- TLS files that change -----------------------------------------------------------------------


@all_ways
def test_a_renewed_ca_counts_from_the_next_connection_on(
    stack: type[Stack], tls_server: SmallServer, certificates: Certificates, tmp_path: Path
) -> None:
    ca = tmp_path / "ca.pem"
    shutil.copy(certificates.ca, ca)
    one = stack(tls_server.url, ca_file=str(ca))
    one.complete()
    replace(ca, certificates.other_ca)
    tls_server.closes_after_answers = True
    assert [type(outcome) for outcome in one.complete_again(2)][-1] is EngineUnreachableError
    replace(ca, certificates.ca)
    assert one.complete_again(1) == [None]


@both
def test_a_client_certificate_that_is_renewed_is_shown(
    stack: type[Stack], certificates: Certificates, tmp_path: Path
) -> None:
    context = server_context(certificates)
    context.load_verify_locations(certificates.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    shown, key = tmp_path / "shown.pem", tmp_path / "shown.key"
    shutil.copy(certificates.foreign_client, shown)
    shutil.copy(certificates.foreign_client_key, key)
    with small_server(tls=context) as server:
        one = stack(server.url, ca_file=str(certificates.ca), client_cert=str(shown), client_key=str(key))
        with pytest.raises(EngineUnreachableError):
            one.complete()
        replace(shown, certificates.client)
        replace(key, certificates.client_key)
        one.complete()
        assert len(server.seen) == 1


@all_ways
def test_a_tls_file_that_is_half_written_changes_nothing_but_is_said(
    stack: type[Stack],
    tls_server: SmallServer,
    certificates: Certificates,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ca = tmp_path / "ca.pem"
    shutil.copy(certificates.ca, ca)
    one = stack(tls_server.url, ca_file=str(ca))
    tls_server.closes_after_answers = True
    ca.write_text("-----BEGIN CERT")
    with caplog.at_level(logging.WARNING):
        assert one.complete_again(2) == [None, None]
    assert [record.message.partition(":")[0] for record in caplog.records] == [f"cannot use the CA file {ca}"]


def replace(path: Path, source: Path) -> None:
    """As certificate managers do: a new file takes the place of the old one at once."""
    new = path.with_suffix(".new")
    shutil.copy(source, new)
    new.replace(path)
