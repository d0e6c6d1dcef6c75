"""Random definitions and runs over REST: the dev engine, and a real one where a URL is given, against the contract.

`ROCHALLOR_TEST_WALKS` says how many walks, `ROCHALLOR_TEST_ENGINE_VERSION` which version the real engine is.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS, HandClock
from support.agreeing_runs import STARTED_WITH, HttpSide, MachineSide, ReferenceSide, walk
from support.engines import running_engine
from support.random_definitions import random_definition
from support.reference_engine import ReferenceEngine

WALKS = int(os.environ.get("ROCHALLOR_TEST_WALKS", "8"))
GIVEN_URL = os.environ.get("ROCHALLOR_TEST_ENGINE_URL")
GIVEN_VERSION = os.environ.get("ROCHALLOR_TEST_ENGINE_VERSION", "0")
# No lease ends on the way: who reports a job holds it.
FOR_EVER_S = 1e9


def walk_beside(version: str, side: Callable[[dict[str, object]], HttpSide], *, timers: bool) -> int:
    """Walk with this side, the machine and the second reading of the contract; the number of events."""
    events = 0
    for seed in range(WALKS):
        rng = random.Random(f"{version} over rest {seed}")
        document = random_definition(rng, version, timers=timers)
        reference = ReferenceEngine(document, version)
        reference.start(STARTED_WITH)
        engine = side(document)
        try:
            sides = [ReferenceSide(reference), MachineSide(document, version), engine]
            events += len(walk(sides, rng, version))
        finally:
            engine.close()
    return events


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_the_dev_engine_does_what_the_contract_says_at_every_step_of_random_walks(version: str) -> None:
    with running_engine(engine_version=version, clock=HandClock(), lease_s=FOR_EVER_S, seed=None) as engine:
        events = walk_beside(
            version, lambda document: HttpSide(document, engine.url, clock=engine), timers=True
        )
    assert events > 3 * WALKS


@pytest.mark.skipif(GIVEN_URL is None, reason="no real engine given (ROCHALLOR_TEST_ENGINE_URL)")
def test_a_real_engine_does_what_the_contract_says_at_every_step_of_random_walks() -> None:
    url = str(GIVEN_URL)
    assert walk_beside(GIVEN_VERSION, lambda document: HttpSide(document, url), timers=False) > 3 * WALKS
