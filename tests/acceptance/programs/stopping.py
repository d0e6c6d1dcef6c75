"""A worker for the tests of the stop: `stopping.py URL DRAIN_S HANDLER [own-event]` prints a line when each job runs."""

import asyncio
import logging
import sys
import threading
import time

from workflow_sdk import current_job
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner

logging.basicConfig(level=logging.INFO, format="%(message)s")
url, drain_s, kind, *own_event = sys.argv[1:]
stop = threading.Event() if own_event else None
registry = HandlerRegistry()


def block(job):
    print(f"running {job.job_id}\n", end="", flush=True)
    time.sleep(3600)


async def block_async(job):
    print(f"running {job.job_id}\n", end="", flush=True)
    time.sleep(3600)


async def block_helper(job):
    print(f"running {job.job_id}\n", end="", flush=True)
    await asyncio.to_thread(time.sleep, 3600)


def half_a_second(job):
    print(f"running {job.job_id}\n", end="", flush=True)
    time.sleep(0.5)


async def look_around(job):
    print(f"running {job.job_id}\n", end="", flush=True)
    while not current_job().stopping.is_set():
        await asyncio.sleep(0.01)
    return {"stoppedEarly": True}


registry.register("work", {f.__name__: f for f in (block, block_async, block_helper, half_a_second, look_around)}[kind])
with RestEngineClient(url) as client:
    summary = Runner(client, registry, "stopping", drain_timeout=float(drain_s)).run(stop)
if stop is not None:
    print("the event is set:", stop.is_set(), flush=True)
for job in summary.abandoned:
    print("abandoned", job.job_id, job.job_type, job.where, flush=True)
sys.exit(0 if summary.drained else 11)
