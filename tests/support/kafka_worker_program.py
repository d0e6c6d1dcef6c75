"""A Kafka worker in a process of its own, for tests that kill it: notes each run of a handler in a file.

python kafka_worker_program.py BROKERS ENGINE_URL JOB_TYPE HANDLER_MS RUNS_FILE [KEY=VALUE ...]
"""

from __future__ import annotations

import os
import sys
import time

from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import Job
from workflow_sdk.runner.kafka_runner import KafkaRunner

PARALLELISM = 16


def main() -> None:
    brokers, engine_url, job_type, handler_ms, runs_file, *settings = sys.argv[1:]
    runs = os.open(runs_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def handle(job: Job) -> dict[str, object]:
        # One write of one line is whole or absent, whenever the process is killed.
        os.write(runs, f"{job.job_id}\n".encode())
        time.sleep(float(handler_ms) / 1000)
        return {"done": True}

    registry = HandlerRegistry()
    registry.register(job_type, handle)
    config = dict(setting.split("=", 1) for setting in settings)
    with RestEngineClient(engine_url) as client:
        worker_id = f"w-{os.getpid()}"
        KafkaRunner(
            worker_id, brokers, client, registry, extra_kafka_config=config, parallelism=PARALLELISM
        ).run()


if __name__ == "__main__":
    main()
