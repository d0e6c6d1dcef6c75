"""A running host's logs, status and metrics through trouble of all kinds, with a secret in each of its settings."""

from __future__ import annotations

import signal
import urllib.request
from itertools import count
from pathlib import Path

import pytest

from support.command_line import rochallor
from support.scripted_server import Answer, Answering, route, stand_in
from support.waiting import wait_until
from support.worker_host import Workplace, worker_host

TOKEN, HEADER, OF_URL, OF_PROXY, OF_SASL, OF_HANDLER = (f"hunter{number}-Zq9x" for number in range(1, 7))
SECRETS = (TOKEN, HEADER, OF_URL, OF_PROXY, OF_SASL, OF_HANDLER)
REPEATED = f"{TOKEN} {HEADER} http://user:{OF_URL}@engine.test http://user:{OF_PROXY}@proxy"

HANDLERS = """
@registry.handler("leak")
def leak(job):
    note(job)
    raise RuntimeError(f"refused: {job.variables['said']} https://u:hunter6-Zq9x@bureau/x")

@registry.handler("die")
def die(job):
    note(job)
    os._exit(3)

@registry.handler("stay")
def stay(job):
    note(job)
    wait_for_file("go")
"""
WORKERS = f"""
engine:
  url: http://user:{OF_URL}@engine.test
  headers: {{X-Key: {HEADER}}}
kafka:
  brokers: 127.0.0.1:1
  config: {{security.protocol: SASL_PLAINTEXT, sasl.mechanism: PLAIN, sasl.username: u, sasl.password: {OF_SASL}}}
workers:
  - {{modules: [handlers.py], mode: poll, job_types: [leak, die, stay]}}
  - {{modules: [handlers.py], mode: kafka, job_types: [leak]}}
"""


def troubled() -> tuple[Answering, list[object]]:
    """An engine, or what stands before it, that repeats all it was sent, in every answer that goes wrong."""
    numbers = count()

    def job(job_type: str) -> Answer:
        number = next(numbers)
        fields = {
            "id": f"job{number}",
            "instanceId": f"i{number}",
            "stepExecutionId": f"e{number}",
            "jobType": job_type,
        }
        return 200, {"jobs": [{**fields, "retriesRemaining": 0, "variables": {"said": REPEATED}}]}

    error = {"error": REPEATED, "reason": REPEATED}
    polls = [
        lambda: job("leak"), lambda: job("die"), lambda: (401, error), lambda: (407, error),
        lambda: (302, b"", {"Location": f"http://user:{OF_URL}@login/?token={TOKEN}"}),
        lambda: (503, error, {"Server": REPEATED}), lambda: (200, f"<title>{REPEATED}</title>".encode()),
        lambda: (200, {"jobs": [{"id": REPEATED, "jobType": HEADER}]}), lambda: job("stay"),
    ]  # fmt: skip

    def answer(method: str, path: str, body: bytes) -> Answer:
        if route(path) == "/v1/jobs/poll" and b"workerId" in body and b"leak" in body and polls:
            return polls.pop(0)()
        if route(path) == "/v1/jobs/poll":
            return 200, {"jobs": None}
        if route(path).endswith(("/complete", "/fail")):
            return 204, b""
        if route(path).endswith("/history"):
            return 200, {"items": []}
        if route(path).startswith("/v1/instances/i") and method == "GET":
            return 200, {"id": route(path).rpartition("/")[2], "status": "ACTIVE", "definitionId": REPEATED}
        return 404, error

    return answer, polls


def all_that_is_told(place: Workplace, polls: list[object], *line: str, env: dict[str, str]) -> str:
    """What a host says, answers and shows from its start through all troubles to its end."""
    with worker_host("--config", "workers.yaml", *line, folder=place.folder, env=env) as host:
        port = host.health_port()
        wait_until(lambda: not polls, "all troubles", timeout_s=120)
        wait_until(lambda: len(place.notes()) >= 3, "all jobs")
        host.send(signal.SIGUSR1)
        host.wait_for("is running, 1 job in flight")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as metrics:
            told = metrics.read().decode()
        for action in ("status", "health"):
            shown = rochallor("work", action, "--health-port", port, "-o", "json")
            told += shown.stdout + shown.stderr
        place.let_go("go")
        host.send(signal.SIGTERM)
        host.wait()
    return told + host.said()


# A worker pauses for seconds after each trouble.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "source"), [("text", "file"), ("json", "environment"), ("text", "workers.yaml")]
)
def test_no_secret_of_a_running_host_is_told_whatever_goes_wrong(
    form: str, source: str, tmp_path: Path
) -> None:
    place = Workplace(tmp_path)
    place.write_handlers(HANDLERS)
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "workers.yaml").write_text(
        WORKERS.replace("  headers:", "  token: ${PLANTED}\n  headers:")
        if source == "workers.yaml"
        else WORKERS
    )
    line = ["--supervised", "--health-port", "0", "-vv", "--log-level", "debug", "--log-format", form]
    line += ["--token-file", "token"] if source == "file" else []
    env = {"ROCHALLOR_TOKEN": TOKEN} if source == "environment" else {"PLANTED": TOKEN}
    answer, polls = troubled()
    with stand_in(answer) as there:
        proxy = there.url.replace("://", f"://user:{OF_PROXY}@")
        told = all_that_is_told(
            place, polls, *line, env={**env, "http_proxy": proxy, "no_proxy": "127.0.0.1,localhost"}
        )
    assert [secret for secret in SECRETS if secret in told] == []
