"""The pages about hosting and deployment name everything that there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from rochallor_cli.hosting.config.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
WORKERS_MD = (ROOT / "docs" / "workers.md").read_text("utf-8")


def test_the_page_about_workers_names_every_key_of_workers_yaml() -> None:
    missing = [
        setting.key
        for settings in SECTIONS.values()
        for setting in settings
        if f"| `{setting.key}` | {setting.meaning} |" not in WORKERS_MD
    ]
    assert missing == []


def test_the_page_about_deployment_names_every_exit_status_of_the_host() -> None:
    text = (ROOT / "docs" / "deploy" / "README.md").read_text("utf-8")
    statuses = ["0", "2", "3", "4", "5", "9", "11", "12", "129"]
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == statuses


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")} | {"docs/deploy/README.md"}
    assert pages - set(re.findall(r"\]\(([^)#]+)", readme)) == set()


def test_the_page_about_testing_names_what_the_package_does_not_install() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert not [each for each in project["dependencies"] if each.startswith("pytest")]
    assert "`pip install pytest`" in (ROOT / "docs" / "testing.md").read_text("utf-8")
