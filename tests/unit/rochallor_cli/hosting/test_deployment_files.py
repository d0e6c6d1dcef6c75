"""The files of docs/deploy, tried as far as a machine without systemd, containers and Kubernetes allows."""

from __future__ import annotations

import configparser
import io
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from rochallor_cli.hosting.config.given import settings_with_flags
from rochallor_cli.hosting.config.resolution import resolve_host
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.workers_file import read_workers_file
from support.command_line import rochallor

ROOT = Path(__file__).resolve().parents[4]
DEPLOY = ROOT / "docs" / "deploy"
WORKERS_MD = (ROOT / "docs" / "workers.md").read_text()
# Between SIGTERM and SIGKILL there must be more than the default drain and 5 s.
LEAST_GRACE_S = 25 + 5


# --- systemd ----------------------------------------------------------------------------------------


@pytest.fixture
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(DEPLOY / "rochallor-work.service")
    return parser


def test_the_unit_waits_for_the_drain_and_signals_the_host_alone(unit) -> None:
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > LEAST_GRACE_S
    assert (service["Type"], service["NotifyAccess"], service["KillMode"]) == ("notify", "main", "mixed")
    assert service["RestartPreventExitStatus"] == "2 3"
    assert int(service["WatchdogSec"]) >= 10


def test_the_units_command_is_one_that_the_command_line_knows(unit) -> None:
    program, *arguments = unit["Service"]["ExecStart"].split()
    assert program.endswith("/rochallor")
    assert rochallor(*arguments[:1], "--help").exit_status == 0
    assert arguments == ["work", "--config", "/etc/rochallor/workers.yaml"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_accepts_the_unit(tmp_path) -> None:
    text = (DEPLOY / "rochallor-work.service").read_text()
    here = tmp_path / "rochallor-work.service"
    here.write_text(text.replace("/opt/workers/.venv/bin/rochallor", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(here)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


# --- containers -------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    text = (DEPLOY / "Containerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def test_the_image_runs_the_host_itself_as_an_unprivileged_user() -> None:
    found = dict(instructions())
    assert json.loads(found["ENTRYPOINT"]) == ["rochallor", "work"]
    assert json.loads(found["CMD"]) == ["--config", "/app/workers.yaml"]
    assert found["USER"] == "65532:65532"
    assert found["STOPSIGNAL"] == "SIGTERM"
    known = {
        "FROM",
        "RUN",
        "COPY",
        "WORKDIR",
        "ENV",
        "USER",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    assert {name for name, _ in instructions()} <= known


def test_the_images_probe_is_a_command_that_the_command_line_knows() -> None:
    command = json.loads(re.search(r"CMD (\[.*\])", dict(instructions())["HEALTHCHECK"])[1])
    assert command == ["rochallor", "work", "health", "--live"]
    result = rochallor(*command[1:], env={"ROCHALLOR_HEALTH_PORT": "1"})
    assert (result.exit_status, "no answer" in result.stderr) == (5, True)


def test_the_images_variables_are_options_of_the_host() -> None:
    (environment,) = [text for name, text in instructions() if name == "ENV"]
    named = set(re.findall(r"ROCHALLOR_[A-Z_]+", environment))
    assert named <= {setting.variable for _, setting in settings_with_flags()}
    assert "ROCHALLOR_HEALTH_PORT" in named


# --- Kubernetes -------------------------------------------------------------------------------------


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {found["kind"]: found for found in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}


def test_the_pod_gets_time_to_drain_and_the_right_probes(manifest) -> None:
    pod = manifest["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["terminationGracePeriodSeconds"] > LEAST_GRACE_S
    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("liveness", "readiness", "startup")
    }
    assert paths == {"liveness": "/livez", "readiness": "/readyz", "startup": "/livez"}
    (port,) = container["ports"]
    assert all(
        container[f"{name}Probe"]["httpGet"]["port"] == port["name"] for name in ("liveness", "readiness")
    )


def test_the_parts_of_the_manifest_belong_together(manifest) -> None:
    deployment = manifest["Deployment"]["spec"]
    pod = deployment["template"]
    (container,) = pod["spec"]["containers"]
    assert deployment["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["config"]["configMap"]["name"] == manifest["ConfigMap"]["metadata"]["name"]


def test_the_manifests_workers_file_is_accepted(manifest, tmp_path) -> None:
    path = tmp_path / "workers.yaml"
    path.write_text(manifest["ConfigMap"]["data"]["workers.yaml"])
    (container,) = manifest["Deployment"]["spec"]["template"]["spec"]["containers"]
    environ = {entry["name"]: str(entry.get("value", "pod-1")) for entry in container["env"]}
    file = read_workers_file(str(path), io.StringIO(), environ)
    config = resolve_host({}, {}, file=file, engine=None, log_with_time=False)  # type: ignore[arg-type]
    (port,) = container["ports"]
    assert (config.health.host, config.health.port) == ("0.0.0.0", port["containerPort"])
    assert config.workers[0].worker_id == "pod-1"
    assert config.workers[0].modules == ("/app/handlers/",)
    grace_s = manifest["Deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert grace_s > config.workers[0].drain_timeout_s + 5


# --- the page about workers ---------------------------------------------------------------------------


def test_the_page_about_workers_names_every_key_of_workers_yaml() -> None:
    missing = [
        setting.key
        for settings in SECTIONS.values()
        for setting in settings
        if f"| `{setting.key}` | {setting.meaning} |" not in WORKERS_MD
    ]
    assert missing == []


def test_the_page_about_deployment_names_every_exit_status_of_the_host() -> None:
    text = (DEPLOY / "README.md").read_text()
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == ["0", "2", "3", "4", "5", "9", "11", "12"]
