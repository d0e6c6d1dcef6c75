"""`rochallor ui`, `dev --ui` and `demo --ui` as commands: what they print, and how they begin and end."""

from __future__ import annotations

import importlib.util
import json
import signal
import stat
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from rochallor_cli.dev_engine import DevEngine
from rochallor_cli.ui.browser_opening import opened
from support.command_line import rochallor, rochallor_process
from support.engines import running_engine
from support.ui_pages import answer_to
from support.workflows import document, user_task
from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture(scope="module")
def engine() -> Iterator[DevEngine]:
    with running_engine(engine_version="next") as found:
        yield found


def test_it_prints_the_address_serves_until_ctrl_c_and_ends_well(engine: DevEngine) -> None:
    with rochallor_process("ui", "01X/y", "-o", "json", url=engine.url) as command:
        said = json.loads(command.line())
        assert said["engine"] == engine.url
        address = urlsplit(said["url"])
        assert address.hostname == "127.0.0.1"
        assert unquote(address.query).endswith("&to=/instances/01X%2Fy")
        entered = answer_to(said["url"])
        assert entered.status == 200
        assert 'content="0;url=/instances/01X%2Fy"' in entered.text
        command.process.send_signal(signal.SIGINT)
        ended = command.wait()
    assert (ended.exit_status, ended.stderr) == (0, "")


def test_an_id_that_a_terminal_would_obey_is_quoted_in_the_address(engine: DevEngine) -> None:
    with rochallor_process("ui", "a\x1b[2J\u202eb\x9b", url=engine.url) as command:
        line = command.line()
        assert "http://127.0.0.1:" in line
        assert line.strip().isascii()
        assert line.strip().isprintable()
        command.process.send_signal(signal.SIGINT)
        assert command.wait().exit_status == 0


def test_a_port_that_is_taken_is_an_error_that_names_it(engine: DevEngine) -> None:
    result = rochallor("ui", "--port", str(engine.port), url=engine.url)
    assert result.exit_status == 2
    assert f"127.0.0.1:{engine.port}" in result.stderr
    assert "--port names another port" in result.stderr


@pytest.mark.parametrize("line", [("ui",), ("dev", "--ui", "--port", "0"), ("demo", "--ui")], ids="-".join)
def test_what_is_missing_is_said_with_what_to_install(
    engine: DevEngine, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jinja2" else find(name))
    result = rochallor(*line, url=engine.url)
    assert result.exit_status == 2
    assert "pip install jinja2 (the extra `ui`" in result.stderr
    assert result.stdout == ""


def test_the_embedded_engine_has_its_page_when_it_is_asked_for() -> None:
    with rochallor_process("dev", "--ui", "--port", "0", "-o", "json") as command:
        said = json.loads(command.line())
        with RestEngineClient(said["url"]) as client:
            client.upload_definition(document(user_task("approve"), id_="flow"))
            client.start_instance("flow", {})
        entered = answer_to(said["ui"])
        cookie = entered.headers["set-cookie"].partition(";")[0]
        at = said["ui"].partition("?")[0]
        page = answer_to(f"{at}instances", Cookie=cookie)
        assert "WAITING" in page.text
        # What it shows to copy reaches this engine.
        assert f"--engine-url {said['url']}" in page.text
        command.process.send_signal(signal.SIGTERM)
        assert command.wait().exit_status == 0


def test_the_demo_stays_with_its_page_until_it_is_stopped() -> None:
    with rochallor_process("demo", "--ui") as command:
        lines = []
        while not (lines and "--engine-url" in lines[-1]):
            lines.append(command.line())
        [address] = [line.split()[-1] for line in lines if line.startswith("Page ")]
        assert answer_to(address).status == 200
        assert any(line.startswith("COMPLETED in") for line in lines)
        command.process.send_signal(signal.SIGINT)
        assert command.wait().exit_status == 0


def test_the_token_is_not_among_the_arguments_of_the_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: bool(told.append(url) or True))
    with opened("http://127.0.0.1:1/?token=secret&to=%2F") as is_open:
        assert is_open
        [url] = told
        assert url.startswith("file://")
        assert "secret" not in url
        page = Path(unquote(urlsplit(url).path))
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700
        assert 'content="0;url=http://127.0.0.1:1/?token=secret&amp;to=%2F"' in page.read_text()
    assert not page.exists()
