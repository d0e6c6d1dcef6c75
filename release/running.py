"""An image's root directory started as a container engine would: process 1, its user, its network of its own."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

FLOW = """
id: first
name: First
steps:
  - {id: work, name: Work, type: SERVICE_TASK, jobType: work, nextStep: end}
  - {id: end, name: End, type: END}
"""
# The handler leaves a program behind that outlives its parent: process 1 is to reap it.
HANDLERS = """
import os, subprocess
from workflow_sdk.handler.registry import HandlerRegistry
registry = HandlerRegistry()

@registry.handler("work")
def work(job):
    subprocess.run(["sh", "-c", "sleep 0.2 &"])
    return {"user": os.getuid(), "folder": os.getcwd()}
"""
LONGEST_S = 90.0
ENGINE = "http://127.0.0.1:8080"
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def own_network() -> None:
    """This process and its children see a loopback of their own, and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network of its own")
    loopback_up()


def loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh14x", b"lo", 0)
        (flags,) = struct.unpack("16xh14x", fcntl.ioctl(any_socket, SIOCGIFFLAGS, asked))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_S
    while not holds():
        if time.monotonic() > deadline:
            sys.exit(f"waited {LONGEST_S:g} s in vain for: {what}")
        time.sleep(0.1)


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def try_out(
    root: Path,
    environ: Mapping[str, str],
    workdir: str,
    *,
    user: str,
    command: Sequence[str],
    probe: Sequence[str],
) -> None:
    """Beside an embedded engine of the image's own: ready, a job done, nothing left unreaped, drained at SIGTERM."""
    own_network()
    (root / "app/handlers").mkdir()
    (root / "app/handlers/jobs.py").write_text(HANDLERS)
    (root / "tmp/flow.yaml").write_text(FLOW)
    within = ["chroot", f"--userspec={user}", str(root), "/bin/sh", "-c", f'cd {workdir} && exec "$@"', "sh"]
    env = {**environ, "ENGINE_URL": ENGINE, "HOME": "/tmp"}  # noqa: S108

    def inside(*words: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
        settings = env | {"ROCHALLOR_ENGINE_URL": ENGINE}
        command = [*within, *words]
        return subprocess.run(command, env=settings, capture_output=capture, text=True, check=False)  # noqa: S603

    alone = ["unshare", "--pid", "--fork", "--kill-child"]
    with (
        subprocess.Popen([*within, "rochallor", "dev"], env=env, stdout=subprocess.DEVNULL) as engine,  # noqa: S603
        subprocess.Popen([*alone, *within, *command], env=env) as container,  # noqa: S603
    ):
        try:
            wait_until(lambda: inside(*probe).returncode == 0, "the health check of the image")
            say(f"its health check answers: {' '.join(probe)}")
            _have_a_job_done(inside, container.pid)
            (first,) = children(container.pid)
            os.kill(first, signal.SIGTERM)
            assert container.wait(LONGEST_S) == 0
            say("SIGTERM to process 1: drained, exit status 0")
        finally:
            # With process 1 goes all that is in there; another user's it does not follow its parent by itself.
            for first in children(container.pid) if container.poll() is None else []:
                os.kill(first, signal.SIGKILL)
            for process in (container, engine):
                process.kill()


def _have_a_job_done(inside: Callable[..., subprocess.CompletedProcess[str]], container: int) -> None:
    assert inside("rochallor", "defs", "upload", "/tmp/flow.yaml").returncode == 0  # noqa: S108
    done = inside("rochallor", "instances", "start", "first", "--wait", "-o", "json", capture=True)
    assert done.returncode == 0, done
    assert '"user": 65532' in done.stdout, done.stdout
    say("a job done, as user 65532")
    (first,) = children(container)
    name = Path(f"/proc/{first}/comm").read_text().strip()
    assert name == "tini", name
    # What the handler has left behind is process 1's child until it has ended, and nobody's afterwards.
    wait_until(lambda: len(children(first)) == 1, "process 1 has reaped what the handler left")
    assert "Z" not in {state(each) for each in children(first)}
    say("process 1 is tini, and has reaped what the handler left behind")
