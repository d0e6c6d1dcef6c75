"""What the null engine knows: counters, and in the latency cases the started instances and their times."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

LEASE_S = 30
SOME_TIME = "2026-05-03T13:08:33Z"

JOB = (
    '{"id":"%s","instanceId":"%s","stepExecutionId":"%s","jobType":"%s","status":"LOCKED","workerId":"bench",'
    '"retriesRemaining":3,"variables":{"n":%d,"name":"A-001"},%s}'
)


def time_text(when: datetime) -> str:
    return when.isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Instance:
    """A started instance: where it is in its chain of job types, and its times."""

    id: str
    definition_id: str
    job_types: tuple[str, ...]
    started: datetime
    step: int = 0
    completed: datetime | None = None
    failed: bool = False

    def shown(self) -> dict[str, Any]:
        status = "FAILED" if self.failed else "COMPLETED" if self.completed else "ACTIVE"
        shown = {
            "id": self.id,
            "definitionId": self.definition_id,
            "definitionVersion": 1,
            "status": status,
            "currentStepIds": [],
            "variables": {},
            "startedAt": time_text(self.started),
        }
        return shown | ({"completedAt": time_text(self.completed)} if self.completed else {})


class NullState:
    """Counters, the endless source of jobs, and instances by their start."""

    def __init__(self) -> None:
        self._polls = self._empty_polls = self._claimed = self._completed = self._failed = self._late = 0
        self._first_poll_s = self._last_report_s = 0.0
        self._endless = False
        self._definitions: dict[str, tuple[str, ...]] = {}
        self._instances: dict[str, Instance] = {}
        self._waiting: dict[str, deque[Instance]] = defaultdict(deque)
        self._active: dict[str, int] = defaultdict(int)
        self._lock_times = ""
        self._lock_times_until = 0.0

    def counts(self) -> dict[str, float]:
        """Everything counted since the start, and the engine's own CPU time."""
        return {
            "polls": self._polls,
            "empty_polls": self._empty_polls,
            "claimed": self._claimed,
            "completed": self._completed,
            "failed": self._failed,
            "late": self._late,
            "cpu_s": time.process_time(),
            "last_report_s": self._last_report_s,
            "first_poll_s": self._first_poll_s,
            "now_s": time.monotonic(),
        }

    def set_endless(self, on: bool) -> dict[str, bool]:
        self._endless = on
        return {"endless": on}

    # --- jobs ------------------------------------------------------------------------------------

    def claim(self, job_types: list[str], max_jobs: int) -> bytes:
        """The body of a poll's answer, with as many jobs as there are and are asked for."""
        self._polls += 1
        self._first_poll_s = self._first_poll_s or time.monotonic()
        jobs = self._endless_jobs(job_types[0], max_jobs) if self._endless and job_types else []
        for job_type in job_types:
            waiting = self._waiting.get(job_type)
            while waiting and len(jobs) < max_jobs:
                jobs.append(self._job_of(waiting.popleft()))
        self._claimed += len(jobs)
        if not jobs:
            self._empty_polls += 1
            return b'{"jobs":null}'
        return ('{"jobs":[' + ",".join(jobs) + "]}").encode()

    def _endless_jobs(self, job_type: str, count: int) -> list[str]:
        times = self._times_of_a_claim()
        first = self._claimed
        return [
            JOB % (f"N{number}", f"I{number}", f"S{number}", job_type, number, times)
            for number in range(first, first + count)
        ]

    def _job_of(self, instance: Instance) -> str:
        job_id = f"{instance.id}.{instance.step}"
        job_type = instance.job_types[instance.step]
        return JOB % (job_id, instance.id, job_id, job_type, instance.step, self._times_of_a_claim())

    def _times_of_a_claim(self) -> str:
        # Renewed once a second: a lease that looks up to a second shorter than it is harms nobody.
        if time.monotonic() >= self._lock_times_until:
            now = datetime.now(UTC)
            self._lock_times_until = time.monotonic() + 1.0
            expires = time_text(now + timedelta(seconds=LEASE_S))
            self._lock_times = (
                f'"createdAt":"{time_text(now)}","lockedAt":"{time_text(now)}","lockExpiresAt":"{expires}"'
            )
        return self._lock_times

    def complete(self, job_id: bytes) -> None:
        self._completed += 1
        self._last_report_s = time.monotonic()
        if job_id[:1] != b"N":
            self._move_on(job_id.decode())

    def fail(self, job_id: bytes) -> None:
        self._failed += 1
        instance = self._instances.get(job_id.decode().partition(".")[0])
        if instance and not instance.completed:
            instance.failed, instance.completed = True, datetime.now(UTC)
            self._active[instance.definition_id] -= 1

    def _move_on(self, job_id: str) -> None:
        instance_id, _, step = job_id.partition(".")
        instance = self._instances.get(instance_id)
        if instance is None or instance.completed or int(step) != instance.step:
            self._late += 1
            return
        instance.step += 1
        if instance.step < len(instance.job_types):
            self._waiting[instance.job_types[instance.step]].append(instance)
        else:
            instance.completed = datetime.now(UTC)
            self._active[instance.definition_id] -= 1

    # --- definitions and instances ---------------------------------------------------------------

    def upload(self, definition: dict[str, Any]) -> dict[str, Any]:
        """Take the service tasks in the order they are written as the chain."""
        tasks = [step["jobType"] for step in definition["steps"] if step["type"] == "SERVICE_TASK"]
        self._definitions[definition["id"]] = tuple(tasks)
        return {"id": definition["id"], "version": 1, "name": definition.get("name", "")}

    def list_definitions(self) -> dict[str, Any]:
        items = [
            {"id": each, "version": 1, "name": each, "uploadedAt": SOME_TIME} for each in self._definitions
        ]
        return {"items": items, "total": len(items)}

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        definition_id = request["definitionId"]
        job_types = self._definitions[definition_id]
        started = Instance(f"W{len(self._instances)}", definition_id, job_types, datetime.now(UTC))
        self._instances[started.id] = started
        self._active[definition_id] += 1
        self._waiting[job_types[0]].append(started)
        return started.shown()

    def instance(self, instance_id: str) -> dict[str, Any] | None:
        found = self._instances.get(instance_id)
        return found.shown() if found else None

    def list_instances(self, query: dict[str, str]) -> dict[str, Any]:
        """One page, newest first; the count of active ones needs no walk over all."""
        definition_id, status = query.get("definitionId", ""), query.get("status", "")
        page, size = int(query.get("page", 0)), int(query.get("pageSize", 20))
        if status == "ACTIVE":
            return {"items": None, "total": self._active[definition_id]}
        found = [each for each in self._instances.values() if each.definition_id == definition_id]
        found.reverse()
        return {"items": [each.shown() for each in found[page * size :][:size]], "total": len(found)}
