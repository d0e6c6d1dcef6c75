"""The command line where there is nothing of POSIX, as on Windows: every module imported, and an admin's day.

What the standard library and other packages do on Windows cannot be faked; they are imported before anything is taken
away. `sys.platform` is win32 for everything of ours.
"""

import asyncio
import importlib
import json
import multiprocessing
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

for name in ("aiohttp.web", "confluent_kafka", "httptools", "httpx", "platformdirs", "prometheus_client"):
    importlib.import_module(name)
for name in ("rich.console", "typer.main", "yaml", "sqlite3", "webbrowser", "google.protobuf"):
    importlib.import_module(name)
for name in ("asyncio.unix_events", "concurrent.futures.process", "shutil", "getpass", "uuid", "typer.rich_utils"):
    importlib.import_module(name)
assert all((asyncio, multiprocessing, subprocess, tempfile, sysconfig.get_config_vars()))

FOLDER = Path(sys.argv[1])
# Says that there is no such client, on every system.
REFUSES_EVERYWHERE = {"workflow_sdk.client.grpc"}
for module in ("fcntl", "termios", "tty", "pty", "pwd", "grp", "resource", "syslog"):
    sys.modules[module] = None
OF_POSIX = {
    os: "fork forkpty getuid geteuid getgid setsid killpg getpgid setpgid register_at_fork uname fchmod pipe2 mkfifo "
    "posix_spawn sched_getaffinity sched_yield tcgetpgrp O_NOFOLLOW O_CLOEXEC O_NONBLOCK wait3 wait4 eventfd",
    signal: "SIGHUP SIGUSR1 SIGUSR2 SIGTSTP SIGCONT SIGKILL SIGSTOP SIGCHLD SIGALRM SIGPIPE pthread_sigmask "
    "pthread_kill setitimer siginterrupt sigwait",
    socket: "SO_REUSEPORT",
    time: "clock_gettime CLOCK_BOOTTIME CLOCK_MONOTONIC",
}
for module, names in OF_POSIX.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"

import rochallor_cli  # noqa: E402
import workflow_sdk  # noqa: E402

refused = {}
for package in (workflow_sdk, rochallor_cli):
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if found.name.endswith("__main__"):
            continue
        try:
            importlib.import_module(found.name)
        except Exception as error:
            refused[found.name] = f"{type(error).__name__}: {error}"
assert refused.keys() == REFUSES_EVERYWHERE, json.dumps(refused, indent=1)

from rochallor_cli.commands import work  # noqa: E402
from rochallor_cli.dev_engine import DevEngine, DevEngineConfig  # noqa: E402
from support.command_line import rochallor  # noqa: E402

FLOW = FOLDER / "flow.yaml"
FLOW.write_text(
    "id: loan\nname: Loan\nsteps:\n"
    "  - {id: ask, name: Ask, type: USER_TASK, nextStep: end}\n  - {id: end, name: End, type: END}\n"
)
HANDLERS = FOLDER / "handlers.py"
HANDLERS.write_text(
    "from workflow_sdk.handler.registry import HandlerRegistry\nregistry = HandlerRegistry()\n"
    "@registry.handler('score')\ndef score(job):\n    return {'creditScore': 720}\n"
)
with DevEngine(DevEngineConfig(port=0)) as engine:

    def done(*words, status=0):
        result = rochallor(*words, url=engine.url)
        assert result.exit_status == status, (words, result)
        return result.stdout

    done("defs", "lint", FLOW)
    done("defs", "upload", FLOW)
    done("defs", "list")
    done("defs", "graph", FLOW)
    done("defs", "verify", FLOW)
    instance = done("instances", "start", "loan", "-o", "name").strip()
    for command in ("get", "history", "explain"):
        done("instances", command, instance)
    done("tasks", "complete", f"{instance}/ask", "--yes")
    done("instances", "wait", instance)
    done("handlers", "run", "score", "-m", HANDLERS)
    done("config", "show")
    done("doctor")
    work.os = SimpleNamespace(name="nt")
    refusal = rochallor("work", "-m", HANDLERS, url=engine.url)
    assert refusal.exit_status == 2, refusal
    print(refusal.stderr)
