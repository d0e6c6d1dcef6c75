"""Two hosts restarted one after the other while jobs come, as docs/deploy/README.md says: nothing runs twice."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.waiting import wait_until
from support.worker_host import WorkerHost, Workplace, one_step, wait_until_completed, worker_host
from workflow_sdk.client.rest import RestEngineClient

HANDLERS = """
@registry.handler("quick")
def quick(job):
    note(job)
    time.sleep(0.02)
    return {"done": True}
"""
JOBS_AT_LEAST = 60


@pytest.mark.slow
def test_a_rolling_restart_under_load_runs_no_job_twice_and_loses_none(
    engine: DevEngine, admin: RestEngineClient, tmp_path: Path
) -> None:
    places = [Workplace(tmp_path / name) for name in ("a", "b")]
    started: list[str] = []
    is_over = threading.Event()

    def load() -> None:
        with RestEngineClient(engine.url) as client:
            while not is_over.wait(0.01):
                started.append(client.start_instance("flow")["id"])

    with ExitStack() as hosts:

        def host_at(place: Workplace) -> WorkerHost:
            host = hosts.enter_context(worker_host("-m", "handlers.py", url=engine.url, folder=place.folder))
            host.wait_for("ready")
            return host

        for place in places:
            place.folder.mkdir()
            place.write_handlers(HANDLERS)
        admin.upload_definition(one_step("flow", "quick"))
        running = [host_at(place) for place in places]
        loading = threading.Thread(target=load)
        loading.start()
        for place, host in zip(places, running, strict=True):
            before = len(started)
            wait_until(lambda before=before: len(started) > before + JOBS_AT_LEAST, "jobs come")
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
            host_at(place)
        is_over.set()
        loading.join()
        wait_until_completed(admin, len(started))
    ran = [job_id for place in places for job_id in place.notes()]
    assert len(ran) == len(set(ran)) == len(started) > 2 * JOBS_AT_LEAST
    assert [place.ran_twice() for place in places] == [{}, {}]
