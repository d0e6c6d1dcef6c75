"""An Apache Kafka of the run's own (--apache-kafka), where Java and Maven are: one broker in KRaft mode.

Its jars come from Maven into the cache folder, once.
"""

from __future__ import annotations

import os
import shutil
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
from benchmarks.processes import Child, ChildError, clean_environment, module_command

KAFKA_VERSION = "3.9.1"
START_S = 60.0
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rochallor</groupId><artifactId>benchmark-broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""
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
    absent = [program for program in ("java", "mvn") if shutil.which(program) is None]
    if absent:
        raise ChildError(f"--apache-kafka needs Java and Maven; there is no {' and no '.join(absent)} here")
    folder = cache_folder() / f"kafka-{KAFKA_VERSION}"
    complete = folder / "complete"
    if not complete.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pom.xml").write_text(POM, "utf-8")
        maven = ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies"]
        _run([*maven, "-DincludeScope=runtime", f"-DoutputDirectory={folder / 'jars'}"])
        complete.touch()
    return folder / "jars"


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
