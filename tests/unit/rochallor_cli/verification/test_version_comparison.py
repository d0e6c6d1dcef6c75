"""The search over pairs of worlds: where two versions part, and where they never do."""

from __future__ import annotations

from typing import Any

from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.dev_engine.explore import definition_from_document
from rochallor_cli.verification.search import SearchBounds
from rochallor_cli.verification.version_comparison import ComparedVersions, compared_versions
from support.workflows import decision, document, gateway, join, service, timer, transform, user_task, wait

TEN_MINUTES = 600.0


def compared(
    *steps: dict[str, Any], old: str = "0", new: str = "1.0.0", max_states: int = 1000
) -> ComparedVersions:
    before, after = (definition_from_document(document(*steps), engine_rules(each)) for each in (old, new))
    return compared_versions(old=before, new=after, bounds=SearchBounds(max_states, TEN_MINUTES))


def test_branches_of_one_task_run_alike_on_every_version() -> None:
    found = compared(gateway("split", ["a", "b"]), service("a", "meet"), wait("b", "meet"), join())
    assert (found.differences, found.is_complete) == ([], True)


def test_branches_that_run_through_at_once_part_at_the_start() -> None:
    both = (transform("a", {"x": 1}, "meet"), transform("b", {"y": 1}, "meet"))
    [found] = compared(gateway("split", ["a", "b"]), *both, join()).differences
    assert (found.step, found.text) == ("split", "the start")
    assert "meet" in found.before
    assert found.after == "COMPLETED"


def test_what_only_one_version_lets_happen_is_told_with_what_comes_of_it() -> None:
    late = timer("PT1H", "remind", interrupting=False)
    found = compared(service("work", "hold", boundaryEvents=[late]), wait("hold"), service("remind"))
    assert [(each.step, each.text, each.after) for each in found.differences] == [
        ("work", "a timer of work", "nothing comes of it")
    ]


def test_both_ways_of_a_condition_are_followed_together() -> None:
    steps = (decision("check", {"ok": "a", "!ok": "b"}), user_task("a", "check"), service("b"))
    assert compared(*steps, new="leases").differences == []


def test_a_search_that_reaches_its_bound_says_so() -> None:
    branches = [f"b{number}" for number in range(6)]
    steps = (gateway("split", branches), *(service(branch, "meet") for branch in branches), join())
    assert not compared(*steps, max_states=10).is_complete
