"""A Kafka broker with nothing installed: librdkafka's mock cluster in a child process.

It keeps nothing across restarts. See `mock_cluster` for its limits.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import IO, Self

STOP_TIMEOUT_S = 5.0

# What the mock cluster keeps of a partition; older records vanish silently beyond it.
PARTITION_CAP_BYTES = 5 * 1024 * 1024
PARTITION_CAP_BATCHES = 100_000


class EmbeddedBrokerError(Exception):
    """The embedded broker did not start, has gone, or refused a command."""


class EmbeddedBroker:
    """One broker on a free port of 127.0.0.1. Start it by entering; it ends on leaving. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._address = ""

    @property
    def address(self) -> str:
        """Where clients connect: host:port; empty before the start."""
        return self._address

    def start(self) -> None:
        """Start the process and wait until it serves."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rochallor_cli.dev_engine.kafka.broker_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # librdkafka prints there whatever happens to its connections.
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._address = self._read_line()

    def close(self) -> None:
        """End the process; it leaves at the end of its input, and is killed if it does not."""
        process, self._process = self._process, None
        if process is None:
            return
        stdin, stdout = _pipes(process)
        with contextlib.suppress(OSError):
            stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        stdout.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create_topic(self, name: str, *, partitions: int = 4) -> None:
        """Create a topic; one that is there stays as it is."""
        self._tell("create_topic", name, partitions)

    def set_down(self) -> None:
        """Be unreachable until `set_up`; records are kept."""
        self._tell("set_down")

    def set_up(self) -> None:
        """Be reachable again, at the same address."""
        self._tell("set_up")

    def set_round_trip(self, round_trip_ms: int) -> None:
        """Delay every answer."""
        self._tell("set_round_trip", round_trip_ms)

    def push_errors(self, api_key: int, errors: Sequence[int]) -> None:
        """Answer the next requests of this kind with these errors, one each (both are Kafka's numbers)."""
        self._tell("push_errors", api_key, list(errors))

    def clear_errors(self, api_key: int) -> None:
        """Forget the errors not answered yet."""
        self._tell("clear_errors", api_key)

    def _tell(self, *command: object) -> None:
        with self._lock:
            if self._process is None:
                raise EmbeddedBrokerError("the embedded broker is not running")
            stdin, _ = _pipes(self._process)
            try:
                stdin.write(json.dumps(command) + "\n")
                stdin.flush()
            except OSError as error:
                raise EmbeddedBrokerError("the embedded broker has ended") from error
            refused = json.loads(self._read_line()).get("error")
        if refused:
            raise EmbeddedBrokerError(refused)

    def _read_line(self) -> str:
        assert self._process is not None
        line = _pipes(self._process)[1].readline()
        if not line:
            raise EmbeddedBrokerError(f"the embedded broker has ended (status {self._process.wait()})")
        return line.strip()


def _pipes(process: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
