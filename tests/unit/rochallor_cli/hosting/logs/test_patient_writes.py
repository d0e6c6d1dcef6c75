"""Lines for a reader that is there and reads nothing."""

from __future__ import annotations

import logging
import os
import pty
import select
import socket
import subprocess
import sys
import tty
from collections.abc import Iterator

import pytest

from rochallor_cli.hosting.logs import patient_writes
from rochallor_cli.hosting.logs.log_lines import configure_logging
from rochallor_cli.hosting.logs.printed_output import LossyOutput

# More than any of them holds.
MANY = 3_000


def new_pair(kind: str) -> tuple[int, int]:
    """A reading and a writing end."""
    if kind == "socket":
        one, other = socket.socketpair()
        return one.detach(), other.detach()
    if kind == "terminal":
        reading, writing = pty.openpty()
        tty.setraw(writing)
        return reading, writing
    return os.pipe()


@pytest.fixture(params=["pipe", "pipe that cannot be opened again", "socket", "terminal"])
def ends(request, monkeypatch) -> Iterator[tuple[int, int]]:
    monkeypatch.setattr(patient_writes, "PATIENCE_S", 0.02)
    if "cannot" in request.param:
        monkeypatch.setattr(patient_writes, "_opened_again", lambda descriptor, mode: None)
    both = new_pair(request.param)
    yield both
    for end in both:
        os.close(end)


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    logger = logging.getLogger()
    before = list(logger.handlers), logger.level
    yield logger
    logger.handlers[:], level = before
    logger.setLevel(level)


def all_read(end: int) -> bytes:
    read = b""
    while select.select([end], [], [], 0.0)[0]:
        read += os.read(end, 65_536)
    return read


def test_lines_that_nobody_reads_are_dropped_counted_and_said_later(root, ends) -> None:
    reading, writing = ends
    with os.fdopen(writing, "w", closefd=False) as stream:
        configure_logging(stream, "text", level="info", with_time=False, current_job=lambda: None)
        for number in range(MANY):
            logging.getLogger("app").info("line %d of %s", number, "x" * 150)
        assert os.get_blocking(writing), "others write there, too"
        before = all_read(reading).decode()
        logging.getLogger("app").info("back")
        after = all_read(reading).decode()
    whole = [line for line in before.splitlines(keepends=True) if line.endswith("x\n")]
    assert 0 < len(whole) < MANY
    assert whole == [f"line {number} of {'x' * 150}\n" for number in range(len(whole))]
    assert after.removeprefix("\n") == f"WARNING {MANY - len(whole)} log lines could not be written\nback\n"


def test_who_prints_where_nobody_reads_goes_on(ends) -> None:
    reading, writing = ends
    raw = LossyOutput(writing)
    for _ in range(MANY):
        assert raw.write(b"y" * 199 + b"\n") == 200
    assert 0 < raw.lost < MANY
    all_read(reading)
    lost = raw.lost
    raw.write(b"back\n")
    assert (raw.lost, all_read(reading).splitlines()[-1]) == (lost, b"back")


def test_a_slow_reader_that_reads_gets_all(monkeypatch) -> None:
    monkeypatch.setattr(patient_writes, "PATIENCE_S", 60.0)
    program = "import sys\nfor line in sys.stdin: pass\nprint(line, end='')"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        raw = LossyOutput(reader.stdin.fileno())
        for number in range(MANY):
            raw.write(f"{number} {'z' * 300}\n".encode())
        reader.stdin.close()
        assert raw._output._opened is not None
        os.close(raw._output._opened)
        assert (raw.lost, reader.stdout.read().split()[0]) == (0, str(MANY - 1))
