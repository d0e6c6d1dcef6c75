"""What workers.yaml says of leases reaches the engine."""

from __future__ import annotations

import json

from support.engines import running_engine
from support.small_server import small_server
from support.waiting import wait_until
from support.worker_host import Workplace, start_jobs, worker_host
from workflow_sdk.client.rest import RestEngineClient

HANDLER = """
@registry.handler("long")
def long(job):
    note(job)
"""
WORKERS = "workers: [{{id: w, modules: [handlers.py], {leases}}}]\n"


def write(place: Workplace, leases: str) -> None:
    place.write_handlers(HANDLER)
    (place.folder / "workers.yaml").write_text(WORKERS.format(leases=leases))


def test_every_poll_asks_for_the_lease_that_the_file_names(tmp_path) -> None:
    place = Workplace(tmp_path)
    write(place, "lease_seconds: 60")
    with small_server() as server:
        server.answers(200, b'{"jobs": []}')
        with worker_host("--config", "workers.yaml", url=server.url, folder=tmp_path):
            wait_until(lambda: len(server.seen) >= 2, "two polls")
        assert {json.loads(body)["leaseSeconds"] for *_, body in server.seen} == {60}


def test_a_worker_that_must_extend_leases_ends_on_an_engine_that_cannot(tmp_path) -> None:
    place = Workplace(tmp_path)
    write(place, "heartbeat: always")
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        start_jobs(client, "long", 1)
        with worker_host("--config", "workers.yaml", url=engine.url, folder=tmp_path) as host:
            assert host.wait() == 4, host.said()
            assert "error: this engine cannot extend leases" in host.said()
            assert "hint:  heartbeat: auto" in host.said()
