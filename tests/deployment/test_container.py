"""The Containerfile of docs/deploy: what its instructions promise, and the probe it uses. No image is built here."""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path

from support.command_line import rochallor
from support.engines import running_engine
from support.worker_host import Workplace, worker_host

ROOT = Path(__file__).resolve().parents[2]
CONTAINERFILE = (ROOT / "docs" / "deploy" / "Containerfile").read_text("utf-8")
HANDLER = """
@registry.handler("quick")
def quick(job):
    return {}
"""
STARTED_WITH = ROOT / "docs" / "deploy" / "workers.container.yaml"


def instructions() -> list[tuple[str, str]]:
    lines = [line for line in CONTAINERFILE.splitlines() if not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]  # type: ignore[misc]


def of_kind(name: str) -> list[str]:
    return [text for kind, text in instructions() if kind == name]


def test_the_image_runs_the_host_as_an_unprivileged_user_and_process_1_reaps() -> None:
    (entry,), (command,) = of_kind("ENTRYPOINT"), of_kind("CMD")
    assert json.loads(entry) == ["tini", "--", "rochallor", "work"]
    assert json.loads(command) == ["--config", "/app/workers.yaml"]
    assert of_kind("USER") == ["65532:65532"]
    assert of_kind("STOPSIGNAL") == ["SIGTERM"]
    assert len(of_kind("LABEL")[0].split("org.opencontainers.image.")) == 4


def test_the_layer_that_the_file_shows_may_install_and_runs_unprivileged() -> None:
    """The image's user is not the one whom its environment belongs to."""
    shown = re.findall(r"^#   (FROM|USER|COPY|RUN) (.*)$", CONTAINERFILE, re.MULTILINE)
    assert shown[0] == ("FROM", "rochallor")
    [user] = image_user = of_kind("USER")
    for kind, text in shown:
        user = text if kind == "USER" else user
        assert kind != "RUN" or ("pip install" in text and user == "root"), text
    assert [user] == image_user


def test_the_image_is_made_of_the_repository_alone() -> None:
    sources = [text.split()[0] for text in of_kind("COPY") if not text.startswith("--from=")]
    assert [source for source in sources if not (ROOT / source).exists()] == []
    installs = [text for text in of_kind("RUN") if "pip install" in text and "hatchling" not in text]
    assert installs
    assert all("--constraint" in text and "/tmp/dist/*.whl" in text for text in installs)


def test_the_command_that_builds_the_image_keeps_its_health_check() -> None:
    """Podman writes OCI images unless told otherwise, and those have none: it is left out with a warning."""
    assert of_kind("HEALTHCHECK")
    [podman] = [line for line in CONTAINERFILE.splitlines() if line.startswith("#   podman build")]
    assert "--format docker" in podman


def test_no_variable_of_the_image_goes_before_workers_yaml() -> None:
    assert "ROCHALLOR_" not in " ".join(of_kind("ENV"))


def test_the_image_starts_with_a_file_that_the_host_accepts() -> None:
    shown = rochallor("work", "--config", str(STARTED_WITH), "--print-config", "-o", "json")
    assert shown.exit_status == 0, shown.stderr
    assert "0.0.0.0" in shown.stdout


def test_the_probe_of_the_image_finds_the_port_in_workers_yaml(tmp_path: Path) -> None:
    found = re.search(r"CMD (\[.*\])", of_kind("HEALTHCHECK")[0])
    assert found is not None
    command = json.loads(found[1])
    assert command[:-1] == ["rochallor", "work", "health", "--live", "--config"]
    Workplace(tmp_path).write_handlers(HANDLER)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    file = tmp_path / "workers.yaml"
    file.write_text(f"workers: [{{modules: [handlers.py]}}]\nhealth: {{port: {port}}}\n")
    probe = [*command[1:-1], str(file)]
    assert rochallor(*probe).exit_status == 5
    with running_engine() as engine, worker_host("--config", file, url=engine.url, folder=tmp_path) as host:
        host.wait_for("ready")
        assert rochallor(*probe).exit_status == 0
        assert rochallor("work", "health", env={"ROCHALLOR_CONFIG": str(file)}).exit_status == 0


def test_a_probe_without_any_port_says_where_it_may_stand() -> None:
    refusal = rochallor("work", "health")
    assert refusal.exit_status == 2
    assert "--config" in refusal.stderr


def test_nothing_tells_to_install_a_package_that_is_not_published() -> None:
    texts = [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "docs" / "deploy" / "Containerfile"]
    texts += [*(ROOT / "rochallor_cli").rglob("*.py"), *(ROOT / "workflow_sdk").rglob("*.py")]
    named = re.compile(r"(pip|pipx|uv tool) install[^\n]*rochallor-cli(?!\.git)\b(?![-_\d.]*\.whl)")
    assert [text.name for text in texts if named.search(text.read_text("utf-8"))] == []
