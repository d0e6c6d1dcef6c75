"""The pages hang together: every link and anchor leads somewhere, every page is reached, all are headed alike."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from support.documentation_pages import FENCED, ROOT
from support.repository_files import tracked_text_files

LINK = re.compile(r"\[[^\]]+\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
# A path in a sentence: a folder of the repository, and what is in it.
PATH = re.compile(
    r"`((?:docs|tests|examples|benchmarks|rochallor_cli|workflow_sdk|release|completions|\.github)/[\w./-]+)`"
)


def pages() -> list[Path]:
    return [path for path in tracked_text_files() if path.suffix == ".md" and "golden" not in str(path)]


def headings(page: Path) -> list[tuple[int, str]]:
    text = FENCED.sub("", page.read_text("utf-8"))
    return [(len(marks), words) for marks, words in HEADING.findall(text)]


def anchors(page: Path) -> set[str]:
    """As the usual hosts make them of headings."""
    plain = (re.sub(r"[^\w\- ]", "", words.lower()) for _, words in headings(page))
    return {words.replace(" ", "-") for words in plain}


def links(page: Path) -> list[tuple[Path, str]]:
    """What a page leads to: the file, and the place in it or nothing."""
    found = LINK.findall(FENCED.sub("", page.read_text("utf-8")))
    return [((page.parent / target).resolve() if target else page, anchor) for target, anchor in found]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert broken == []


def test_every_page_for_users_is_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [target for target, _ in links(page) if target.exists()]
    assert {page for page in pages() if "tests" not in page.relative_to(ROOT).parts} - seen == set()


def test_the_links_of_alerts_lead_to_their_paragraphs() -> None:
    rules = yaml.safe_load((ROOT / "docs/deploy/monitoring/alerts.yaml").read_text("utf-8"))
    urls = [rule["annotations"]["runbook_url"] for group in rules["groups"] for rule in group["rules"]]
    assert urls
    for page, _, anchor in (url.partition("#") for url in urls):
        assert anchor in anchors(ROOT / page)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_begins_with_its_title_and_skips_no_level(page: Path) -> None:
    found = headings(page)
    assert page.read_text("utf-8").startswith("# ")
    levels = [level for level, _ in found]
    assert levels.count(1) == 1
    assert [words for (before, _), (level, words) in pairwise(found) if level > before + 1] == []
    if page.name not in ("CHANGELOG.md", "commands.md"):
        names = [words.lower() for _, words in found]
        assert [words for words in names if names.count(words) > 1] == []
    assert [words for _, words in found if words.endswith((".", ":"))] == []


def test_the_readme_goes_from_trying_over_production_to_deciding_and_ends_with_speed() -> None:
    order = [
        "Install",
        "A workflow and its handlers",
        "What it looks like",
        "In continuous integration",
        "In production",
    ]
    order += ["Why, and when not", "Speed"]
    found = [words for _, words in headings(ROOT / "README.md")]
    assert [words for words in found if words in order] == order
    assert found[-1] == "Speed"


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_the_files_that_a_page_names_are_there(page: Path) -> None:
    named = set(PATH.findall(page.read_text("utf-8")))
    assert {name for name in named if not (ROOT / name).exists()} == set()
