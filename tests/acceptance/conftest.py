"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.worker_host import Workplace
from support.workflows import do_jobs, service, uploaded
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry


@pytest.fixture(scope="module")
def engine_url() -> Iterator[str]:
    """An embedded engine for a file's tests; each uses definition ids of its own."""
    with running_engine() as engine:
        yield engine.url


@pytest.fixture
def client(engine_url: str) -> Iterator[RestEngineClient]:
    with RestEngineClient(engine_url) as client:
        yield client


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    """An embedded engine of one test's own."""
    with running_engine() as running:
        yield running


@pytest.fixture
def admin(engine: DevEngine) -> Iterator[RestEngineClient]:
    """A client of the test's own engine, past any proxy."""
    with RestEngineClient(engine.url) as opened:
        yield opened


@pytest.fixture
def registry() -> HandlerRegistry:
    return HandlerRegistry()


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """Where a worker host finds its handlers."""
    return Workplace(tmp_path)


@pytest.fixture
def ended(client: RestEngineClient, engine_url: str) -> Iterator[dict[str, Any]]:
    """A COMPLETED, a FAILED and an ACTIVE instance of one definition."""
    uploaded(client, service("s", job_type="ended-job"), id_="ended")
    found = {}
    for name in ("completed", "failed"):
        found[name] = client.start_instance("ended", {"n": 1}, business_key=name)["id"]
        do_jobs(client, "ended-job", fail="no luck" if name == "failed" else "")
    found["active"] = client.start_instance("ended")["id"]
    yield found
    client.cancel_instance(found["active"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for the files whose tests look at pages; others run without Playwright."""
    from support.browser import chromium

    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def desk() -> Iterator[Any]:
    """An engine with instances in several states, and its page."""
    from support.ui_engine import loan_desk

    with loan_desk() as found:
        yield found
