"""The pipe between supervisor and children."""

import threading

import pytest

from rochallor_cli.hosting.processes.child_main import _first_messages
from rochallor_cli.hosting.processes.control_pipe import ControlPipe, PipeClosedError


@pytest.fixture
def ends():
    supervisor, inherited = ControlPipe.pair()
    child = ControlPipe(inherited)
    yield supervisor, child
    supervisor.close()
    child.close()


def test_messages_arrive_whole_and_in_order(ends) -> None:
    supervisor, child = ends
    sent = [
        {"do": "start", "worker": {"modules": ["h.py"], "text": "ümläut\nline"}},
        {"do": "drain", "timeout_s": 1.5},
    ]
    for message in sent:
        supervisor.send(message)
    assert child.receive(1) == sent


def test_a_message_cut_in_two_is_put_together(ends) -> None:
    supervisor, child = ends
    supervisor._socket.sendall(b'{"do": ')
    assert child.receive(1) == []
    supervisor._socket.sendall(b'"drain"}\n{"do"')
    assert child.receive(1) == [{"do": "drain"}]


def test_nothing_to_read_is_an_empty_list_after_the_time_out(ends) -> None:
    _, child = ends
    assert child.receive(0.01) == []


def test_the_end_of_the_other_side_is_said(ends) -> None:
    supervisor, child = ends
    supervisor.close()
    with pytest.raises(PipeClosedError):
        child.receive(1)
    with pytest.raises(PipeClosedError):
        child.send({"is": "ready"})


def test_messages_sent_by_several_threads_are_not_mixed(ends) -> None:
    supervisor, child = ends
    text = "x" * 5000

    def send(number: int) -> None:
        for _ in range(50):
            child.send({"is": "status", "number": number, "text": text})

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    received = []
    while len(received) < 200:
        received += supervisor.receive(5)
    for thread in threads:
        thread.join()
    assert sorted(message["number"] for message in received) == sorted([0, 1, 2, 3] * 50)


def test_a_child_that_stopped_reading_does_not_hold_the_supervisor_for_ever(ends) -> None:
    supervisor, _ = ends
    supervisor._socket.settimeout(0.05)
    with pytest.raises(PipeClosedError):
        fill(supervisor)


def fill(pipe: ControlPipe) -> None:
    for _ in range(10_000):
        pipe.send({"do": "stacks", "text": "x" * 10_000})


def test_orders_that_come_right_behind_the_start_are_kept(ends) -> None:
    supervisor, child = ends
    supervisor.send({"do": "start"})
    supervisor.send({"do": "drain"})
    assert _first_messages(child) == [{"do": "start"}, {"do": "drain"}]
