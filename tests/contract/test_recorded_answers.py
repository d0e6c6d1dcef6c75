"""What the real engine answered, asked of the dev engine; and of a real one where a URL is given."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.engines import running_engine

GOLDEN = Path(__file__).parent / "golden"


def load_replayer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("golden_replay", GOLDEN / "replay.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclasses look themselves up here.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


replayer = load_replayer()
HAS_EXPRESSIONS = importlib.util.find_spec("rochallor_cli.dev_engine.expression") is not None


def needs_expressions(scenario: dict[str, Any]) -> bool:
    text = json.dumps(scenario)
    return "conditionalNextSteps" in text or "transformations" in text


@pytest.fixture(scope="module")
def engine_url() -> Iterator[str]:
    given = os.environ.get("ROCHALLOR_TEST_ENGINE_URL")
    if given:
        yield given
        return
    with running_engine() as engine:
        yield engine.url


@pytest.mark.parametrize("scenario", replayer.load_scenarios(), ids=lambda scenario: str(scenario["name"]))
def test_a_recorded_scenario_is_answered_as_the_engine_did(engine_url: str, scenario: dict[str, Any]) -> None:
    if needs_expressions(scenario) and not HAS_EXPRESSIONS:
        pytest.skip("the expression language is not there yet")
    assert replayer.replay(engine_url, scenario) == []


@pytest.mark.slow
def test_the_slow_scenarios_are_answered_as_the_engine_did(engine_url: str) -> None:
    """They wait for timers and leases, so they run beside each other."""
    slow = [each for each in replayer.load_scenarios(slow=True) if each.get("slow")]
    assert slow
    with ThreadPoolExecutor(len(slow)) as pool:
        problems = dict(
            zip(
                [str(each["name"]) for each in slow],
                pool.map(lambda each: replayer.replay(engine_url, each), slow),
                strict=True,
            )
        )
    assert {name: found for name, found in problems.items() if found} == {}


def test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did(engine_url: str) -> None:
    rows = replayer.load_table("validation")
    problems = {row["name"]: replayer.check_validation(engine_url, row) for row in rows}
    assert len(rows) > 100
    assert {name: found for name, found in problems.items() if found} == {}
