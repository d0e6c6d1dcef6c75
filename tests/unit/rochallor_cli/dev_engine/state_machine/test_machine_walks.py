"""Random definitions and runs: the dev engine's machine against a plain second reading of the contract."""

from __future__ import annotations

import random

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS
from support.agreeing_runs import STARTED_WITH, MachineSide, ReferenceSide, Side, walk
from support.random_definitions import random_definition
from support.reference_engine import ReferenceEngine

WALKS = 120


def one_walk(version: str, seed: int) -> int:
    """Play one walk; the number of its events."""
    rng = random.Random(f"{version} {seed}")
    document = random_definition(rng, version)
    reference = ReferenceEngine(document, version)
    reference.start(STARTED_WITH)
    sides: list[Side] = [ReferenceSide(reference), MachineSide(document, version)]
    return len(walk(sides, rng, version))


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_the_machine_does_what_the_contract_says_at_every_step_of_random_walks(version: str) -> None:
    events = sum(one_walk(version, seed) for seed in range(WALKS))
    assert events > 3 * WALKS
