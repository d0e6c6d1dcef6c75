"""`work status`, `quiet` and `resume`: what a running host is doing, and claims that stop and start."""

from __future__ import annotations

import signal

import pytest

from support.command_line import rochallor
from support.waiting import wait_until
from support.worker_host import start_jobs, wait_until_completed, worker_host

BLOCKED = """
@registry.handler("blocked")
def blocked(job):
    note(job)
    wait_for_file("go")
"""


@pytest.mark.parametrize("options", [(), ("--processes", "2")], ids=["one process", "two"])
def test_status_names_the_jobs_in_flight_and_quiet_claims_no_more(place, engine, admin, options) -> None:
    place.write_handlers(BLOCKED)
    arguments = ("-m", "handlers.py", "--health-port", "0", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        port = host.health_port()
        (instance,) = start_jobs(admin, "blocked", 1)

        def shown() -> list[dict[str, str]]:
            rows = rochallor("work", "status", "--health-port", port, "-o", "json").json()
            return [row for row in rows if "job" in row]

        wait_until(lambda: [row["instance"] for row in shown()] == [instance], "the job is shown")
        assert [(row["jobType"], row["where"].split(":")[0]) for row in shown()] == [
            ("blocked", "handlers.py")
        ]
        assert rochallor("work", "quiet", "--health-port", port).exit_status == 0
        host.wait_for("quiet: no jobs are claimed")
        wait_until(
            lambda: rochallor("work", "health", "--health-port", port).exit_status == 5,
            "quiet is not ready",
        )
        (later,) = start_jobs(admin, "blocked", 1)
        place.let_go("go")
        wait_until_completed(admin, 1)
        assert admin.get_instance(later)["status"] == "ACTIVE"
        host.send(signal.SIGCONT)
        wait_until_completed(admin, 2)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()


def test_a_worker_whose_slots_are_all_blocked_is_not_ready(place, engine, admin) -> None:
    place.write_handlers(BLOCKED)
    arguments = ("-m", "handlers.py", "--health-port", "0", "--parallelism", "1", "--blocked-after", "200ms")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "blocked", 1)
        host.wait_for("can take no job: blocked: 1 of 1 slots taken")
        answer = rochallor("work", "health", "--health-port", host.health_port())
        assert (answer.exit_status, "by blocked" in answer.stdout) == (5, True)
        place.let_go("go")
        wait_until(
            lambda: rochallor("work", "health", "--health-port", host.health_port()).exit_status == 0,
            "ready again",
        )
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert host.said().count("can take no job") == 1
