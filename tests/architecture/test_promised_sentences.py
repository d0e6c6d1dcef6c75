"""Each sentence that promises something of a worker, or of Kafka mode, is held by a test."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from support.promised_sentences import PROMISES, headings, sentences

# First words, and tables that test_the_page_about_workers_names_every_key_of_workers_yaml,
# test_a_recorded_answer_is_judged_as_the_page_says and
# test_the_documentation_says_for_which_versions_each_warning_holds hold.
ELSEWHERE = {
    "answers.md": {"Answers to a completion, as they were met"},
    "engine-faults.md": {"The codes"},
    "kafka.md": {"Kafka mode"},
    "sdk.md": {"The SDK"},
    "workers.md": {
        *("Hosting workers", "Top level", "`engine`", "`kafka`", "`defaults`", "`workers[]`"),
        *("`workers[].handlers.<job type>`", "`host`", "`health`", "`logging`"),
    },
}
SECTIONS = [(page, section) for page, sections in PROMISES.items() for section in sections]
TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("page", "section"), SECTIONS)
def test_each_sentence_names_the_tests_that_hold_it(page: str, section: str) -> None:
    """Fails when a page has changed: mend tests/support/promised_sentences.py, and write the test if there is none."""
    entries = PROMISES[page][section]
    found = Counter(
        beginning for sentence in sentences(page, section) for beginning in _matching(sentence, entries)
    )
    assert found == Counter(dict.fromkeys(entries, 1)), "these stand nowhere, or more than once"


@pytest.mark.parametrize("page", PROMISES)
def test_no_section_of_a_page_is_left_out(page: str) -> None:
    there = {heading for heading in headings(page) if list(sentences(page, heading))}
    # Of the faults of definitions test_fault_examples.py runs the examples.
    there -= {heading for heading in there if re.match(r"W[2-5]\d\d: ", heading)}
    assert there - PROMISES[page].keys() == ELSEWHERE.get(page, set())


def _matching(sentence: str, entries: dict[str, tuple[str, ...]]) -> list[str]:
    matching = [beginning for beginning in entries if sentence.startswith(beginning)]
    assert len(matching) == 1, f"no test, or none but one, is named for: {sentence}"
    return matching


def test_every_test_that_is_named_is_there() -> None:
    written = {
        name
        for path in TESTS.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    named = {
        name
        for page in PROMISES.values()
        for held in page.values()
        for names in held.values()
        for name in names
    }
    assert named - written == set()
