"""A client of the user's own, with just the three methods a runner needs; nothing of it is asynchronous."""

import threading

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner

stop = threading.Event()


class Memory:
    def __init__(self):
        self.waiting = [{"id": f"j{n}", "jobType": "t", "variables": {"n": n}} for n in range(20)]
        self.told = {}

    def poll_jobs(self, worker_id, job_types, max_jobs=1):
        claimed, self.waiting = self.waiting[:max_jobs], self.waiting[max_jobs:]
        return claimed

    def complete_job(self, job_id, worker_id, variables=None):
        self.told[job_id] = variables["twice"]
        if len(self.told) == 20:
            stop.set()

    def fail_job(self, job_id, worker_id, error_message, retryable=True):
        self.told[job_id] = error_message


client, registry = Memory(), HandlerRegistry()


@registry.register("t")
def double(job):
    return {"twice": job.variables["n"] * 2}


summary = Runner(client, registry, "memory").run(stop)
print(sum(client.told.values()), summary.types["t"].done, summary.drained)
