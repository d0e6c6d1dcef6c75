"""Runs that a search found in random definitions, played on the embedded engine: it does the same at every event."""

from __future__ import annotations

import random

import pytest

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document
from rochallor_cli.documents.document import Document
from rochallor_cli.verification.findings import find
from rochallor_cli.verification.replay import NotPlayable, replay_embedded
from rochallor_cli.verification.report import VerifiedDefinition
from rochallor_cli.verification.search import SearchBounds, search
from support.random_definitions import random_definition

# Among these are: branches to one step of which one has to hold, tables that fit nothing, timers of ended steps, timers
# of one moment, and runs in which a timer would have to be late.
SEEDS = (1014, 3024, 3033, 3057, 3099, 3166)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_embedded_engine_does_what_a_found_run_says(seed: int) -> None:
    version = random.Random(seed).choice(["0", "1.0.0", "next", "leases"])
    document = random_definition(random.Random(seed), version)
    rules = engine_rules(version)
    found = search(
        definition_from_document(document, rules), variables={"a": 1}, bounds=SearchBounds(max_states=1500)
    )
    verified = VerifiedDefinition.of(Document("random", document), found, findings=find(found), assumed={})
    traces = [trace for _, trace in verified.findings[:3] if trace]
    assert traces
    for trace in traces:
        try:
            assert replay_embedded(document, trace, version=version, coercion=rules.coercion) == ""
        except NotPlayable:
            assert not all(event.is_playable for event in trace)
