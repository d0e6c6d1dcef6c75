"""What systemd is told, read from a real datagram socket."""

import os
import socket

import pytest

from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting import host
from rochallor_cli.hosting.health.systemd import SystemdNotifier
from support.command_line import rochallor

HANDLERS = """
from workflow_sdk.handler.registry import HandlerRegistry
registry = HandlerRegistry()

@registry.handler("quick")
def quick(job):
    return {}
"""


@pytest.fixture
def systemd(tmp_path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(60)
        yield listener, address


def said(listener: socket.socket) -> list[str]:
    listener.setblocking(False)
    texts = []
    while True:
        try:
            texts.append(listener.recv(4096).decode())
        except BlockingIOError:
            return texts


def test_each_state_is_said_once(systemd) -> None:
    listener, address = systemd
    notifier = SystemdNotifier({"NOTIFY_SOCKET": address})
    notifier.ready("serving 2 job types")
    notifier.ready("serving 2 job types")
    notifier.stopping("7 jobs in flight")
    notifier.stopping("7 jobs in flight")
    assert said(listener) == ["READY=1\nSTATUS=serving 2 job types", "STOPPING=1\nSTATUS=7 jobs in flight"]


def test_a_status_has_one_line_and_a_new_one_takes_its_place(systemd) -> None:
    listener, address = systemd
    notifier = SystemdNotifier({"NOTIFY_SOCKET": address})
    notifier.ready("not ready: engine\nMAINPID=1")
    notifier.ready("serving")
    assert said(listener) == ["READY=1\nSTATUS=not ready: engine MAINPID=1", "READY=1\nSTATUS=serving"]


def test_an_engine_that_is_away_holds_up_the_start_for_a_while_only(systemd, tmp_path, monkeypatch) -> None:
    listener, address = systemd
    (tmp_path / "handlers.py").write_text(HANDLERS)
    monkeypatch.setattr(host, "START_WAITS_S", 0.1)
    arguments = ("work", "-m", str(tmp_path / "handlers.py"), "--until-idle", "--give-up-after", "0.5")
    ended = rochallor(*arguments, url="http://127.0.0.1:1", env={"NOTIFY_SOCKET": address})
    assert ended.exit_status == ExitStatus.UNREACHABLE
    [ready, *_, stopping] = said(listener)
    assert ready.startswith("READY=1\nSTATUS=not ready: ")
    assert stopping.startswith("STOPPING=1")


def test_the_watchdog_is_fed_at_most_three_times_an_interval(systemd) -> None:
    listener, address = systemd
    notifier = SystemdNotifier(
        {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}
    )
    for _ in range(10):
        notifier.live()
    assert said(listener) == ["WATCHDOG=1"]


def test_a_watchdog_meant_for_another_process_is_not_fed(systemd) -> None:
    listener, address = systemd
    notifier = SystemdNotifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"})
    notifier.live()
    assert said(listener) == []


def test_an_abstract_socket_is_reached() -> None:
    name = f"rochallor-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        SystemdNotifier({"NOTIFY_SOCKET": "@" + name}).ready("serving")
        assert said(listener) == ["READY=1\nSTATUS=serving"]


@pytest.mark.parametrize(
    ("named", "tried"), [(None, 0), ("/nowhere/at/all", 3), ("vsock:2:3", 0), ("relative/notify", 0)]
)
def test_without_a_systemd_that_can_be_reached_nothing_fails(named, tried, monkeypatch) -> None:
    sent = []

    class Recorded(socket.socket):
        def sendto(self, data, address) -> int:
            sent.append((data.decode().splitlines()[0], address))
            return super().sendto(data, address)

    monkeypatch.setattr(socket, "socket", Recorded)
    environ = {} if named is None else {"NOTIFY_SOCKET": named}
    notifier = SystemdNotifier({**environ, "WATCHDOG_USEC": "60000000"})
    notifier.ready("serving")
    notifier.live()
    notifier.stopping("done")
    assert sent == [("READY=1", named), ("WATCHDOG=1", named), ("STOPPING=1", named)][:tried]
