"""The pages about hosting and deployment name everything that there is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

from rochallor_cli.hosting.config.sections import SECTIONS
from support.command_line import rochallor

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


def test_the_way_from_a_clone_to_two_hosts_fits_the_files_that_it_copies(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "deploy" / "README.md").read_text("utf-8")
    way = page.partition("## From a clone to two supervised hosts")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", way, re.MULTILINE | re.DOTALL)
    commands = [line for language, text in blocks if not language for line in text.splitlines()]
    # In a block without a language: nobody's tests may do this to a machine.
    copied = [line.split()[-2] for line in commands if line.startswith("cp ")]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    [config] = [text for language, text in blocks if language == "yaml"]
    unit = (ROOT / "docs" / "deploy" / "rochallor-work@.service").read_text("utf-8")
    [started] = re.findall(r"^ExecStart=(\S+) work --config (\S+)", unit, re.MULTILINE)
    assert started == ("/opt/workers/.venv/bin/rochallor", "/etc/rochallor/%i.yaml")
    assert [line for line in commands if line.startswith(f"{started[0]} work --config /etc/rochallor/a.yaml")]
    assert "`/etc/rochallor/a.yaml`; `b.yaml` is the same with port 8082" in way
    assert "/opt/workers/.venv/bin/pip install --constraint constraints.txt ." in commands
    # The host accepts the file, with the handlers that the page has copied, and Prometheus asks at its port.
    (tmp_path / "a.yaml").write_text(config.replace("/opt/workers/loan", str(ROOT / "examples" / "loan")))
    shown = rochallor("work", "--config", tmp_path / "a.yaml", "--print-config")
    assert shown.exit_status == 0, shown
    assert "credit-score" in rochallor("work", "--config", tmp_path / "a.yaml", "--check").stdout
    asked = yaml.safe_load((ROOT / "docs" / "deploy" / "monitoring" / "prometheus.yaml").read_text("utf-8"))
    [scraped] = asked["scrape_configs"]
    [targets] = [each["targets"] for each in scraped["static_configs"]]
    assert targets == [f"127.0.0.1:{yaml.safe_load(config)['health']['port']}", "127.0.0.1:8082"]
