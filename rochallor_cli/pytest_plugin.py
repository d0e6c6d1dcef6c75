"""Fixtures for tests of handlers and workflows: an engine for each test, a client, `run_workflow` and `replay_run`.

The plug-in is loaded by every pytest run in an environment that has the package, so nothing is
imported before a fixture is used. docs/testing.md shows it in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rochallor_cli.dev_engine import DevEngine
    from rochallor_cli.trial.workflow import WorkflowRunner
    from rochallor_cli.verification.replay import RunReplay
    from workflow_sdk.client.rest import RestEngineClient


@pytest.fixture
def rochallor_settings() -> dict[str, Any]:
    """Settings of the engine besides the defaults; override it in your conftest.py: `{"strict": True}`."""
    return {}


@pytest.fixture
def rochallor_engine(rochallor_settings: dict[str, Any]) -> Iterator[DevEngine]:
    """An embedded engine of the test's own, on a free port, in memory, with a clock that only you move.

    `rochallor_engine.url`; `rochallor_engine.advance(minutes=5)` fires what is due on the way.
    """
    from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, HandClock

    with DevEngine(
        DevEngineConfig(**{"port": 0, "clock": HandClock(), "seed": 0, **rochallor_settings})
    ) as engine:
        yield engine


@pytest.fixture
def rochallor_client(rochallor_engine: DevEngine) -> Iterator[RestEngineClient]:
    """The SDK's client for the test's engine."""
    from workflow_sdk.client.rest import RestEngineClient

    with RestEngineClient(rochallor_engine.url) as client:
        yield client


@pytest.fixture
def run_workflow(rochallor_engine: DevEngine, rochallor_client: RestEngineClient) -> WorkflowRunner:
    """Run a workflow with your handlers until it has finished or rests.

    `run_workflow(definition, registry, variables, user_tasks={...}, signals={...})` gives the
    instance with its history.
    """
    from rochallor_cli.trial.workflow import WorkflowRunner

    return WorkflowRunner(rochallor_engine, rochallor_client)


@pytest.fixture
def replay_run(rochallor_engine: DevEngine, rochallor_client: RestEngineClient) -> RunReplay:
    """Play a run that `rochallor defs verify -o json` has found: `replay_run(definition, finding["trace"])`.

    It fails where the engine does otherwise.
    """
    from rochallor_cli.verification.replay import RunReplay

    return RunReplay(rochallor_engine, rochallor_client)
