"""Which proxy the environment names for an address, and which addresses it exempts."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from workflow_sdk.client.proxies import is_exempt, proxy_for, proxy_from_url

NAMES = [
    name
    for scheme in ("http", "https", "all", "no")
    for name in (f"{scheme}_proxy", f"{scheme}_PROXY".upper())
]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*NAMES, "REQUEST_METHOD"]:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "no_proxy", "exempt"),
    [
        ("http://engine:8080", "", False),
        ("http://engine:8080", "*", True),
        ("http://engine:8080", "engine", True),
        ("http://engine:8080", "ENGINE", True),
        ("http://Engine:8080", "engine", True),
        ("http://engine:8080", "gine", False),
        ("http://engine:8080", "other, engine", True),
        ("http://engine:8080", "other engine", True),
        ("http://engine.corp:8080", "corp", True),
        ("http://engine.corp:8080", ".corp", True),
        ("http://engine.corp:8080", "*.corp", True),
        ("http://engine.corp.:8080", "corp.", True),
        ("http://enginecorp:8080", "corp", False),
        ("http://corp:8080", ".corp", True),
        ("http://engine:8080", "engine:8080", True),
        ("http://engine:8080", "engine:80", False),
        ("http://engine", "engine:80", True),
        ("https://engine", "engine:443", True),
        ("http://a.corp:8080", "corp:8080", True),
        ("http://10.1.2.3:8080", "10.1.2.3", True),
        ("http://10.1.2.3:8080", "10.1.2.3:8080", True),
        ("http://10.1.2.3:8080", "10.1.2.3:80", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "10.1.2.99/24", True),
        ("http://10.1.2.3", "192.168.0.0/16", False),
        ("http://10.1.2.3", "2.3", False),
        ("http://10.1.2.3", "fd00::/8", False),
        ("http://10.1.2.3", "10.0.0.0/99", False),
        ("http://engine", "10.0.0.0/8", False),
        ("http://[::1]:8080", "::1", True),
        ("http://[::1]:8080", "[::1]", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://[::1]:8080", "[::1]:80", False),
        ("http://[0:0:0:0:0:0:0:1]", "::1", True),
        ("http://[fd12::1]", "fd00::/8", True),
        ("http://[fd12::1]", "fe80::/10", False),
        ("http://engine", ", ,", False),
        ("http://engine", ".", False),
    ],
)
def test_no_proxy_names_hosts_domains_addresses_and_networks(url: str, no_proxy: str, exempt: bool) -> None:
    assert is_exempt(urlsplit(url), no_proxy) is exempt


@pytest.mark.parametrize(
    ("url", "environment", "named"),
    [
        ("http://engine", {}, None),
        ("http://engine", {"http_proxy": "http://p:1"}, "http://p:1"),
        ("http://engine", {"HTTP_PROXY": "http://p:1"}, "http://p:1"),
        ("http://engine", {"HTTP_PROXY": "http://p:1", "http_proxy": "http://q:1"}, "http://q:1"),
        ("http://engine", {"HTTP_PROXY": "http://p:1", "http_proxy": ""}, None),
        ("http://engine", {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None),
        ("http://engine", {"https_proxy": "http://p:1"}, None),
        ("https://engine", {"https_proxy": "http://p:1"}, "http://p:1"),
        ("https://engine", {"ALL_PROXY": "http://p:1"}, "http://p:1"),
        ("https://engine", {"all_proxy": "http://p:1", "https_proxy": "http://q:1"}, "http://q:1"),
        ("https://engine", {"https_proxy": "http://p:1", "NO_PROXY": "engine"}, None),
        (
            "https://engine",
            {"https_proxy": "http://p:1", "NO_PROXY": "engine", "no_proxy": "x"},
            "http://p:1",
        ),
    ],
)
def test_the_environment_names_a_proxy_by_scheme(
    url: str, environment: dict[str, str], named: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_for(url)
    assert (proxy.url if proxy else None) == named


@pytest.mark.parametrize(
    ("named", "url", "port", "is_tls", "authorization"),
    [
        ("proxy", "http://proxy", 80, False, ""),
        ("proxy:3128", "http://proxy:3128", 3128, False, ""),
        ("https://proxy", "https://proxy", 443, True, ""),
        ("http://me:p%40ss@[::1]:1", "http://[::1]:1", 1, False, "Basic bWU6cEBzcw=="),
        ("http://me@proxy:1/", "http://proxy:1", 1, False, "Basic bWU="),
    ],
)
def test_a_proxys_address_is_parted_from_its_credentials(
    named: str, url: str, port: int, is_tls: bool, authorization: str
) -> None:
    proxy = proxy_from_url(named)
    assert (proxy.url, proxy.port, proxy.is_tls, proxy.authorization) == (url, port, is_tls, authorization)
    assert "p@ss" not in repr(proxy)
