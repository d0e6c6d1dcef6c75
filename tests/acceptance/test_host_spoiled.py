"""Jobs that spoil what belongs to the whole process: the next jobs, and the host, do not feel it."""

from __future__ import annotations

import re
import signal

import pytest

from support.waiting import wait_until
from support.worker_host import count_of, one_step, start_jobs, wait_until_completed, worker_host

SIGNALLING = """
import signal

def noted(number, frame):
    note({"id": "SIGUSR2"}, "own-handler")

def raising(number, frame):
    sys.exit(3)

signal.signal(signal.SIGUSR2, noted)
signal.signal(signal.SIGALRM, raising)
NOT_MEANT = "INT TERM HUP TSTP USR1 KILL STOP QUIT SEGV BUS FPE ILL ABRT CHLD URG WINCH CONT TTIN TTOU".split()

@registry.handler("signals")
def signals(job):
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    for timer in (signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0.001)
    for number in signal.valid_signals() - {getattr(signal, "SIG" + name) for name in NOT_MEANT}:
        os.kill(os.getpid(), number)
    return {}
"""


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
def test_no_signal_that_a_job_raises_or_arms_ends_the_host(place, engine, admin, options) -> None:
    """Each is said once, and what a module has set for one is called, and may raise.

    For two that come soon after each other once is enough: that is how signals are.
    """
    place.write_handlers(SIGNALLING)
    with worker_host("-m", "handlers.py", *options, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready (")
        for count in (1, 2):
            start_jobs(admin, "signals", 1)
            wait_until_completed(admin, count)
        wait_until(lambda: place.notes("own-handler")["SIGUSR2"] >= 1, "the module's own handler was called")
        host.wait_for("SIGPROF came")
        pids = {host.pid, *host.children()}
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        said = host.said()
    assert place.pids() <= pids
    assert said.count("set for SIGALRM raised SystemExit") == 1
    for name in ("SIGIO", "SIGXCPU", "SIGPROF", "SIGVTALRM", "SIGSYS", "SIGTRAP", "SIGRTMIN+2"):
        assert said.count(f"{name} came") == 1, said


SPOILT_STREAMS = {
    "close": "sys.stdout.close(); sys.stderr.close()",
    "buffers": "sys.stdout.buffer.close(); sys.stderr.detach()",
    "descriptors": "os.close(0); os.close(1); os.close(2)",
    "dup2": "other = os.open('other', os.O_WRONLY | os.O_CREAT); os.dup2(other, 1); os.dup2(other, 2)",
    "exchanged": "sys.stdout = open('other', 'w'); sys.stdout.close(); sys.stderr = None",
}


@pytest.mark.parametrize(
    "options", [(), ("--supervised", "--log-format", "json")], ids=["one process", "a child"]
)
def test_what_a_job_does_to_the_standard_streams_harms_neither_the_next_ones_nor_the_log(
    place, engine, admin, options
) -> None:
    place.write_handlers(
        f"\nSPOILT = {SPOILT_STREAMS!r}\n"
        """
import subprocess

@registry.handler("spoils")
def spoils(job):
    exec(SPOILT[sorted(SPOILT)[job["variables"]["number"]]])
    return {}

@registry.handler("prints")
def prints(job):
    mark = job["instanceId"]
    print("out-" + mark, flush=True)
    print("err-" + mark, file=sys.stderr, flush=True)
    subprocess.run(["sh", "-c", f"echo program-{mark} >&2"], check=True)
    raise ValueError("log-" + mark)
"""
    )
    with worker_host("-m", "handlers.py", *options, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready (")
        admin.upload_definition(one_step("spoil", "spoils"))
        failed = []
        for number in range(len(SPOILT_STREAMS)):
            admin.start_instance("spoil", {"number": number})
            wait_until_completed(admin, number + 1)
            failed += start_jobs(admin, "prints", 1)
            wait_until(lambda: count_of(admin, "FAILED") == len(failed), "the next job ran")  # noqa: B023
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        said = host.said()
    what = ("out", "err", "program", "log")
    assert [f"{word}-{mark}" for mark in failed for word in what if f"{word}-{mark}" not in said] == []
    assert "has closed or exchanged" in said


PATCHED = """
import base64, contextlib, datetime, functools, inspect, json, logging, math, queue, random, re, select, selectors
import socket, ssl, tempfile, threading, traceback, types, urllib.parse, uuid, weakref

app = logging.getLogger("app")
MINE = logging.StreamHandler()

def broken(*args, **kwargs):
    raise RuntimeError("patched")

def patch_all():
    modules = [base64, contextlib, datetime, functools, inspect, json, math, queue, random, select, selectors, socket,
               ssl, tempfile, threading, time, traceback, urllib.parse, uuid, weakref, os, os.path, asyncio, logging]
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)) and not name.startswith("_"):
                setattr(module, name, broken)

class Exiting(logging.Handler):
    def emit(self, record):
        sys.exit()

def close_each():
    for number in range(1024, 9000):
        with contextlib.suppress(OSError):
            os.close(number)

LOOP = "asyncio.get_running_loop()"
DEEDS = {
    "task factory": f"{LOOP}.set_task_factory(broken)",
    "exception handler": f"{LOOP}.set_exception_handler(broken)",
    "modules": "sys.modules.clear()",
    "modules exchanged": "sys.modules = {}",
    "disable": "logging.disable(logging.CRITICAL)",
    "dictConfig": "import logging.config; logging.config.dictConfig({'version': 1, 'root': {'handlers': []}})",
    "basicConfig": "logging.basicConfig(force=True, filename=os.devnull)",
    "handlers of loggers": "for name in ('rochallor', 'workflow_sdk'): logging.getLogger(name).addHandler(Exiting())",
    "formatter": "logging.getLogger().handlers[0].setFormatter(logging.Formatter('%(nope)s'))",
    "shutdown": "logging.shutdown()",
    # Whoever leaves waits for each.
    "locks": "for one in (*logging.getLogger().handlers, MINE): one.acquire()",
    "level": "logging.getLogger().setLevel(100)",
    "record factory": "logging.setLogRecordFactory(broken)",
    "builtins": "import builtins; builtins.open = builtins.print = builtins.__import__ = broken",
    "all descriptors": "os.closerange(3, 1 << 20)",
    "each descriptor": "close_each()",
    "recursion": "sys.setrecursionlimit(60)",
    "everything": "patch_all()",
}

@registry.handler("spoils")
def spoils(job):
    if (deed := DEEDS[job["variables"]["deed"]]).startswith(LOOP):
        return spoils_loop(deed)
    exec(deed, globals())

async def spoils_loop(deed):
    exec(deed, globals())

@registry.handler("plain")
def plain(job):
    app.warning("plain-" + job["instanceId"])
    raise ValueError("failed-" + job["instanceId"])

async def nothing():
    return {"done": True}

@registry.handler("async")
async def later(job):
    # What is patched of asyncio stays so for handlers.
    make = asyncio.Task if job["variables"]["deed"] == "everything" else asyncio.create_task
    return await make(nothing())
"""
DEEDS = re.findall(r'^    "([a-zA-Z ]+)":', PATCHED, re.MULTILINE)


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
def test_what_a_job_does_to_the_process_harms_neither_the_next_ones_nor_the_host(
    place, engine, admin, options
) -> None:
    place.write_handlers(PATCHED)
    with worker_host("-m", "handlers.py", *options, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready (")
        for job_type in ("spoils", "plain", "async"):
            admin.upload_definition(one_step(job_type, job_type))
        failed = []
        for number, deed in enumerate(DEEDS, start=1):
            admin.start_instance("spoils", {"deed": deed})
            wait_until_completed(admin, 2 * number - 1)
            failed.append(admin.start_instance("plain", {"deed": deed})["id"])
            admin.start_instance("async", {"deed": deed})
            wait_until_completed(admin, 2 * number)
            wait_until(lambda: count_of(admin, "FAILED") == len(failed), f"the job after {deed} ran")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        said = host.said()
    expected = [f"{word}-{mark}" for mark in failed for word in ("plain", "failed")]
    assert [mark for mark in expected if mark not in said] == [], said
