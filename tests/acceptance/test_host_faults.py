"""A real worker host among faults: handlers that misbehave, an engine that is away, input that is wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.command_line import rochallor, rochallor_run
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import (
    count_of,
    start_jobs,
    wait_until_completed,
    worker_host,
)
from workflow_sdk.client.rest import RestEngineClient

ROOT = Path(__file__).resolve().parents[2]

QUICK = """
@registry.handler("quick")
def quick(job):
    note(job)
    return {"done": True}
"""


HARMFUL = (
    QUICK
    + """
@registry.handler("exits")
def exits(job):
    note(job)
    sys.exit(3)

@registry.handler("exits-async")
async def exits_async(job):
    note(job)
    sys.exit(3)

@registry.handler("sleeps-async")
async def sleeps_async(job):
    note(job)
    wait_for_file("wake")

@registry.handler("nonsense")
def nonsense(job):
    note(job)
    return ["no", "dict"]

@registry.handler("unspeakable")
def unspeakable(job):
    note(job)
    return {"at": {"some": [object()]}}
"""
)


def test_handlers_that_exit_sleep_or_return_nonsense_harm_only_their_own_jobs(place, engine, admin) -> None:
    place.write_handlers(HARMFUL)
    with worker_host("-m", "handlers.py", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "sleeps-async", 1)
        wait_until(lambda: len(place.notes()) == 1, "the sleeper has begun")
        # Those of async handlers wait for the loop that it blocks.
        failing = {
            job_type: start_jobs(admin, job_type, 2)
            for job_type in ("exits", "exits-async", "nonsense", "unspeakable")
        }
        start_jobs(admin, "quick", 50)
        # The blocked loop of the async handlers stops neither claims nor reports of the others.
        wait_until_completed(admin, 50)
        place.let_go("wake")
        wait_until_completed(admin, 51)
        wait_until(lambda: count_of(admin, "FAILED") == 8, "all failures are reported")
        reasons = {name: admin.get_instance(ids[0])["failureReason"] for name, ids in failing.items()}
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert place.ran_twice() == {}
    assert reasons["exits"].startswith("SystemExit: 3")
    assert reasons["exits-async"].startswith("SystemExit: 3")
    assert "list" in reasons["nonsense"]
    assert "['at']['some'][0]" in reasons["unspeakable"]


def test_a_forked_process_of_a_handler_is_no_worker(place, engine, admin) -> None:
    place.write_handlers(
        """
@registry.handler("forks")
def forks(job):
    pid = os.fork()
    if pid == 0:
        note(job, "child-ran")
        return {"from": "child"}
    os.kill(pid, 15)
    os.waitpid(pid, 0)
    note(job)
    return {"from": "parent"}
"""
    )
    with worker_host("-m", "handlers.py", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        instances = start_jobs(admin, "forks", 10)
        wait_until_completed(admin, 10)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        assert "stopping" in host.said()
    assert place.ran_twice() == {}
    assert {admin.get_instance(instance)["variables"]["from"] for instance in instances} == {"parent"}


def test_an_engine_away_at_the_start_is_waited_for(place) -> None:
    place.write_handlers(QUICK)
    with running_engine() as short_lived:
        port = short_lived.port
    url = f"http://127.0.0.1:{port}"
    with worker_host("-m", "handlers.py", url=url, folder=place.folder) as host:
        host.wait_for("engine unreachable: connection refused")
        assert "ready" not in host.said()
        with running_engine(port=port) as running, RestEngineClient(running.url) as client:
            start_jobs(client, "quick", 20)
            wait_until_completed(client, 20)
            host.wait_for("ready")
            host.wait_for("engine reachable again")
            assert host.said().count("engine unreachable") == 1
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
    assert (len(place.notes()), place.ran_twice()) == (20, {})


def test_a_worker_that_never_reached_its_engine_leaves_when_told(place) -> None:
    place.write_handlers(QUICK)
    with worker_host("-m", "handlers.py", url="http://127.0.0.1:1", folder=place.folder) as host:
        host.wait_for("engine unreachable")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()


@pytest.mark.slow
def test_an_engine_restarted_in_the_middle_of_200_jobs_loses_none(place, tmp_path) -> None:
    place.write_handlers(
        """
@registry.handler("steady")
def steady(job):
    note(job)
    time.sleep(0.1)
    return {"done": True}
