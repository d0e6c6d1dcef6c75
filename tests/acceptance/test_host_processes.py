"""A real host with several processes: who is restarted, what is replaced, and that no job is lost by it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import (
    count_of,
    start_jobs,
    wait_until_completed,
    worker_host,
)

STEADY = """
@registry.handler("steady")
def steady(job):
    note(job)
    time.sleep(0.05)
    return {"version": "VERSION"}
"""


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    # Short leases, that the jobs of a process that was killed come again soon; long ones for a busy machine.
    with running_engine(lease_s=8.0, sweep_s=0.5) as running:
        yield running


@pytest.mark.slow
def test_only_the_process_that_died_is_started_again(place, engine, admin) -> None:
    place.write_handlers(STEADY)
    arguments = ("-m", "handlers.py", "--processes", "2", "--parallelism", "4")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "steady", 100)
        wait_until(lambda: len(place.notes()) >= 20 and len(place.pids()) == 2, "both processes work")
        first, second = host.children()
        os.kill(first, signal.SIGKILL)
        host.wait_for("ended (killed by SIGKILL)")
        host.wait_for("starting again in 0.5 s")
        wait_until_completed(admin, 100)
        wait_until(lambda: len(host.children()) == 2, "there are two processes again")
        assert second in host.children()
        assert first not in host.children()
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    # Only what the killed process had in hand may have run twice.
    assert len(place.ran_twice()) <= 4


@pytest.mark.slow
def test_a_process_that_dies_again_and_again_ends_the_host_with_12(place, engine) -> None:
    (place.folder / "handlers.py").write_text("import os\nos._exit(7)\n")
    with worker_host("-m", "handlers.py", "--processes", "2", url=engine.url, folder=place.folder) as host:
        assert host.wait(180) == 12, host.said()
        assert "ended 5 times in a row (exit status 7)" in host.said()
        assert "starting again in 0.5 s" in host.said()
        assert "starting again in 4 s" in host.said()
        assert "Traceback" not in host.said()


@pytest.mark.slow
def test_changed_handlers_take_over_without_losing_or_repeating_a_job(place, engine, admin) -> None:
    place.write_handlers(STEADY.replace("VERSION", "one"))
    with worker_host(
        "-m", "handlers.py", "--reload", "--parallelism", "4", url=engine.url, folder=place.folder
    ) as host:
        host.wait_for("ready")
        start_jobs(admin, "steady", 20)
        wait_until(lambda: len(place.notes()) >= 5, "some jobs have run")
        place.write_handlers(STEADY.replace("VERSION", "changed"))
        host.wait_for("handlers.py changed: starting anew")
        host.wait_for("takes over")
        more = start_jobs(admin, "steady", 20)
        wait_until_completed(admin, 40)
        wait_until(lambda: len(host.children()) == 1, "the old process has left")
        place.write_handlers("raise RuntimeError('half saved')\n")
        host.wait_for("the old one goes on")
        host.wait_for("RuntimeError: half saved")
        last = start_jobs(admin, "steady", 10)
        wait_until_completed(admin, 50)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert place.ran_twice() == {}
    versions = {admin.get_instance(instance)["variables"]["version"] for instance in [more[-1], *last]}
    assert versions == {"changed"}


@pytest.mark.slow
def test_a_process_is_replaced_after_its_jobs_and_none_is_lost(place, engine, admin) -> None:
    place.write_handlers(STEADY)
    arguments = ("-m", "handlers.py", "--max-jobs-per-process", "40", "--parallelism", "2")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "steady", 150)
        wait_until_completed(admin, 150)
        host.wait_for("has had its 40 jobs")
        host.wait_for("takes over")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert (len(place.notes()), place.ran_twice()) == (150, {})
    assert len(place.pids()) >= 2


def test_several_workers_of_a_file_serve_their_own_job_types(place, engine, admin) -> None:
    place.write_handlers(STEADY + STEADY.replace("steady", "other"))
    Path(place.folder, "workers.yaml").write_text(
        """
workers:
  - {id: first, modules: [handlers.py], job_types: [steady], parallelism: 4}
  - {id: second, modules: [handlers.py], job_types: [other], handlers: {other: {parallelism: 1}}}
