"""The pipe between supervisor and children, and the messages on it."""

import threading

import pytest
from prometheus_client import CollectorRegistry

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.hosting.config.host_config import (
    HandlerLimits,
    HealthConfig,
    KafkaAccess,
    LogConfig,
    WorkerConfig,
)
from rochallor_cli.hosting.console import HandlerRow
from rochallor_cli.hosting.health.exposition import families_of, text_page
from rochallor_cli.hosting.health.status import HostedJob, TypeSummary, WorkerStatus, WorkerSummary
from rochallor_cli.hosting.processes.child_main import _first_messages
from rochallor_cli.hosting.processes.control_pipe import (
    Abandon,
    AskMetrics,
    ChildFailed,
    ControlPipe,
    Drain,
    Finished,
    Loaded,
    MetricsAnswer,
    PipeClosedError,
    ShowStacks,
    Start,
    Status,
)
from workflow_sdk.metrics.metrics import Metrics

JOB = HostedJob("01JOB", "score", "01INST", 1.5, "handlers.py:3 in score")
WORKER = WorkerConfig(
    worker_id="w",
    modules=("h.py", "ümläut\nline"),
    job_types=("x",),
    limits={"x": HandlerLimits(timeout_s=3.0), "y": HandlerLimits(retry_delay="backoff")},
)
START = Start(
    WORKER,
    EngineAccess("http://engine:1", headers={"X-Tenant": "acme"}, token="t"),
    KafkaAccess("b:9092", config={"client.id": "w"}),
    LogConfig("json"),
    HealthConfig(port=1),
)


def page() -> list:
    metrics = Metrics(CollectorRegistry())
    metrics.jobs_completed.labels('odd"type\n', "success").inc(3)
    metrics.handler_latency.labels("score").observe(0.02)
    return families_of(metrics.registry)


MESSAGES = [
    START,
    Drain(),
    Abandon(),
    AskMetrics(7),
    ShowStacks(),
    Loaded((HandlerRow("score", "handlers.py:3 score", "sync", 4),), ("/h.py",)),
    ChildFailed("it broke", None, ("line 1", "line 2"), 3),
    Status(WorkerStatus("w", 1, "poll", "running", engine_reachable=True, in_flight=(JOB,))),
    MetricsAnswer(7, page()),
    Finished((WorkerSummary("w", (TypeSummary("score", 1, 2, 3, 0.1, 0.2),), (JOB,), 1.0),), page()),
]


@pytest.fixture
def ends():
    supervisor, inherited = ControlPipe.pair()
    child = ControlPipe(inherited)
    yield supervisor, child
    supervisor.close()
    child.close()


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_every_message_passes_the_pipe_unchanged(ends, message) -> None:
    supervisor, child = ends
    supervisor.send(message)
    assert child.receive(1) == [message]


def test_messages_arrive_in_their_order(ends) -> None:
    supervisor, child = ends
    for message in MESSAGES:
        supervisor.send(message)
    received = []
    while len(received) < len(MESSAGES):
        received += child.receive(1)
    assert received == MESSAGES


def test_metrics_are_the_same_page_behind_the_pipe(ends) -> None:
    supervisor, child = ends
    child.send(MetricsAnswer(1, page()))
    (message,) = supervisor.receive(1)
    assert text_page(message.families) == text_page(page())


def test_a_message_cut_in_two_is_put_together(ends) -> None:
    supervisor, child = ends
    supervisor._socket.sendall(b'{"Drain": ')
    assert child.receive(1) == []
    supervisor._socket.sendall(b'{}}\n{"Dra')
    assert child.receive(1) == [Drain()]


def test_a_newer_peer_is_understood_as_far_as_it_goes(ends) -> None:
    supervisor, child = ends
    supervisor._socket.sendall(b'{"Later": {}}\n{"AskMetrics": {"number": 2, "since": 5}}\n')
    assert child.receive(1) == [AskMetrics(2)]


@pytest.mark.parametrize("noise", [b"hello\n", b"\xff\xfe\n", b"[1]\n", b"{}\n", b'{"AskMetrics": 3}\n'])
def test_what_is_no_message_does_no_harm(ends, noise) -> None:
    supervisor, child = ends
    child._socket.sendall(noise)
    child.send(Drain())
    assert supervisor.receive(1) == [Drain()]


def test_nothing_to_read_is_an_empty_list_after_the_time_out(ends) -> None:
    _, child = ends
    assert child.receive(0.01) == []


def test_the_end_of_the_other_side_is_said(ends) -> None:
    supervisor, child = ends
    supervisor.close()
    with pytest.raises(PipeClosedError):
        child.receive(1)
    with pytest.raises(PipeClosedError):
        child.send(Drain())


def test_messages_sent_by_several_threads_are_not_mixed(ends) -> None:
    supervisor, child = ends
    text = "x" * 5000

    def send(number: int) -> None:
        for _ in range(50):
            child.send(ChildFailed(text, None, (), number))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    received = []
    while len(received) < 200:
        received += supervisor.receive(5)
    for thread in threads:
        thread.join()
    assert sorted(message.exit_status for message in received) == sorted([0, 1, 2, 3] * 50)


def test_a_child_that_stopped_reading_does_not_hold_the_supervisor_for_ever(ends) -> None:
    supervisor, _ = ends
    supervisor._socket.settimeout(0.05)
    with pytest.raises(PipeClosedError):
        fill(supervisor)


def fill(pipe: ControlPipe) -> None:
    for _ in range(10_000):
        pipe.send(ChildFailed("x" * 10_000, None, (), 0))


def test_orders_that_come_right_behind_the_start_are_kept(ends) -> None:
    supervisor, child = ends
    supervisor.send(START)
    supervisor.send(Drain())
    assert _first_messages(child) == [START, Drain()]
