"""A rewrite for joins that count wrongly: offered only where it is verified clean, and nothing is lost."""

from __future__ import annotations

import pytest

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.documents.document import Document
from rochallor_cli.verification.join_rewrites import suggestion_for
from rochallor_cli.verification.search import SearchBounds
from rochallor_cli.verification.verifying import verified_document
from support.workflows import decision, document, gateway, join, service, transform, user_task, wait

LONG = [
    gateway("split", ["pack", "bill"]),
    service("pack", "ship"),
    service("ship", "meet"),
    service("bill", "meet"),
]
TWICE = [gateway("split", ["ask", "ask"]), user_task("ask", "meet")]
THREE = [
    gateway("split", ["a1", "b1", "c1"]),
    service("a1", "a2"), wait("a2", "a3"), user_task("a3", "meet"),
    service("b1", "b2"), service("b2", "meet"), service("c1", "meet"),
]  # fmt: skip
LEADING = [
    gateway("split", ["note", "bill"]),
    transform("note", {"x": 1}, "pack"), service("pack", "sum"), transform("sum", {"y": 2}, "ship"),
    service("ship", "meet"), service("bill", "meet"),
]  # fmt: skip


@pytest.mark.parametrize("version", ["0", "1.1.0", "leases"])
@pytest.mark.parametrize("steps", [LONG, THREE, LEADING], ids=["long", "three", "leading"])
def test_branches_that_go_in_step_are_offered_with_every_task_of_the_old_ones(
    steps: list[dict], version: str
):
    value = document(service("first", "split"), *steps, join("meet", "after"), service("after"))
    rules = engine_rules(version)
    found = verified_document(Document("f.yaml", value), rules)
    assert found.findings
    suggestion = suggestion_for(found, rules, SearchBounds())
    assert suggestion is not None
    old = {step["id"]: step["type"] for step in value["steps"] if "GATEWAY" not in step["type"]}
    new = {
        step["id"]: step["type"] for step in suggestion.definition["steps"] if "GATEWAY" not in step["type"]
    }
    assert new == old
    clean = verified_document(Document("f.yaml", dict(suggestion.definition)), rules)
    assert (clean.findings, clean.found.is_complete) == ([], True)


def test_a_branch_that_is_listed_twice_becomes_two():
    rules = engine_rules("1.1.0")
    value = document(*TWICE, join())
    suggestion = suggestion_for(verified_document(Document("f.yaml", value), rules), rules, SearchBounds())
    assert suggestion is not None
    assert suggestion.text == 'the branches of "split" go in step: ask and ask-2'


def test_what_is_sound_or_cannot_be_rewritten_gets_no_suggestion():
    rules = engine_rules("1.1.0")
    sound = document(gateway("split", ["a", "b"]), service("a", "meet"), service("b", "meet"), join())
    branching = document(
        gateway("split", ["a", "b"]), service("a", "d"), decision("d", {"x": "c", "!x": "meet"}), service("c", "meet"),
        service("b", "meet"), join("meet", "after"), service("after"),
    )  # fmt: skip
    for value in (sound, branching):
        assert (
            suggestion_for(verified_document(Document("f.yaml", value), rules), rules, SearchBounds()) is None
        )