"""
    )
    with worker_host("--config", "workers.yaml", url=engine.url, folder=place.folder) as host:
        host.wait_for("worker first")
        host.wait_for("worker second")
        host.wait_for("ready")
        start_jobs(admin, "steady", 20)
        start_jobs(admin, "other", 5)
        wait_until_completed(admin, 25)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        assert "first: drained in" in host.said()
        assert "second: drained in" in host.said()
    assert (len(place.notes()), place.ran_twice()) == (25, {})
    assert len(place.pids()) == 1


def test_a_file_named_like_a_library_does_not_stop_the_processes(place, engine, admin) -> None:
    place.write_handlers(STEADY)
    (place.folder / "queue.py").write_text("raise RuntimeError('not the library')\n")
    program = ("-c", "import sys; sys.path.pop(0); from rochallor_cli.__main__ import main; sys.exit(main())")
    arguments = ("-m", "handlers.py", "--processes", "2", "--worker-id", "web")
    with worker_host(*arguments, url=engine.url, folder=place.folder, program=program) as host:
        host.wait_for("serves steady")
        # The handlers' own folder comes first for them, as in any program: their imports would find that file.
        start_jobs(admin, "steady", 5)
        wait_until_completed(admin, 5)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()


def test_limits_by_job_type_in_the_file_go_before_those_at_the_handler(place, engine, admin) -> None:
    place.write_handlers(
        """
@registry.handler("one-by-one", parallelism=10)
def one_by_one(job):
    note(job, "entered")
    time.sleep(0.02)
    note(job, "left")

@registry.handler("slow", timeout=60)
async def slow(job):
    note(job)
    await asyncio.sleep(60)
"""
    )
    Path(place.folder, "workers.yaml").write_text(
        "workers: [{id: w, modules: [handlers.py],"
        " handlers: {one-by-one: {parallelism: 1}, slow: {timeout: 200ms, retry_delay: 300ms}}}]\n"
    )
    with worker_host("--config", "workers.yaml", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "one-by-one", 20)
        (slow,) = start_jobs(admin, "slow", 1)
        wait_until_completed(admin, 20)
        wait_until(lambda: admin.get_instance(slow)["status"] == "FAILED", "the slow job has failed")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    kinds = [line.split()[0] for line in (place.folder / "noted").read_text().splitlines()]
    assert "entered entered" not in " ".join(kind for kind in kinds if kind != "ran")


@pytest.mark.slow
def test_until_idle_leaves_when_the_work_is_done(place, engine, admin) -> None:
    place.write_handlers(STEADY)
    start_jobs(admin, "steady", 30)
    for arguments in (("--processes", "1"), ("--processes", "2")):
        options = ("-m", "handlers.py", "--until-idle", "--idle-time", "3", *arguments)
        with worker_host(*options, url=engine.url, folder=place.folder) as host:
            assert host.wait() == 0, host.said()
            assert "nothing has come for 3 s: leaving" in host.said()
    assert count_of(admin, "COMPLETED") == 30
    assert place.ran_twice() == {}


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        (("--processes", "1"), "engine unreachable: connection refused"),
        (("--processes", "2"), "engine unreachable: connection refused"),
        (("--mode", "auto"), "the engine does not tell its dispatch mode"),
    ],
)
def test_until_idle_gives_up_on_an_engine_that_does_not_come(place, more, reason) -> None:
    place.write_handlers(STEADY)
    options = ("-m", "handlers.py", "--until-idle", "--give-up-after", "0.7", *more)
    with worker_host(*options, url="http://127.0.0.1:1", folder=place.folder) as host:
        assert host.wait() == 5, host.said()
        assert f"error: gave up after 700 ms: {reason}" in host.said()
        assert "http://127.0.0.1:1" in host.said().split("error: ")[1]


def test_a_signal_while_the_processes_start_ends_them_too(place, engine) -> None:
    place.write_handlers(
        "(__import__('pathlib').Path(FOLDER) / 'importing').touch()\ntime.sleep(0.5)\n" + STEADY
    )
    with worker_host("-m", "handlers.py", "--processes", "2", url=engine.url, folder=place.folder) as host:
        wait_until((place.folder / "importing").exists, "the import has begun")
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
