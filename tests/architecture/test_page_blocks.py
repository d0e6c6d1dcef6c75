"""Every block of every page is run or read by a test, or stands here with the reason why none does."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from support.documentation_pages import PAGES, Block, blocks, commands_of, name_of

TESTS = Path(__file__).resolve().parents[1]

# Commands of any page are pasted into a shell; what else is shown, page by page and kind by kind: the test, and how
# many blocks it reads (0: however many there are).
COMMANDS = "test_the_commands_of_a_page_do_what_it_says"
FIRST_WORKFLOW = "test_the_first_definition_of_the_readme_is_sound_and_runs_with_the_handler_beside_it"
EXPRESSIONS = "test_an_example_comes_to_what_is_written_beside_it"
HELD = {
    ("README.md", "yaml"): (FIRST_WORKFLOW, 1),
    ("README.md", "python"): (FIRST_WORKFLOW, 1),
    ("docs/ci.md", "yaml"): ("test_the_page_shows_what_action_and_hook_take", 3),
    ("docs/definitions.md", "yaml run"): ("test_an_example_has_no_problems_and_runs", 0),
    ("docs/deploy/README.md", "yaml"): (
        "test_the_way_from_a_clone_to_two_hosts_fits_the_files_that_it_copies",
        1,
    ),
    ("docs/deploy/README.md", "yaml overlay"): (
        "test_the_overlay_that_the_page_shows_changes_what_there_is",
        1,
    ),
    ("docs/deploy/scaling.md", "yaml"): (
        "test_the_page_about_scaling_asks_for_what_workers_have_and_is_known_to_keda",
        2,
    ),
    ("docs/engine-faults.md", "yaml"): (
        "test_an_example_of_the_documentation_shows_its_fault_and_could_be_uploaded",
        0,
    ),
    ("docs/expressions.md", "yaml"): ("test_the_first_example_is_sound_and_takes_both_its_branches", 1),
    ("docs/expressions.md", "expr"): (EXPRESSIONS, 0),
    ("docs/expressions.md", "expr converted"): (EXPRESSIONS, 0),
    ("docs/expressions.md", "expr unconverted"): (EXPRESSIONS, 0),
    ("docs/kafka.md", "yaml"): ("test_the_settings_that_the_page_about_kafka_shows_are_taken", 1),
    ("docs/sdk.md", "python"): ("test_the_examples_run_one_after_the_other", 0),
    ("docs/testing.md", "python"): ("test_the_example_of_the_documentation_passes", 1),
    ("docs/workers.md", "python"): ("test_the_first_handler_of_the_page_about_workers_runs", 2),
}
# By page and how the block begins.
NOT_RUN = {
    ("CONTRIBUTING.md", "ROCHALLOR_TEST_ENGINE_URL="): "it takes a real engine",
    ("CONTRIBUTING.md", "ROCHALLOR_ENDURANCE_JOBS="): "it takes Apache Kafka and an hour",
    ("docs/architecture.md", "   a user's"): "a picture",
    ("docs/architecture.md", "workflow_sdk "): "a picture; test_imports.py holds what it shows",
    (
        "docs/deploy/README.md",
        "/opt/workers",
    ): "it takes root; test_pages.py compares it with the files it copies",
    ("docs/deploy/README.md", "apt-get"): "it takes root",
    ("docs/deploy/README.md", "python3 -m venv"): "it takes root; test_pages.py compares it as well",
    ("docs/deploy/README.md", "from opentelemetry"): "its exporter is no dependency of ours",
    ("docs/kafka.md", "kafka-topics.sh"): "a tool of Apache Kafka's",
    ("docs/sdk.md", "WorkflowSDKError"): "a picture; test_sdk_docs.py holds its names",
    ("docs/simulation.md", "seed 35"): "what nobody sees while no promise is broken",
}


def reason_of(page: str, block: Block) -> tuple[str, str] | None:
    """The entry of a block that no test runs."""
    named = [entry for entry in NOT_RUN if entry[0] == page and block.text.startswith(entry[1])]
    return named[0] if named else None


def test_every_block_is_run_or_has_a_reason() -> None:
    unknown, skipped, read = [], Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for page, block in ((name_of(path), block) for path in PAGES for block in blocks(path)):
        if reason := reason_of(page, block):
            skipped[reason] += 1
        elif (page, block.kind) in HELD:
            read[page, block.kind] += 1
        elif not list(commands_of(block, page)):
            unknown.append(f"{page}:{block.lines[0][0]}: {block.lines[0][1]}")
    assert unknown == []
    assert skipped == Counter(dict.fromkeys(NOT_RUN, 1))
    assert {kind: count or read[kind] for kind, (_, count) in HELD.items()} == read


@pytest.mark.parametrize("test", sorted({COMMANDS, *(test for test, _ in HELD.values())}))
def test_the_test_that_is_named_is_there(test: str) -> None:
    written = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    assert test in written
