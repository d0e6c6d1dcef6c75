"""How far a search goes: each situation once, what grows for ever up to a point, and an honest end."""

from __future__ import annotations

from typing import Any

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document
from rochallor_cli.verification.findings import Flaw, find
from rochallor_cli.verification.search import SearchBounds, SearchResult, search
from support.workflows import document, gateway, join, service, user_task

FIVE_BY_TWO = document(
    gateway("split", [f"a{n}" for n in range(5)]),
    *(step for n in range(5) for step in (service(f"a{n}", f"b{n}"), service(f"b{n}", "meet"))),
    join("meet", "after"),
    service("after"),
)
OPENED_FOR_EVER = document(
    user_task("ask", "split"),
    gateway("split", ["work", "ask"]),
    service("work", "meet"),
    join(),
)


def searched(steps: dict[str, Any], version: str = "next", **options: Any) -> tuple[SearchResult, list[Flaw]]:
    found = search(definition_from_document(steps, engine_rules(version)), **options)
    return found, find(found)


def test_what_is_not_searched_to_the_end_says_so() -> None:
    found, _ = searched(FIVE_BY_TWO, bounds=SearchBounds(max_states=20))
    assert not found.is_complete
    assert len(found.situations) < 40
    assert searched(FIVE_BY_TWO)[0].is_complete


def test_situations_that_behave_alike_are_counted_once() -> None:
    # Of 3 to the 5 places of the branches, and the first engine lets the join by early up to five times.
    found, findings = searched(FIVE_BY_TWO, "0")
    assert len(found.situations) == 460
    assert found.crowded == {"after"}
    assert ("V02", "after") in {(finding.code, finding.step) for finding in findings}


def test_a_step_that_is_opened_for_ever_is_followed_three_times_and_the_search_ends() -> None:
    found, findings = searched(OPENED_FOR_EVER, "0")
    assert found.is_complete
    assert found.crowded == {"work"}
    assert len(found.situations) < 30
    assert ("V02", "work") in {(finding.code, finding.step) for finding in findings}


def test_a_search_whose_time_is_up_says_so_and_judges_nothing_by_halves() -> None:
    found, findings = searched(FIVE_BY_TWO, "0", bounds=SearchBounds(max_seconds=0.0))
    assert not found.is_complete
    assert not findings
