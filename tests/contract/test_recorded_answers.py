"""What the real engines answered, asked of the dev engine as each version; and of a real one where a URL is given."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS, DevEngine, HandClock
from support.engines import running_engine
from support.recordings import EngineTime, Recording, load_replayer, row_name, scenarios_of, table_of

replayer = load_replayer()

# A real engine, and which version it is.
GIVEN_URL = os.environ.get("ROCHALLOR_TEST_ENGINE_URL")
GIVEN_VERSION = os.environ.get("ROCHALLOR_TEST_ENGINE_VERSION", "0")
SCENARIOS = [
    pytest.param(version, scenario, id=f"{version}-{scenario['name']}")
    for version in ENGINE_VERSIONS
    for scenario in scenarios_of(version)
]
# A lease and a sweep that do not end at the same moment: what lies between them is to be seen.
BEFORE_THE_FIRST_REQUEST_S = 5.0


@pytest.fixture(scope="module")
def engine_of() -> Iterator[Callable[[str], DevEngine]]:
    """Dev engines by version, driven by hand, each started when it is first asked for."""
    running: dict[str, DevEngine] = {}
    with ExitStack() as stack:

        def engine_of(version: str) -> DevEngine:
            if version not in running:
                settings: dict[str, Any] = {"engine_version": version, "clock": HandClock()}
                running[version] = stack.enter_context(running_engine(**settings))
                running[version].advance(BEFORE_THE_FIRST_REQUEST_S)
            return running[version]

        yield engine_of


@pytest.mark.parametrize(("version", "scenario"), SCENARIOS)
def test_a_recorded_scenario_is_answered_as_the_engine_did(
    version: str,
    scenario: Recording,
    engine_of: Callable[[str], DevEngine],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = engine_of(version)
    monkeypatch.setattr(replayer, "time", EngineTime(engine))
    assert replayer.replay(engine.url, scenario) == []


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_every_recorded_definition_is_accepted_or_refused_as_the_engine_did(
    version: str, engine_of: Callable[[str], DevEngine]
) -> None:
    check_rows(replayer.check_validation, engine_of(version).url, table_of(version, "validation"))


@pytest.mark.parametrize("version", ["0", "next"])
def test_every_recorded_expression_comes_out_as_the_engine_had_it(
    version: str, engine_of: Callable[[str], DevEngine]
) -> None:
    check_rows(replayer.check_expression, engine_of(version).url, table_of(version, "expressions"))


def check_rows(check: Callable[[str, Recording], list[str]], url: str, rows: list[Recording]) -> None:
    """Several at a time: most of the work is the engine's."""
    assert len(rows) > 100
    with ThreadPoolExecutor(4) as pool:
        problems = dict(zip(map(row_name, rows), pool.map(lambda row: check(url, row), rows), strict=True))
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.skipif(GIVEN_URL is None, reason="no real engine given (ROCHALLOR_TEST_ENGINE_URL)")
def test_a_real_engine_still_answers_as_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """In real time; the slow scenarios wait for timers and leases, so all run beside each other."""
    monkeypatch.setattr(replayer, "time", time)
    found = scenarios_of(GIVEN_VERSION)
    with ThreadPoolExecutor(16) as pool:
        problems = dict(
            zip(
                [str(each["name"]) for each in found],
                pool.map(lambda each: replayer.replay(GIVEN_URL, each), found),
                strict=True,
            )
        )
    assert {name: found for name, found in problems.items() if found} == {}
    check_rows(replayer.check_validation, str(GIVEN_URL), table_of(GIVEN_VERSION, "validation"))
    check_rows(replayer.check_expression, str(GIVEN_URL), table_of(GIVEN_VERSION, "expressions"))
