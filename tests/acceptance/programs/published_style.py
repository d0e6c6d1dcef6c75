"""A program as people write them for the SDK published as rochallor-sdk 1.1.0."""

import logging
import sys
import threading

from prometheus_client import CollectorRegistry, generate_latest

from workflow_sdk import __version__
from workflow_sdk.client import EngineClient, RestEngineClient
from workflow_sdk.client.deadline import current_timeout, request_lease, request_timeout
from workflow_sdk.client.interface import LeaseExtender
from workflow_sdk.errors import EngineClientError, HeartbeatUnsupportedError, LeaseLostError, WorkflowSDKError
from workflow_sdk.handler import HandlerRegistry
from workflow_sdk.metrics import Metrics
from workflow_sdk.retry import delay
from workflow_sdk.runner import Runner

logging.basicConfig(level=logging.INFO)
done = threading.Event()
metrics = Metrics(registry=CollectorRegistry())


def long_work(ctx):
    cancel = ctx["cancel_event"]
    if ctx["stepId"] or ctx.get("cancel_event") is not cancel or cancel.wait(0.05):
        raise RuntimeError("not what the published SDK gives")
    return {"seen": sorted(ctx["variables"])}


def last_work(ctx):
    done.set()
    return {}


client = RestEngineClient("http://localhost:8080", 5.0)
assert isinstance(client, EngineClient)
assert isinstance(client, LeaseExtender)
assert delay(3) <= 0.48
assert current_timeout() is None
assert issubclass(LeaseLostError, WorkflowSDKError)

client.upload_definition(
    {
        "id": "published-style",
        "name": "Published style",
        "steps": [
            {"id": "a", "name": "a", "type": "SERVICE_TASK", "jobType": "long-work", "nextStep": "b"},
            {"id": "b", "name": "b", "type": "SERVICE_TASK", "jobType": "last-work", "nextStep": "end"},
            {"id": "end", "name": "end", "type": "END"},
        ],
    }
)
with request_timeout(2.0), request_lease(0):
    instance = client.start_instance("published-style", {"x": 1}, business_key="k")

registry = HandlerRegistry()
registry.register("long-work", long_work)
registry.register("last-work", last_work)
Runner(
    client,
    registry,
    "published-1",
    16,
    0.25,
    metrics,
    lease_seconds=0,
    heartbeat=False,
    heartbeat_interval=None,
    shutdown_timeout=5.0,
).run(done)

state = client.get_instance(instance["id"])
print(__version__, state["status"], state["variables"]["seen"])
try:
    client.get_definition("nowhere")
except EngineClientError as error:
    print(error.status_code, error.message)
counted = 'workflow_sdk_jobs_completed_total{job_type="long-work",outcome="success"} 1.0'
print(counted in generate_latest(metrics.registry).decode())
client.start_instance("published-style")
try:
    Runner(client, registry, "published-2", heartbeat=True, heartbeat_interval=10).run(threading.Event())
except HeartbeatUnsupportedError:
    print("no heartbeat here")
client.close()
sys.exit(0)
