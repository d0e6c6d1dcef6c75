"""The worker every contender runs: no-op handlers on a Runner, written against the public SDK alone.

It is run as a script by each contender's own Python, so it imports nothing of this package. It answers
the line ``usage`` on standard input with what the process has used so far, and stops at end of file.
"""

import argparse
import json
import os
import resource
import sys
import threading
import time

from prometheus_client import CollectorRegistry

from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.runner import Runner

LAST_RESORT_S = 8.0


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--worker-id", default="bench")
    parser.add_argument("--job-types", default="bench")
    parser.add_argument("--handler-ms", type=float, default=0.0)
    parser.add_argument("--parallelism", type=int, default=64)
    parser.add_argument("--brokers", help="take jobs from Kafka instead of polling")
    parser.add_argument("--kafka-config", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--poll-interval", type=float, default=0.5)
    return parser.parse_args()


# When the first job came, by the wall clock and by this process's CPU clock.
FIRST_JOB = []


def make_handler(handler_s):
    def handle(job):
        if not FIRST_JOB:
            FIRST_JOB.extend((time.time(), time.process_time()))
        if handler_s:
            time.sleep(handler_s)
        return {"done": True}

    return handle


def peak_rss_mb(used):
    # Linux hands what the starting process once held on to its children's ru_maxrss.
    try:
        with open("/proc/self/status") as status:
            peak_kb = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    except OSError:
        # Elsewhere there is only this: bytes on macOS, kilobytes on others.
        return used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    return int(peak_kb) / 2**10


def usage(metrics):
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "cpu_s": time.process_time(),
        "now_s": time.monotonic(),
        "first_job_at_s": FIRST_JOB[0] if FIRST_JOB else 0.0,
        "cpu_before_jobs_s": FIRST_JOB[1] if FIRST_JOB else 0.0,
        "voluntary_switches": used.ru_nvcsw,
        "involuntary_switches": used.ru_nivcsw,
        "peak_rss_mb": peak_rss_mb(used),
        "threads": threading.active_count(),
        "polls": sum(
            sample.value
            for family in metrics.poll_latency.collect()
            for sample in family.samples
            if sample.name.endswith("_count")
        ),
    }


def answer_until_end_of_input(metrics, stop):
    for line in sys.stdin:
        if line.strip() == "usage":
            print(json.dumps(usage(metrics)), flush=True)
    stop()
    time.sleep(LAST_RESORT_S)
    os._exit(1)


def main():
    given = options()
    registry = HandlerRegistry()
    for job_type in given.job_types.split(","):
        registry.register(job_type, make_handler(given.handler_ms / 1000))
    metrics = Metrics(registry=CollectorRegistry())
    client = RestEngineClient(given.url)
    if given.brokers:
        run_from_kafka(given, client, registry=registry, metrics=metrics)
    else:
        run_polling(given, client, registry=registry, metrics=metrics)


def run_polling(given, client, *, registry, metrics):
    stop = threading.Event()
    listen(metrics, stop.set)
    Runner(
        client=client,
        registry=registry,
        worker_id=given.worker_id,
        parallelism=given.parallelism,
        poll_interval=given.poll_interval,
        metrics=metrics,
    ).run(stop)


def run_from_kafka(given, client, *, registry, metrics):
    # Imported here: a polling worker would not load a Kafka client either.
    from workflow_sdk.runner.kafka_runner import KafkaRunner

    runner = KafkaRunner(
        worker_id=given.worker_id,
        brokers=given.brokers,
        client=client,
        registry=registry,
        extra_kafka_config=dict(setting.split("=", 1) for setting in given.kafka_config),
    )
    listen(metrics, runner.stop)
    runner.run()


def listen(metrics, stop):
    threading.Thread(target=answer_until_end_of_input, args=(metrics, stop), daemon=True).start()


if __name__ == "__main__":
    main()
