"""Sentences of pages and help texts that were untrue once: each is read where it stands, and held by what happens."""

from __future__ import annotations

import configparser
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from support.command_line import rochallor
from support.engines import running_engine
from support.workflows import do_jobs, document, service
from workflow_sdk.client.rest import RestEngineClient

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs" / "deploy"
# What a system has that has make.
EVERYWHERE = {"cd", "mkdir", "printf", "rm", "sh", "touch", "true", "xargs"}


def text_of(file: str) -> str:
    return " ".join((ROOT / file).read_text("utf-8").split())


@pytest.mark.parametrize("target", ["demo", "test", "dist"])
def test_the_readme_names_all_that_setting_up_from_a_clone_takes(target: str) -> None:
    assert "with Python's `venv`, `make` and a package index that pip can reach" in text_of("README.md")
    # As in a fresh clone: nothing that was made before counts.
    asked = [
        "make",
        "-C",
        str(ROOT),
        "-n",
        target,
        "VENV=/nowhere/venv",
        "TOOLS=/nowhere/tools",
        "PYTHON=python3",
    ]
    planned = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True).stdout
    # Texts are no commands, and neither are lines that go on.
    plan = re.sub(r"'[^']*'|\"[^\"]*\"", "text", planned.replace("\\\n", " "))
    plan = re.sub(r"\d*>(&\d|\S+)", "", plan)
    programs = {each.split()[0] for each in re.split(r"[\n|;&{}]+", plan) if each.strip()}
    programs -= {"echo", "exit"} | {word for word in programs if word.startswith("make")}
    of_the_environment = {word for word in programs if word.startswith("/nowhere/")}
    assert of_the_environment
    assert programs - of_the_environment - EVERYWHERE == {"python3"}


def test_what_systemd_restarts_and_containers_do_is_what_the_page_says() -> None:
    page = (DEPLOY / "README.md").read_text("utf-8")
    [(said,)] = [
        match.groups()
        for match in re.finditer(r"exit statuses ([\d, and]+) are not restarted by systemd", page)
    ]
    for unit in ("rochallor-work.service", "rochallor-work@.service"):
        found = configparser.ConfigParser(strict=False, interpolation=None)
        found.optionxform = str  # type: ignore[assignment,method-assign]
        found.read_string((DEPLOY / unit).read_text("utf-8"))
        assert found["Service"]["RestartPreventExitStatus"].split() == re.findall(r"\d+", said)
    assert "containers are restarted whatever the status" in page
    deployment = yaml.safe_load((DEPLOY / "kubernetes/base/deployment.yaml").read_text("utf-8"))
    # Of a Deployment's pods there is no other policy.
    assert deployment["spec"]["template"]["spec"].get("restartPolicy", "Always") == "Always"
    # No other page promises of containers what only systemd keeps.
    for other in ("docs/workers.md", "docs/runbook.md", "docs/deploy/scaling.md", "README.md"):
        for sentence in re.findall(r"[^.|]*not restarted[^.|]*", text_of(other)):
            assert "systemd" in sentence, (other, sentence)


def test_as_new_marks_what_would_not_become_the_latest_and_nothing_else(tmp_path: Path) -> None:
    assert "Mark the metadata of what would not become the latest" in " ".join(
        rochallor("defs", "upload", "--help").stdout.split()
    )
    reverted, other = tmp_path / "reverted.yaml", tmp_path / "other.yaml"
    with running_engine() as engine:

        def upload(file: Path, step: str, *options: str) -> None:
            file.write_text(yaml.safe_dump(document(service(step), id_=file.stem)))
            assert rochallor("defs", "upload", file, *options, url=engine.url).exit_status == 0

        for step in ("old", "new"):
            upload(reverted, step)
        upload(other, "old")
        before = reverted.read_text()
        upload(reverted, "old", "--as-new")
        upload(other, "new", "--as-new")
        with RestEngineClient(engine.url) as client:
            found = {name: client.get_definition(name) for name in ("reverted", "other")}
    assert [each["version"] for each in found.values()] == [3, 2]
    assert [bool(each.get("metadata")) for each in found.values()] == [True, False]
    # The mark is in what was sent; the file stays as its author wrote it.
    assert reverted.read_text() != before
    assert "metadata" not in reverted.read_text()


def test_an_instance_that_is_said_to_go_on_does_and_the_command_that_is_named_follows_it() -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with running_engine() as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(document(service("s"), id_="left-alone"))
        for way in (["--follow"], ["--wait"], ["--wait", "--timeout", "1h", "--cancel-on-timeout"]):
            left = rochallor("instances", "start", "left-alone", *way, url=engine.url, sleep=interrupt)
            assert left.exit_status == 130
            _, _, command = left.stderr.strip().rpartition("the instance goes on; ")
            instance = command.split()[-1]
            assert client.get_instance(instance)["status"] == "ACTIVE", way
            do_jobs(client, "s")
            followed = rochallor(*command.split()[1:], url=engine.url)
            assert (followed.exit_status, client.get_instance(instance)["status"]) == (0, "COMPLETED")


def test_a_variable_names_the_file_where_no_option_does(tmp_path: Path) -> None:
    for name, port in (("of-the-variable", 1), ("of-the-option", 2)):
        (tmp_path / name).write_text(
            f"engine: {{url: 'http://engine:{port}'}}\nworkers: [{{modules: [h.py]}}]\n"
        )

    def url_with(*options: object) -> str:
        env = {"ROCHALLOR_CONFIG": str(tmp_path / "of-the-variable")}
        rows = rochallor("work", "--print-config", *options, "-o", "json", env=env).json()
        return {row["setting"]: row["value"] for row in rows}["engine.url"]

    assert url_with() == "http://engine:1"
    assert url_with("--config", tmp_path / "of-the-option") == "http://engine:2"
