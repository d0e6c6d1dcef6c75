"""Where a test stands: units mirror the packages, acceptance files say first which part of the product they try."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"

# The SDK's runner (embedding programs), the host that `rochallor work` is, and every other command.
PARTS = ("runner", "host", "cli")


def test_unit_tests_stand_in_folders_of_the_packages_they_are_for() -> None:
    folders = {path.parent.relative_to(TESTS / "unit") for path in (TESTS / "unit").rglob("test_*.py")}
    # The tests' own machinery is tried too.
    homes = {folder: (TESTS if folder.parts[0] == "support" else ROOT) / folder for folder in folders}
    assert [
        str(folder) for folder, home in homes.items() if not (home.is_dir() and any(home.glob("*.py")))
    ] == []


def test_acceptance_tests_are_named_for_the_part_they_try() -> None:
    names = [path.name for path in (TESTS / "acceptance").glob("test_*.py")]
    assert [name for name in names if name.split("_")[1] not in PARTS] == []


def test_a_test_has_one_name_in_one_place() -> None:
    names = [path.name for path in TESTS.rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_what_tests_share_is_in_support_and_imported_by_one_name() -> None:
    """A module that is imported by two names is loaded twice; one test file imports nothing of another."""
    other = re.compile(r"^ *(?:from|import) tests\b", re.MULTILINE)
    assert [
        str(path.relative_to(ROOT)) for path in TESTS.rglob("*.py") if other.search(path.read_text("utf-8"))
    ] == []
