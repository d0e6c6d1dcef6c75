"""The page of `rochallor ui` in tests: a server in this process, and a browser's part of the conversation by hand."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.connect import connect
from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.ui.page_engine import PageEngine, why_not_acting
from rochallor_cli.ui.server import UiServer


@dataclass(frozen=True)
class Answered:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    text: str


def answer_to(url: str, **headers: str) -> Answered:
    """What a server answers to a GET of an address, which is not followed further."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Answered(answer.status, found, answer.read().decode())
    finally:
        connection.close()


class Visitor:
    """Whoever speaks to the server: with the cookie once it has opened the first address."""

    def __init__(self, server: UiServer) -> None:
        self.server = server
        self.address = server.address()
        parts = urlsplit(self.address)
        self.host = f"{parts.hostname}:{parts.port}"
        self.origin = f"http://{self.host}"
        self.cookie = ""

    def let_in(self) -> Visitor:
        answered = self.ask("GET", self.address.removeprefix(self.origin))
        assert answered.status == 200, answered
        self.cookie = answered.headers["set-cookie"].partition(";")[0]
        return self

    def get(self, path: str, **headers: str) -> Answered:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Answered:
        body = urlencode(form or {}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        return self.ask("POST", path, body=body, headers={**kind, **headers})

    def ask(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answered:
        """One request; a header given as "" is left out."""
        sent = {"Host": self.host, "Cookie": self.cookie, **(headers or {})}
        connection = http.client.HTTPConnection("127.0.0.1", int(self.host.rpartition(":")[2]), timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answered(answer.status, found, answer.read().decode())
        finally:
            connection.close()

    @contextmanager
    def events(self, page: str) -> Iterator[Iterator[dict[str, Any]]]:
        """What a window at a page is told, as it comes."""
        connection = http.client.HTTPConnection("127.0.0.1", int(self.host.rpartition(":")[2]), timeout=60)
        query = urlencode({"page": page})
        connection.request("GET", f"/events?{query}", headers={"Host": self.host, "Cookie": self.cookie})
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        try:
            yield (json.loads(line[5:]) for line in answer if line.startswith(b"data:"))
        finally:
            answer.close()
            connection.close()


@contextmanager
def ui_of(
    url: str,
    *,
    read_only: bool = False,
    version: str = "next",
    settings: Settings | None = None,
    # A busy machine may hold an engine up for longer than a page waits for it.
    engine_timeout_s: float = 60.0,
) -> Iterator[Visitor]:
    """The page of an engine, and somebody who has been let in; a bug of the page fails the test."""
    settings = settings or Settings()
    settings = replace(settings, access=replace(settings.access, url=url), engine_version=version)
    bugs: list[Exception] = []
    with connect(settings.access) as client:
        page_engine = PageEngine(
            AdminClient(client, settings),
            lambda: datetime.now(UTC),
            lambda: EngineVersion((version,), "said"),
            why_not_acting(settings, read_only=read_only),
        )
        with UiServer(page_engine, tell=bugs.append, engine_timeout_s=engine_timeout_s) as server:
            yield Visitor(server).let_in()
    if bugs:
        raise bugs[0]
