"""A real `rochallor work` in a process of its own, its handlers, and what they have done."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.command_line import EXECUTABLE, variables
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient

# Every handler notes each of its runs in a file: one line, written at once, whatever happens next.
PRELUDE = """
import asyncio, os, sys, time
from workflow_sdk.errors import NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk import current_job

registry = HandlerRegistry()
FOLDER = {folder!r}

def note(job, what="ran"):
    line = f"{{what}} {{job['id']}} {{os.getpid()}}\\n".encode()
    descriptor = os.open(os.path.join(FOLDER, "noted"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line)
    os.close(descriptor)

def wait_for_file(name):
    path = os.path.join(FOLDER, name)
    while not os.path.exists(path):
        time.sleep(0.005)
"""


class Workplace:
    """A folder with handlers.py and the notes its handlers write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.handlers = folder / "handlers.py"

    def write_handlers(self, body: str) -> Path:
        self.handlers.write_text(PRELUDE.format(folder=str(self.folder)) + body)
        return self.handlers

    def notes(self, what: str = "ran") -> Counter[str]:
        """How often the handler of each job noted `what`, by job id."""
        return Counter(job_id for kind, job_id, _ in self._lines() if kind == what)

    def pids(self) -> set[int]:
        """The processes that handlers ran in."""
        return {int(pid) for _, _, pid in self._lines()}

    def _lines(self) -> list[list[str]]:
        path = self.folder / "noted"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def ran_twice(self) -> dict[str, int]:
        return {job_id: times for job_id, times in self.notes().items() if times > 1}

    def let_go(self, name: str) -> None:
        """End the wait of handlers that wait for this file."""
        (self.folder / name).touch()


class WorkerHost:
    """A running `rochallor work`. What it says goes to a file, so that no pipe can fill up."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        self.process = process
        self._said = said

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        return self._said.read_text()

    def wait_for(self, text: str, *, timeout_s: float = 60) -> None:
        """Until it has said `text`."""
        wait_until(lambda: text in self.said() or self.process.poll() is not None, text, timeout_s=timeout_s)
        assert text in self.said(), self.said()

    def health_port(self) -> str:
        """The port that it has taken for --health-port 0."""
        self.wait_for("health and metrics at ")
        address = self.said().partition("health and metrics at ")[2].split()[0]
        # A line of JSON goes on behind it.
        return address.partition('"')[0].rpartition(":")[2]

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout_s: float = 60) -> int:
        """Its exit status."""
        return self.process.wait(timeout_s)

    def children(self) -> list[int]:
        """Process ids of its children."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(pid) for pid in path.read_text().split()]


@contextmanager
def worker_host(
    *arguments: str | Path,
    url: str | None = None,
    folder: Path,
    env: Mapping[str, str] | None = None,
    new_session: bool = True,
    program: Sequence[str] = EXECUTABLE[1:],
) -> Iterator[WorkerHost]:
    """Start `rochallor work` with these arguments, in `folder`; its whole session is killed at the end."""
    said = folder / "said"
    environ = variables(env, url=url)
    paths = [str(Path(__file__).resolve().parents[2]), environ.get("PYTHONPATH", "")]
    # An empty entry would stand for the working directory.
    environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with said.open("wb") as output:
        process = subprocess.Popen(
            [EXECUTABLE[0], *program, "work", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environ,
            start_new_session=new_session,
        )
    try:
        yield WorkerHost(process, said)
    finally:
        _kill_session(process, new_session)


def _kill_session(process: subprocess.Popen[bytes], is_own_session: bool) -> None:
    try:
        if is_own_session:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    except ProcessLookupError:
        pass
    process.wait()


def one_step(definition_id: str, job_type: str, *, retries: int = 0) -> dict[str, Any]:
    """A definition with one job."""
    return {
        "id": definition_id,
        "name": definition_id,
        "steps": [
            {
                "id": "work",
                "name": "Work",
                "type": "SERVICE_TASK",
                "jobType": job_type,
                "retryCount": retries,
                "nextStep": "end",
            },
            {"id": "end", "name": "End", "type": "END"},
        ],
    }


def start_jobs(client: RestEngineClient, job_type: str, count: int, *, retries: int = 0) -> list[str]:
    """The ids of `count` instances with one job of this type each, started."""
    client.upload_definition(one_step(f"flow-{job_type}", job_type, retries=retries))
    return [client.start_instance(f"flow-{job_type}", {"number": number})["id"] for number in range(count)]


def count_of(client: RestEngineClient, status: str) -> int:
    return int(client.list_instances(status=status, page_size=1)["total"])


def wait_until_completed(client: RestEngineClient, count: int, *, timeout_s: float = 60) -> None:
    wait_until(
        lambda: count_of(client, "COMPLETED") >= count, f"{count} instances completed", timeout_s=timeout_s
    )
