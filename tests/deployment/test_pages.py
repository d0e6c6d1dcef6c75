"""The pages about hosting and deployment name everything that there is."""

from __future__ import annotations

import re
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