"""
    )
    database = tmp_path / "engine.sqlite"
    with ExitStack() as first_engine, ExitStack() as rest:
        running = first_engine.enter_context(running_engine(db=database))
        client = rest.enter_context(RestEngineClient(running.url))
        port = running.port
        start_jobs(client, "steady", 200)
        arguments = ("-m", "handlers.py", "--parallelism", "16")
        with worker_host(*arguments, url=running.url, folder=place.folder) as host:
            wait_until(lambda: len(place.notes()) >= 50, "a quarter has run")
            first_engine.close()
            host.wait_for("engine unreachable")
            with running_engine(db=database, port=port):
                wait_until_completed(client, 200)
                host.send(signal.SIGTERM)
                assert host.wait() == 0, host.said()
    assert (len(place.notes()), place.ran_twice()) == (200, {})


def test_handlers_that_cannot_be_used_end_the_host_with_3(place, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.py").write_text("import requsts\n")
    Path("empty.py").write_text("x = 1\n")
    missing = rochallor("work", "--module", "nowhere.py")
    broken = rochallor("work", "--module", "broken.py")
    empty = rochallor("work", "--module", "empty.py", "-o", "json")
    assert [result.exit_status for result in (missing, broken, empty)] == [3, 3, 3]
    assert missing.stderr.startswith("error: no file nowhere.py\n")
    assert broken.stderr == (
        "error: broken.py could not be imported\n"
        '  File "broken.py", line 1, in <module>\n'
        "    import requsts\n"
        "  ModuleNotFoundError: No module named 'requsts'\n"
    )
    assert json.loads(empty.stderr)["error"] == "empty.py has no handlers"


def test_broken_handlers_end_a_host_of_several_processes_with_3_as_well(place, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.py").write_text("import requsts\n")
    result = rochallor_run("work", "--module", "broken.py", "--processes", "2")
    assert result.exit_status == 3
    assert result.stderr.count("ModuleNotFoundError: No module named 'requsts'") == 1


@pytest.mark.parametrize(
    ("raised", "options", "said"),
    [
        ("OSError('no database')", (), "OSError: no database"),
        ("SystemExit('no database')", (), "RuntimeError: connect raised SystemExit: no database"),
        ("SystemExit(0)", ("--supervised",), "RuntimeError: connect raised SystemExit: 0"),
    ],
)
def test_an_on_startup_hook_that_fails_ends_the_host_and_says_why(
    place, engine, raised, options, said
) -> None:
    place.write_handlers(QUICK + f"\n@registry.on_startup\ndef connect():\n    raise {raised}\n")
    with worker_host("-m", "handlers.py", *options, url=engine.url, folder=place.folder) as host:
        assert host.wait() == 9
        assert f"a start-up hook failed: {said}" in host.said()
        assert "in connect" in host.said()


def test_an_sdk_that_another_distribution_has_overwritten_is_refused_with_the_remedy(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "workflow_sdk", tmp_path / "workflow_sdk")
    theirs = b"class EngineClientError(Exception): ...\n"
    (tmp_path / "workflow_sdk" / "errors.py").write_bytes(theirs)
    digest = base64.urlsafe_b64encode(hashlib.sha256(theirs).digest()).rstrip(b"=").decode()
    information = tmp_path / "rochallor_sdk-1.1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: rochallor-sdk\nVersion: 1.1.0\n")
    (information / "RECORD").write_text(f"workflow_sdk/errors.py,sha256={digest},{len(theirs)}\n")
    environ = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    for command in (("work", "-m", "handlers.py"), ("instances", "list"), ("demo",)):
        result = rochallor_run(*command, env=environ)
        assert result.exit_status == 3, result.stderr
        assert "rochallor-sdk is installed too and has overwritten files" in result.stderr
        assert "errors.py" in result.stderr
        assert "hint:  pip uninstall -y rochallor-sdk" in result.stderr


def test_credentials_that_are_left_behind_are_said_once_by_a_host_and_by_none_that_leaves_none(
    place, engine
) -> None:
    place.write_handlers("registry.register('quick', lambda job: {})\n")
    of_another = {"ROCHALLOR_TOKEN": "hunter2-Zq9", "ROCHALLOR_CLIENT_CERT": "away.pem"}
    arguments = ("-m", "handlers.py", "--until-idle", "--idle-time", "0.1")
    for named, count in ((("--engine-url", engine.url), 1), ((), 0)):
        env = of_another if named else {"ROCHALLOR_TOKEN": "hunter2-Zq9"}
        with worker_host(*arguments, *named, url=engine.url, folder=place.folder, env=env) as host:
            assert host.wait() == 0, host.said()
            said = host.said()
        line = "WARNING not sent to this engine, whose URL is from --engine-url: ROCHALLOR_TOKEN, ROCHALLOR_CLIENT"
        assert said.count(line) == count, said
        assert "hunter2" not in said
