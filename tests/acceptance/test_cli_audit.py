"""`instances audit` over a mixed heap, and `instances restart` of what has ended."""

from __future__ import annotations

from random import Random

import pytest

from rochallor_cli.dev_engine import ENGINE_VERSIONS
from support.command_line import rochallor
from support.engines import running_engine
from support.random_workflows import random_document
from support.scripted_server import Answer, stand_in
from support.workflows import decision, do_jobs, service, uploaded, user_task
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import EngineClientError


def requests_of(stderr: str) -> set[str]:
    return {line.split()[0] for line in stderr.splitlines() if "/v1/" in line}


def test_a_mixed_heap_is_grouped_by_cause_the_worst_first() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("import", job_type="import-data"), id_="imports")
        uploaded(client, user_task("approve"), id_="loans")
        uploaded(client, decision("d", {"n > 1": "only", "n <= 1": "end"}), service("only", None), id_="dead")
        ids = {
            name: [client.start_instance(name, {"n": 2})["id"] for _ in range(3)]
            for name in ("imports", "loans")
        }
        dead = [client.start_instance("dead", {"n": 2})["id"] for _ in range(2)]
        do_jobs(client, "only")
        result = rochallor("instances", "audit", "-o", "json", "-v", url=engine.url)
        rows = result.json()
        assert result.exit_status == 7
        assert [(row["verdict"], row["step"], row["count"], row["code"]) for row in rows] == [
            ("stuck", "only", 2, "W304"),
            ("moves", "import", 3, None),
            ("waits", "approve", 3, None),
        ]
        assert rows[0]["example"] == dead[0]
        assert rows[1]["jobType"] == "import-data"
        assert rows[2]["example"] == ids["loans"][0], "the oldest is the example"
        assert requests_of(result.stderr) == {"GET"}
        table = rochallor("instances", "audit", "--definition", "loans", url=engine.url, terminal=True)
        assert (table.exit_status, "\\x1b" in table.stdout) == (0, False)
        assert "wait for a person at approve" in table.stdout
        limited = rochallor("instances", "audit", "--limit", "2", "-o", "json", url=engine.url)
        assert sum(row["count"] for row in limited.json()) == 2


@pytest.mark.parametrize("shown", [(), ("-v",)], ids=["quiet", "shown"])
def test_each_instance_costs_one_request_besides_the_pages(shown: tuple[str, ...]) -> None:
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        uploaded(client, user_task("approve"), id_="loans")
        ids = {client.start_instance("loans")["id"] for _ in range(60)}

        def through(method: str, path: str, body: bytes) -> Answer:
            answer = client.request(method, path)
            return answer.status_code, answer.body

        with stand_in(through) as there:
            result = rochallor("instances", "audit", "-o", "json", *shown, url=there.url)
    assert [row["count"] for row in result.json()] == [60]
    histories = [path for _, path, _ in there.seen if path.endswith("/history")]
    assert sorted(histories) == sorted(f"/v1/instances/{each}/history" for each in ids)
    assert len(there.seen) - len(histories) < 10
    assert {method for method, _, _ in there.seen} == {"GET"}
    assert len(there.agents) == 1
    assert not any("worker" in agent for agent in there.agents)


@pytest.mark.parametrize("version", ENGINE_VERSIONS)
def test_healthy_instances_give_no_alarm(version: str) -> None:
    with running_engine(engine_version=version) as engine, RestEngineClient(engine.url) as client:
        for seed in range(12):
            random = Random(f"healthy {seed}")
            document = {**random_document(random, is_faulty=False), "id": f"healthy-{seed}"}
            if any(step["type"] == "PARALLEL_GATEWAY" for step in document["steps"]):
                continue
            client.upload_definition(document)
            for n in range(8):
                client.start_instance(document["id"], {"n": n % 4})
        result = rochallor("instances", "audit", "-o", "json", url=engine.url)
        assert result.exit_status == 0, result.stdout
        assert all(row["verdict"] != "stuck" and row["code"] is None for row in result.json())


def test_an_ended_instance_begins_again_with_key_and_variables() -> None:
    with running_engine(engine_version="next") as engine, RestEngineClient(engine.url) as client:
        uploaded(client, service("first", "second"), service("second"), id_="again")
        failed = client.start_instance("again", {"a": 1}, business_key="K-1")["id"]
        do_jobs(client, "first")
        live = rochallor("instances", "restart", failed, url=engine.url)
        assert (live.exit_status, "only ended instances begin again" in live.stderr) == (7, True)
        do_jobs(client, "second", fail="broken")
        rehearsed = rochallor("instances", "restart", failed, "--dry-run", url=engine.url)
        assert (rehearsed.exit_status, client.list_instances()["total"]) == (0, 1)
        assert f"{failed}: repeats first" in rehearsed.stderr
        result = rochallor("instances", "restart", failed, "-o", "json", url=engine.url)
        [row] = result.json()
        assert (result.exit_status, row["id"], row["result"]) == (0, failed, "restarted")
        assert "repeats first" in result.stderr
        new = client.get_instance(row["startedId"])
        assert (new["businessKey"], new["variables"], new["currentStepIds"]) == ("K-1", {"a": 1}, ["first"])
        with pytest.raises(EngineClientError):
            client.get_instance("01JD8Q3VZ6M0T2H8X4K7N5RWZK")
