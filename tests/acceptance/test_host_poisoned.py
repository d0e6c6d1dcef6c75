"""Handlers' modules that take over what belongs to the host: logging, streams, signals, the working directory."""

from __future__ import annotations

import json
import os
import signal
import subprocess

import pytest

from support.command_line import EXECUTABLE, variables
from support.waiting import wait_until
from support.worker_host import count_of, start_jobs, wait_until_completed, worker_host

TAKE_OVERS = {
    "dictConfig": "import logging.config; logging.config.dictConfig({'version': 1})",
    "fileConfig": (
        "import io, logging.config\n"
        "logging.config.fileConfig(io.StringIO('[loggers]\\nkeys=root\\n[handlers]\\nkeys=\\n[formatters]\\nkeys=\\n'\n"
        "    '[logger_root]\\nhandlers=\\n'))"
    ),
    "clear": "import logging; logging.getLogger().handlers.clear(); logging.disable(logging.CRITICAL)",
    "raising": (
        "import logging\n"
        "class Raising(logging.Handler):\n    def emit(self, record): raise self.kind\n"
        "for kind in (ValueError, SystemExit, KeyboardInterrupt, GeneratorExit, asyncio.CancelledError):\n"
        "    logging.getLogger().addHandler(Raising())\n"
        "    logging.getLogger().handlers[-1].kind = kind\n"
        "for one in logging.getLogger().handlers: one.addFilter(lambda record: sys.exit())"
    ),
    "formatter": (
        "import logging\n"
        "for one in logging.getLogger().handlers:\n"
        "    one.setFormatter(logging.Formatter('%(nope)s'))\n"
        "    one.emit = lambda record: sys.exit()"
    ),
    "signals": (
        "import signal\n"
        "for name in ('INT', 'TERM', 'HUP', 'USR1', 'USR2', 'PIPE', 'TSTP', 'CONT', 'ALRM'):\n"
        "    signal.signal(getattr(signal, 'SIG' + name), signal.SIG_DFL)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())"
    ),
    "directory and streams": "import os, sys; os.chdir('/'); sys.stdout = sys.stderr = None",
    "prints": "import sys; print('a line of text', file=sys.stderr); import warnings; warnings.warn('odd')",
    "descriptors": "import os; os.closerange(3, os.sysconf('SC_OPEN_MAX'))",
    "all descriptors": "import os; os.closerange(3, 1 << 20)",
    "sockets": "import socket; socket.setdefaulttimeout(0.001)",
}
HANDLERS = """
@registry.handler("fails")
def fails(job):
    if IS_LOGGING:
        logging.getLogger("mine").warning("mine-" + job.instance_id)
    raise ValueError("boom-" + job.instance_id)

@registry.handler("works")
async def works(job):
    return {}
"""


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
@pytest.mark.parametrize("kind", TAKE_OVERS)
def test_the_host_keeps_its_log_its_signals_and_its_life(place, engine, admin, kind, options) -> None:
    is_logging = kind in ("dictConfig", "fileConfig", "clear")
    logger = f"import logging; logging.getLogger('mine'); IS_LOGGING = {is_logging}\n"
    place.write_handlers(logger + TAKE_OVERS[kind] + HANDLERS)
    arguments = ("-m", "handlers.py", "--log-format", "json", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for('"ready (')
        (failed,) = start_jobs(admin, "fails", 1)
        start_jobs(admin, "works", 2)
        wait_until_completed(admin, 2)
        wait_until(lambda: count_of(admin, "FAILED") == 1, "the failure is reported")
        os.killpg(host.pid, signal.SIGTERM)
        assert host.wait() == 0, host.said()
        entries = [json.loads(line) for line in host.said().splitlines()]
    records = [entry for entry in entries if f"boom-{failed}" in entry["message"]]
    assert [(entry["level"], entry["logger"]) for entry in records] == [("error", "workflow_sdk.runner")]
    assert is_logging is (f"mine-{failed}" in [entry["message"] for entry in entries])


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
def test_what_goes_to_the_descriptor_of_stderr_is_json_too(place, engine, admin, options) -> None:
    """Programs that handlers start, and C libraries; also a line without an end, and one that is very long."""
    place.write_handlers(
        """
import subprocess
os.write(2, b"while imported\\n")

@registry.handler("starts")
def starts(job):
    os.write(2, b"from a library\\n")
    subprocess.run(["sh", "-c", "echo from a program >&2; printf '%0100000d\\\\n' 7 >&2; printf 'no end' >&2"])
    return {}
"""
    )
    arguments = ("-m", "handlers.py", "--log-format", "json", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for('"ready (')
        start_jobs(admin, "starts", 1)
        wait_until_completed(admin, 1)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        lines = host.said().splitlines()
    said = [json.loads(line)["message"] for line in lines if json.loads(line)["logger"] == "rochallor.stderr"]
    assert {"while imported", "from a library", "from a program", "no end"} <= set(map(str.strip, said))
    assert max(map(len, lines)) < 20_000


def test_printing_to_a_stdout_that_is_gone_fails_no_job(place, engine, admin) -> None:
    place.write_handlers(
        "\n@registry.handler('prints')\ndef prints(job):\n    print('x' * 10_000, flush=True)\n    return {}\n"
    )
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [*EXECUTABLE, "work", "-m", "handlers.py", "--log-format", "json"],
        stdin=subprocess.DEVNULL,
        stdout=write_end,
        stderr=subprocess.PIPE,
        cwd=place.folder,
        env=variables(None, url=engine.url),
        text=True,
    )
    os.close(write_end)
    os.close(read_end)
    try:
        start_jobs(admin, "prints", 5)
        wait_until_completed(admin, 5)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=90)
    assert process.returncode == 0, said


