"""What the real engine answered, asked of the dev engine; and of a real one where a URL is given."""

from __future__ import annotations

import importlib.util
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


# The dev engine always; a real one as well where its URL is given.
GIVEN_URL = os.environ.get("ROCHALLOR_TEST_ENGINE_URL")


@pytest.fixture(scope="module", params=["dev engine", *([GIVEN_URL] if GIVEN_URL else [])])
def engine_url(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param != "dev engine":
        yield request.param
        return
    with running_engine() as engine:
        yield engine.url


@pytest.mark.parametrize("scenario", replayer.load_scenarios(), ids=lambda scenario: str(scenario["name"]))
def test_a_recorded_scenario_is_answered_as_the_engine_did(engine_url: str, scenario: dict[str, Any]) -> None:
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


def test_every_recorded_expression_comes_out_as_the_engine_had_it(engine_url: str) -> None:
    """Through decisions and transformations of uploaded definitions, several at a time."""
    rows = replayer.load_table("expressions")
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(lambda row: replayer.check_expression(engine_url, row), rows)
        problems = {
            f"{row['kind']} {row['expression']} {row['variables']}": problem
            for row, problem in zip(rows, found, strict=True)
        }
    assert len(rows) > 600
    assert {name: problem for name, problem in problems.items() if problem} == {}
