"""An Apache Kafka of the run's own (--apache-kafka), where Java and Maven are: one broker in KRaft mode."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from benchmarks.contenders import cache_folder
from benchmarks.engines import free_port
from benchmarks.kafka_jars import KAFKA_VERSION, KafkaJarsError, fetch_jars, missing
from benchmarks.processes import Child, ChildError, clean_environment, module_command

START_S = 60.0
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""


@contextmanager
def apache_kafka() -> Iterator[str]:
    """The address of a broker that lives as long as the block. ChildError says what is missing."""
    jars = _fetched_jars()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        properties = Path(folder) / "server.properties"
        properties.write_text(
            SETTINGS.format(port=port, controller=free_port(), folder=folder), encoding="utf-8"
        )
        storage = ("format", "-t", uuid.uuid4().hex[:22], "-c", str(properties))
        _run(_java(jars, "kafka.tools.StorageTool", *storage))
        # What it says goes nowhere: a pipe that nobody reads would fill up.
        log = ("sh", "-c", f'exec "$@" > {folder}/broker.log 2>&1', "sh")
        with Child(
            module_command("benchmarks.leash", *log, *_java(jars, "kafka.Kafka", str(properties)))
        ) as child:
            _wait_until_up(f"127.0.0.1:{port}", child)
            yield f"127.0.0.1:{port}"


def _fetched_jars() -> Path:
    reason = missing()
    if reason is not None:
        raise ChildError(f"--apache-kafka: {reason}")
    try:
        return fetch_jars(cache_folder() / f"kafka-{KAFKA_VERSION}")
    except KafkaJarsError as error:
        raise ChildError(str(error)) from error


def _java(jars: Path, program: str, *arguments: str) -> list[str]:
    return ["java", "-Xmx512m", "-Xms512m", "-cp", f"{jars}{os.sep}*", program, *arguments]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean_environment())
    if done.returncode:
        raise ChildError(f"{' '.join(command[:6])} … failed\n{(done.stdout + done.stderr)[-2000:]}")


def _wait_until_up(address: str, child: Child) -> None:
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0, "error_cb": lambda _: None})
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        child.check()
        try:
            if admin.list_topics(timeout=1.0).brokers:
                return
        except KafkaException:
            continue
    raise ChildError(f"Apache Kafka at {address} did not start in {START_S:.0f} s")
