"""What the repository promises about itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from support.repository_files import tracked_text_files

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text("utf-8")


def test_the_changelog_has_an_entry_for_the_version() -> None:
    version = re.escape(PYPROJECT["project"]["version"])
    assert re.search(rf"^## {version}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("dependency", PYPROJECT["project"]["dependencies"])
def test_each_dependency_has_a_lower_bound_and_a_reason_in_the_docs(dependency: str) -> None:
    name = re.split(r"[<>=~!\[ ]", dependency)[0]
    assert ">=" in dependency
    assert re.search(rf"^\| .*\b{re.escape(name)}\b", ARCHITECTURE, re.MULTILINE)


# The first version without the holes that were published, and what they were.
WITHOUT_HOLES = {
    "aiohttp": ("3.13.3", "request smuggling, compressed bodies without end"),
    "h11": ("0.16", "broken chunks taken for whole ones"),
    "httpx": ("0.28.1", "the first to ask for a sound httpcore"),
    "protobuf": ("6.33.5", "messages nested without end"),
    "pyyaml": ("5.4", "code run by full_load"),
}


@pytest.mark.parametrize("name", WITHOUT_HOLES)
def test_no_floor_of_a_dependency_has_a_known_hole(name: str) -> None:
    [floor] = [
        re.split(r"[>=,]+", one)[1] for one in PYPROJECT["project"]["dependencies"] if one.startswith(name)
    ]
    assert _numbers(floor) >= _numbers(WITHOUT_HOLES[name][0])


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def test_the_lock_holds_every_dependency() -> None:
    locked = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    }
    wanted = [*PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=~!\[ ]", dependency)[0].lower() for dependency in wanted}
    assert {name.replace("-", "_") for name in names} - {name.replace("-", "_") for name in locked} == set()


def test_nothing_is_left_unfinished_in_the_code() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in tracked_text_files()
        if path.suffix == ".py" and path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if marks.search(line)
    ]
    assert found == []
