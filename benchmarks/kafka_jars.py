"""Apache Kafka's jars, from Maven: for the benchmarks' broker and for the tests'."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

KAFKA_VERSION = "3.9.1"
FETCH_S = 300
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>rochallor</groupId><artifactId>broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-nop</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
"""


class KafkaJarsError(Exception):
    """Maven could not fetch them; the text says what it said."""


def missing() -> str | None:
    """Why there can be no Apache Kafka on this machine; None when there can."""
    absent = [program for program in ("java", "mvn") if shutil.which(program) is None]
    return (
        f"Apache Kafka needs Java and Maven, and there is no {' and no '.join(absent)} here"
        if absent
        else None
    )


def fetch_jars(folder: Path) -> Path:
    """The folder of the jars, fetched into `folder` on first use. Call it under a lock."""
    jars = folder / "jars"
    if (folder / "complete").exists():
        return jars
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pom.xml").write_text(POM, "utf-8")
    maven = ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies"]
    fetched = subprocess.run(
        [*maven, "-DincludeScope=runtime", f"-DoutputDirectory={jars}"],
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if fetched.returncode != 0:
        raise KafkaJarsError(
            f"Maven could not fetch Apache Kafka:\n{(fetched.stdout + fetched.stderr)[-2000:]}"
        )
    (folder / "complete").touch()
    return jars