@pytest.mark.parametrize("where", ["time.sleep(600)", "registry.on_startup(lambda: time.sleep(600))"])
def test_a_signal_during_a_slow_start_ends_the_host_and_leaves_nobody_behind(place, engine, where) -> None:
    place.write_handlers(f"\nnote({{'id': 'started'}})\n{where}\n" + HANDLERS)
    with worker_host("-m", "handlers.py", "--processes", "2", url=engine.url, folder=place.folder) as host:
        wait_until(lambda: sum(place.notes().values()) == 2, "both processes import")
        pids = host.children()
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert [pid for pid in pids if os.path.exists(f"/proc/{pid}")] == []


def test_children_end_as_programs_do_and_take_along_what_they_have_started(place, engine, admin) -> None:
    place.write_handlers(
        """
import atexit, subprocess
from concurrent.futures import ProcessPoolExecutor
atexit.register(lambda: open(os.path.join(FOLDER, f"atexit-{os.getpid()}"), "w").close())
pool = ProcessPoolExecutor(1)

@registry.handler("starts")
def starts(job):
    subprocess.Popen(["sleep", "600"])
    pids = [pool.submit(os.getpid).result(), os.getpid()]
    return {"pids": pids}
"""
    )
    with worker_host("-m", "handlers.py", "--supervised", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        (instance,) = start_jobs(admin, "starts", 1)
        wait_until_completed(admin, 1)
        group = host.children()[0]
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    *_, child = admin.get_instance(instance)["variables"]["pids"]
    assert (place.folder / f"atexit-{int(child)}").exists()
    wait_until(lambda: _group_is_gone(group), "nobody of the child's group is left")


def test_hooks_run_once_for_workers_that_share_a_module_and_the_last_one_closes(place, engine, admin) -> None:
    place.write_handlers(
        """
@registry.on_startup
def start():
    note({"id": "pool"}, "opened")

@registry.on_shutdown
def stop():
    note({"id": "pool"}, "closed")

@registry.handler("quick")
def quick(job):
    return {}

@registry.handler("long")
def long(job):
    note(job)
    wait_for_file("go")
    return {"closed_before": os.path.exists(os.path.join(FOLDER, "noted"))
            and "closed" in open(os.path.join(FOLDER, "noted")).read()}
"""
    )
    (place.folder / "workers.yaml").write_text(
        "workers:\n"
        "  - {id: a, modules: [handlers.py], job_types: [quick], handlers: {quick: {parallelism: 2}}}\n"
        "  - {id: b, modules: [handlers.py], job_types: [long], handlers: {long: {parallelism: 3}}}\n"
    )
    with worker_host("--config", "workers.yaml", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready (")
        (instance,) = start_jobs(admin, "long", 1)
        wait_until(lambda: bool(place.notes()), "the long job runs")
        host.send(signal.SIGTERM)
        host.wait_for("drained in")
        place.let_go("go")
        assert host.wait() == 0, host.said()
    assert (place.notes("opened"), place.notes("closed")) == ({"pool": 1}, {"pool": 1})
    assert admin.get_instance(instance)["variables"]["closed_before"] is False


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
def test_errors_that_end_the_host_are_lines_of_json_too(place, engine, options) -> None:
    place.handlers.write_text("import requsts\n")
    arguments = ("-m", "handlers.py", "--log-format", "json", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        assert host.wait() == 3
    entries = [json.loads(line) for line in host.said().splitlines()]
    errors = [entry["message"] for entry in entries if entry["level"] == "error"]
    assert errors == ["error: handlers.py could not be imported"]


def _group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False
