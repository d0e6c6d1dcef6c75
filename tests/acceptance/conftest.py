"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.worker_host import Workplace
from workflow_sdk.client.rest import RestEngineClient


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
def place(tmp_path: Path) -> Workplace:
    """Where a worker host finds its handlers."""
    return Workplace(tmp_path)
