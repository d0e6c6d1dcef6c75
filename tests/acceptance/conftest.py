"""What the acceptance tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.engines import running_engine
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
