"""docs/sdk.md: its examples run, and it names everything it should."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from workflow_sdk import errors
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.metrics import Metrics
from workflow_sdk.runner.runner import Runner

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "sdk.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_examples_run_one_after_the_other() -> None:
    names: dict[str, object] = {"__name__": "example"}
    for example in EXAMPLES:
        exec(compile(example, "docs/sdk.md", "exec"), names)
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("name", [name for name in vars(RestEngineClient) if not name.startswith("_")])
def test_every_method_of_the_client_is_named(name: str) -> None:
    assert name in ("close", "connection") or f"`{name}" in TEXT


@pytest.mark.parametrize("thing", [Runner, RestEngineClient])
def test_every_parameter_is_named(thing: type) -> None:
    for name in inspect.signature(thing).parameters:
        assert name in TEXT, name


@pytest.mark.parametrize("name", [name for name in vars(errors) if name.endswith("Error")])
def test_every_error_is_named(name: str) -> None:
    assert name in TEXT


def test_every_series_of_a_polling_worker_is_named() -> None:
    registry = CollectorRegistry()
    Metrics(registry=registry)
    for family in registry.collect():
        short = family.name.removeprefix("workflow_sdk_")
        assert f"`{short}`" in TEXT or f"`{short}_total`" in TEXT or short.startswith("kafka"), short
