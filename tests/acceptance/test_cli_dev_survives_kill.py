"""`rochallor dev --db FILE` killed under load: nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from support.workflows import document, service
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import WorkflowSDKError

ROUNDS = 6
CLIENTS = 4
ACKNOWLEDGED_BEFORE_THE_KILL = 60


class Engine:
    """The engine as a process of its own."""

    def __init__(self, path: Path) -> None:
        command = [sys.executable, "-m", "rochallor_cli", "dev", "--port", "0", "--db", str(path)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ
        )
        assert self.process.stdout is not None
        found = re.search(r"http://[\w.:]+", self.process.stdout.readline())
        assert found is not None
        self.url = found[0]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()


class Acknowledged:
    """What the engine has said yes to, and a latch that opens when it is enough."""

    def __init__(self) -> None:
        self.started: set[str] = set()
        self.completed: dict[str, str] = {}
        self.enough = threading.Event()
        self._lock = threading.Lock()

    def note_start(self, instance_id: str) -> None:
        with self._lock:
            self.started.add(instance_id)

    def note_completion(self, instance_id: str, mark: str) -> None:
        with self._lock:
            self.completed[instance_id] = mark
            if len(self.completed) % ACKNOWLEDGED_BEFORE_THE_KILL == 0:
                self.enough.set()


def put_under_load(url: str, acknowledged: Acknowledged, number: int) -> None:
    """Start instances and complete their jobs until the engine is gone."""
    with RestEngineClient(url, timeout=5) as client, suppress(WorkflowSDKError):
        while True:
            acknowledged.note_start(client.start_instance("flow")["id"])
            for job in client.poll_jobs(f"w{number}", ["work"], 2):
                client.complete_job(job["id"], f"w{number}", {"mark": job["id"]})
                acknowledged.note_completion(job["instanceId"], job["id"])


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_however_often_the_engine_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    acknowledged = Acknowledged()
    for _ in range(ROUNDS):
        engine = Engine(path)
        with RestEngineClient(engine.url) as client:
            client.upload_definition(document(service("work")))
        acknowledged.enough.clear()
        threads = [
            threading.Thread(target=put_under_load, args=(engine.url, acknowledged, number))
            for number in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        assert acknowledged.enough.wait(60)
        engine.kill()
        for thread in threads:
            thread.join(30)
    check(path, acknowledged)


def check(path: Path, acknowledged: Acknowledged) -> None:
    engine = Engine(path)
    try:
        with RestEngineClient(engine.url) as client:
            for instance_id in acknowledged.started:
                check_instance(client, instance_id, acknowledged.completed.get(instance_id))
    finally:
        engine.kill()
    assert len(acknowledged.completed) >= ROUNDS * ACKNOWLEDGED_BEFORE_THE_KILL


def check_instance(client: RestEngineClient, instance_id: str, mark: str | None) -> None:
    """mark: what its completed job left in the variables, if the completion was acknowledged."""
    instance = client.get_instance(instance_id)
    if mark is not None:
        assert (instance["status"], instance["variables"]) == ("COMPLETED", {"mark": mark})
    history = client.get_instance_history(instance_id)
    whole = ["work", "end"] if instance["status"] == "COMPLETED" else ["work"]
    assert [each["stepId"] for each in history] == whole
