"""Dashboard, alert rules and runbook: every query answered by a real Prometheus that scrapes a real host."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from rochallor_cli.exit_status import MEANINGS
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import Workplace, start_jobs, worker_host
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.metrics import Metrics

ROOT = Path(__file__).resolve().parents[2]
MONITORING = ROOT / "docs" / "deploy" / "monitoring"
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text("utf-8")
ALERTS = yaml.safe_load((MONITORING / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel["targets"]]
SHOWN = [target["expr"].replace("$__rate_interval", "1m") for target in TARGETS]
QUERIES = SHOWN + [rule["expr"] for rule in ALERTS]
METRIC = re.compile(r"\b((?:workflow_sdk|rochallor)_\w+)")
HANDLERS = """
@registry.handler("quick")
def quick(job):
    note(job)
    return {"done": True}
"""


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def asked(url: str, **query: str) -> Any:
    with urllib.request.urlopen(f"{url}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
        return json.load(answer)


@contextmanager
def prometheus(program: str, host_ports: list[int], folder: Path) -> Iterator[str]:
    """The address of a Prometheus that scrapes these hosts every second."""
    targets = [f"127.0.0.1:{port}" for port in host_ports]
    scrape = {"job_name": "rochallor", "static_configs": [{"targets": targets}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    command = [program, f"--config.file={folder / 'prometheus.yaml'}", f"--web.listen-address={address}"]
    command.append(f"--storage.tsdb.path={folder / 'data'}")
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            yield f"http://{address}/api/v1"
        finally:
            process.send_signal(signal.SIGKILL)


def names_known_to(api: str) -> set[str]:
    try:
        return set(asked(f"{api}/label/__name__/values")["data"])
    except OSError:
        return set()


def without_an_answer(api: str) -> set[str]:
    """The dashboard's queries that Prometheus answers with nothing, not even zeroes."""
    try:
        return {query for query in SHOWN if not asked(f"{api}/query", query=query)["data"]["result"]}
    except OSError:
        return set(SHOWN)


@contextmanager
def host_that_has_worked(folder: Path, dispatch: str) -> Iterator[int]:
    """The health port of a host that has done two jobs, which it polls for or has from Kafka."""
    folder.mkdir()
    place, port = Workplace(folder), free_port()
    place.write_handlers(HANDLERS)
    with running_engine(dispatch=dispatch) as engine, RestEngineClient(engine.url) as admin:
        options = ["-m", "handlers.py", "--health-port", port]
        options += ["--mode", "kafka", "--brokers", engine.brokers] if dispatch == "kafka" else []
        start_jobs(admin, "quick", 2)
        with worker_host(*options, url=engine.url, folder=folder) as host:
            host.wait_for("ready")
            wait_until(lambda: len(place.notes()) == 2, "the jobs are done")
            yield port


@pytest.mark.slow
def test_every_query_is_answered_from_what_real_hosts_expose(
    tmp_path: Path, tool: Callable[[str], str]
) -> None:
    """Zeroes among it: what first shows when it happens is a rise that no rule sees."""
    program = tool("prometheus")
    with (
        host_that_has_worked(tmp_path / "polls", "polling") as first,
        host_that_has_worked(tmp_path / "kafka", "kafka") as second,
        prometheus(program, [first, second], tmp_path) as api,
    ):
        with contextlib.suppress(pytest.fail.Exception):
            wait_until(lambda: without_an_answer(api) == set(), "every query has an answer", timeout_s=60)
        assert without_an_answer(api) == set()
        known = names_known_to(api)
        answers = [asked(f"{api}/query", query=rule["expr"]) for rule in ALERTS]
    assert {answer["status"] for answer in answers} == {"success"}
    assert {name for rule in ALERTS for name in METRIC.findall(rule["expr"])} - known == set()


# Beside what the dashboard shows of the same thing.
TOLD_OTHERWISE = {
    "workflow_sdk_kafka_commits",  # its errors are
    "rochallor_worker_reports_waiting",  # workflow_sdk_callback_pending, by worker
    "rochallor_worker_slots",  # workflow_sdk_slots, by worker
}


def test_every_series_of_a_host_is_on_the_dashboard_or_in_a_rule() -> None:
    registry = CollectorRegistry()
    Metrics(registry=registry)
    names = {family.name for family in registry.collect()}
    page = (ROOT / "docs" / "kafka.md").read_text("utf-8").split("## Metrics")[1].split("##")[0]
    names |= {
        f"workflow_sdk_kafka{short}"
        for short in re.findall(r"`(?:workflow_sdk_kafka)?(_[a-z_]+?)(?:_total)?`", page)
    }
    code = "".join(path.read_text("utf-8") for path in (ROOT / "rochallor_cli" / "hosting").rglob("*.py"))
    names |= set(re.findall(r'"(rochallor_(?:host|worker|build)_[a-z_]+?)(?:_total)?"', code))
    assert len(names) > 35
    asked = " ".join(QUERIES)
    assert {
        name for name in names if not re.search(rf"\b{name}(_total|_bucket|_count)?\b", asked)
    } == TOLD_OTHERWISE


def test_the_rules_fire_on_what_they_are_for_and_on_nothing_else(tool: Callable[[str], str]) -> None:
    command = [tool("promtool"), "test", "rules", "alerts.test.yaml"]
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    command = [tool("promtool"), "check", "config", "prometheus.yaml"]
    done = subprocess.run(command, cwd=MONITORING, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_has_a_case() -> None:
    cases = yaml.safe_load((MONITORING / "alerts.test.yaml").read_text("utf-8"))["tests"]
    fired = {
        case["alertname"] for test in cases for case in test["alert_rule_test"] if case.get("exp_alerts")
    }
    assert fired == {rule["alert"] for rule in ALERTS}


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_leads_to_its_paragraph(rule: dict[str, Any]) -> None:
    page, anchor = rule["annotations"]["runbook_url"].split("#")
    assert page == "docs/runbook.md"
    assert anchor == rule["alert"].lower()
    assert re.search(rf"^### {rule['alert']}\n\S", RUNBOOK, re.MULTILINE)


def test_the_runbook_has_a_paragraph_for_each_exit_status_of_the_host() -> None:
    found = {int(number) for number in re.findall(r"^### Exit status (\d+)\n\w", RUNBOOK, re.MULTILINE)}
    assert found == {0, 1, 2, 3, 4, 5, 9, 11, 12, 129}
    assert found <= {int(status) for status in MEANINGS}
