"""A real Apache Kafka in KRaft mode, for the tests of the promise.

Its jars come from Maven into a cache folder, once. Without Java or Maven the tests that need it are skipped
with that reason; where `CI` is set they fail instead.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.kafka_jars import KAFKA_VERSION, fetch_jars
from support.session_values import made_once
from support.waiting import wait_until

CACHE = Path.home() / ".cache" / "rochallor-tests" / f"kafka-{KAFKA_VERSION}"
START_TIMEOUT_S, STOP_TIMEOUT_S = 180.0, 60.0
HEAP = "256m"
# What Kafka's tool leaves on a disk for a cluster with nothing to begin with; the tool itself is another Java process.
FORMATTED = "version=1\nnode.id=1\ncluster.id=Um9jaGFsbG9yLXRlc3RzIQ\n"


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago; held together, so that they differ."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


@dataclass(frozen=True)
class Security:
    """What a broker has besides its plain listener: listeners by name with their protocol, further settings
    (a listener's are `listener.name.<name in lower case>.<key>`), and arguments for the tool that formats its disk.
    """

    listeners: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    format_arguments: Sequence[str] = ()


class ApacheKafka:
    """One broker and controller in one process, its data in `folder`; it can be killed and started again.

    The same folder is the same broker, also in another process.
    """

    def __init__(self, folder: Path, security: Security | None = None) -> None:
        self._folder = folder
        self._security = security or Security()
        self._jars = fetch_jars(CACHE)
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"
        made_once(folder, self._prepare)
        self._ports: dict[str, int] = json.loads((folder / "ports.json").read_text())

    @property
    def address(self) -> str:
        return self.address_of("PLAINTEXT")

    def address_of(self, listener: str) -> str:
        return f"127.0.0.1:{self._ports[listener]}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the broker and wait until it answers."""
        with (self._folder / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._answers, f"Apache Kafka at {self.address}", timeout_s=START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._end(signal.SIGKILL)

    def create_topic(self, name: str, *, partitions: int) -> None:
        admin = AdminClient(self._client())
        admin.create_topics([NewTopic(name, partitions, 1)])[name].result(START_TIMEOUT_S)

    def recreate_topic(self, name: str, *, partitions: int) -> None:
        """Delete the topic with all its records, and make it anew as soon as it has gone."""
        admin = AdminClient(self._client())
        admin.delete_topics([name])[name].result(START_TIMEOUT_S)
        wait_until(lambda: name not in admin.list_topics(timeout=START_TIMEOUT_S).topics, "the topic's end")
        self.create_topic(name, partitions=partitions)

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(
                f"Apache Kafka ended at its start:\n{(self._folder / 'broker.log').read_text()[-3000:]}"
            )
        admin = AdminClient(self._client())
        try:
            return bool(admin.list_topics(timeout=1.0).brokers)
        except Exception:
            return False

    def _client(self) -> dict[str, object]:
        return {"bootstrap.servers": self.address, "log_level": 0, "error_cb": lambda _: None}

    def _prepare(self) -> None:
        names = ["PLAINTEXT", "CONTROLLER", *self._security.listeners]
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        (self._folder / "ports.json").write_text(json.dumps(self._ports))
        self._properties.write_text(self._settings(), "utf-8")
        if self._security.format_arguments:
            self._format()
        else:
            (self._folder / "data").mkdir()
            (self._folder / "data" / "meta.properties").write_text(FORMATTED)

    def _format(self) -> None:
        subprocess.run(
            self._java(
                "kafka.tools.StorageTool",
                *("format", "-t", uuid.uuid4().hex[:22], "-c", str(self._properties)),
                *self._security.format_arguments,
            ),
            check=True,
            capture_output=True,
        )

    def _java(self, program: str, *arguments: str) -> list[str]:
        tuning = [f"-Xmx{HEAP}", f"-Xms{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        return ["java", *tuning, "-cp", f"{self._jars}{os.sep}*", program, *arguments]

    def _settings(self) -> str:
        where = {name: f"{name}://127.0.0.1:{port}" for name, port in self._ports.items()}
        advertised = [address for name, address in where.items() if name != "CONTROLLER"]
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT", **self._security.listeners}
        more = "".join(f"{key}={value}\n" for key, value in self._security.settings.items())
        return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{self._ports["CONTROLLER"]}
controller.listener.names=CONTROLLER
listeners={",".join(where.values())}
advertised.listeners={",".join(advertised)}
listener.security.protocol.map={",".join(f"{name}:{protocol}" for name, protocol in protocols.items())}
log.dirs={self._folder / "data"}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
background.threads=2
log.cleaner.enable=false
log.segment.bytes=16777216
{more}"""
