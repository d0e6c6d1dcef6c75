"""Health pages, the metrics page of several processes, and the probe."""

import io
import os
import resource
import socket
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.health.exposition import (
    counted_only,
    families_of,
    merged,
    text_page,
)
from rochallor_cli.hosting.health.host_metrics import host_families
from rochallor_cli.hosting.health.probe import probe_from_arguments
from rochallor_cli.hosting.health.server import MOST_CONNECTIONS, HealthPage, HealthServer, json_page
from rochallor_cli.hosting.health.status import (
    HostedJob,
    TypeSummary,
    WorkerStatus,
    WorkerSummary,
    liveness,
    merged_types,
    readiness,
)
from support.waiting import wait_until
from workflow_sdk.metrics.metrics import Metrics

JOB = HostedJob("01JOB", "score", "01INST", 1.5, "handlers.py:3 in score")


def status(**changes: object) -> WorkerStatus:
    values = {
        "worker_id": "w",
        "pid": 1,
        "mode": "poll",
        "state": "running",
        "engine_reachable": True,
        **changes,
    }
    return WorkerStatus(**values)


def counted(jobs: int) -> list:
    metrics = Metrics(CollectorRegistry())
    metrics.jobs_completed.labels('odd"type\n', "success").inc(jobs)
    metrics.handler_latency.labels("score").observe(0.02)
    metrics.slots.set(64)
    return families_of(metrics.registry)


def samples(text: str) -> dict[tuple[str, tuple], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_page_of_two_processes_adds_them_up_and_prometheus_can_read_it() -> None:
    found = samples(text_page(merged([counted(3), counted(4)])))
    labels = (("job_type", 'odd"type\n'), ("outcome", "success"))
    assert found["workflow_sdk_jobs_completed_total", labels] == 7
    assert found["workflow_sdk_handler_latency_seconds_count", (("job_type", "score"),)] == 2
    assert found["workflow_sdk_slots", ()] == 128


def test_of_a_process_that_has_gone_counters_stay_and_gauges_go() -> None:
    found = samples(text_page(merged([counted(3), counted_only(counted(4))])))
    assert found["workflow_sdk_slots", ()] == 64
    assert found["workflow_sdk_handler_latency_seconds_count", (("job_type", "score"),)] == 2


def test_the_hosts_own_gauges_name_the_worker() -> None:
    families = host_families([status(slots=8, in_flight=(JOB,), resident_bytes=1000)], restarts=2)
    found = samples(text_page(families))
    labels = (("worker", "w"),)
    assert found["rochallor_worker_jobs_in_flight", labels] == 1
    assert found["rochallor_worker_ready", labels] == 1
    assert found["rochallor_worker_resident_memory_bytes", labels] == 1000
    assert found["rochallor_host_restarts_total", ()] == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "starting", "engine_reachable": None}, "starting"),
        ({"engine_reachable": None}, "starting"),
        (
            {"engine_reachable": False, "reason": "engine unreachable: connection refused"},
            "engine unreachable: con",
        ),
        ({"state": "draining"}, "draining"),
        ({"state": "stopped"}, "stopped"),
        ({"last_tick_age_s": 12.0}, "stuck: no sign of life for 12 s"),
        ({"reason": "consumer stalled"}, "consumer stalled"),
    ],
)
def test_a_worker_that_is_not_ready_says_why(changes, reason) -> None:
    is_ready, body = readiness([status(worker_id="other"), status(**changes)])
    assert not is_ready
    assert body["status"].startswith(reason)
    assert body["workers"]["other"] == "ready"


def test_a_host_is_ready_when_every_worker_is() -> None:
    assert readiness([status(), status(worker_id="v")])[0]
    assert not readiness([])[0]


def test_a_loop_that_does_not_tick_is_not_live() -> None:
    assert liveness([status(engine_reachable=False)])[0]
    is_live, body = liveness([status(), status(worker_id="v", last_tick_age_s=11)])
    assert (is_live, body["no_sign_of_life_for_s"]) == (False, {"v": 11})


def test_summaries_of_several_processes_become_one_row_a_type() -> None:
    first = WorkerSummary("w-1", (TypeSummary("score", 30, 0, 1, 0.1, 0.3),))
    second = WorkerSummary("w-2", (TypeSummary("score", 10, 0, 1, 0.2, 0.2), TypeSummary("mail", 0, 1, 0)))
    assert merged_types([first, second]) == [
        TypeSummary("score", 40, 0, 2, pytest.approx(0.125), 0.3),
        TypeSummary("mail", 0, 1, 0),
    ]


@pytest.fixture
def served():
    pages = {
        "/readyz": lambda: json_page(False, {"status": "draining"}),
        "/livez": lambda: json_page(True, {"status": "live"}),
        "/metrics": lambda: HealthPage(200, "text/plain", "a 1\n"),
    }
    with HealthServer("127.0.0.1", 0, pages=pages) as server:
        yield server


def probed(*arguments: str) -> tuple[int | None, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        answer = probe_from_arguments(arguments, {})
    return answer, out.getvalue(), err.getvalue()


def test_the_probe_tells_ready_from_live(served) -> None:
    port = served.url.rpartition(":")[2]
    assert probed("--health-port", port) == (5, '{"status": "draining"}\n', "")
    assert probed(f"--health-port={port}", "--live") == (0, '{"status": "live"}\n', "")


def test_a_probe_without_a_host_to_ask_fails(served) -> None:
    answer, _, said = probed("--health-port", "1")
    assert (answer, "no answer from http://127.0.0.1:1/readyz: connection refused\n" in said) == (5, True)
    assert probed()[0] == 2


def test_what_only_the_full_command_line_knows_is_left_to_it() -> None:
    assert probed("--help")[0] is None


def test_a_port_in_use_is_said(served) -> None:
    port = int(served.url.rpartition(":")[2])
    with pytest.raises(UsageError, match="the health endpoint cannot listen"):
        HealthServer("127.0.0.1", port, pages={})


def test_a_probe_is_answered_where_handlers_have_taken_all_descriptors(served) -> None:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    address = served.url.removeprefix("http://").split(":")
    with ExitStack() as stack:
        client = stack.enter_context(socket.socket())
        client.settimeout(60)
        highest = max(int(name) for name in os.listdir("/proc/self/fd") if int(name) < limits[0])
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 2, limits[1]))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
        with suppress(OSError):
            while True:
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        client.connect((address[0], int(address[1])))
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n")
        assert client.recv(4_096).startswith(b"HTTP/1.1 200")
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == highest + 2


def test_connections_that_say_nothing_give_way_to_a_probe(served) -> None:
    port = int(served.url.rpartition(":")[2])
    before = len(os.listdir("/proc/self/fd"))
    with ExitStack() as stack:
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(3 * MOST_CONNECTIONS)
        ]
        # Each holds one descriptor here; of the server's ends no more than may be are open.
        wait_until(
            lambda: len(os.listdir("/proc/self/fd")) - before - len(silent) <= MOST_CONNECTIONS,
            "the surplus has been let go",
        )
        assert probed("--health-port", str(port), "--live")[0] == 0
        assert silent[0].recv(1) == b""
