"""The jobs of a poll's answer, each read alone: one that nobody can read costs itself only.

One that is no JSON, or nested deeper than the interpreter's reader goes, would otherwise keep all jobs of the answer
from being read, again and again. Where the whole cannot be read it is cut at its jobs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workflow_sdk.client.answers import RawResponse, mapping_from_answer
from workflow_sdk.client.job_json import unfit_name, value_from_json
from workflow_sdk.errors import EngineUnreachableError
from workflow_sdk.known_secrets import beginning

# A text, a quote that begins none, or a bracket. Possessive: nothing is looked at twice.
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|"|[\[\]{}]', re.DOTALL)
_JOBS_DEPTH = 2
# The fields that are texts, and whether a job without it is none.
_TEXTS = (("id", True), ("jobType", True), ("instanceId", False), ("stepExecutionId", False))
# What an engine keeps of a job's retries has 32 bits.
_MOST_RETRIES = 2**31


@dataclass(frozen=True, slots=True)
class UnreadableJob:
    """A job that was handed out and cannot be read; `job_id` and `instance_id` are empty where they are the trouble."""

    reason: str
    job_id: str = ""
    job_type: str = ""
    instance_id: str = ""


PolledJob = dict[str, Any] | UnreadableJob


def polled_jobs(response: RawResponse, *, url: str) -> list[PolledJob]:
    """The jobs; nothing to do is `null` on the wire, as empty variables may be."""
    try:
        answer = mapping_from_answer(response, url=url, lists=("jobs",))
    except EngineUnreachableError:
        pieces = list(_pieces(response.body)) if response.status_code == 200 else []
        if not pieces:
            raise
        return [_job_from_text(piece) for piece in pieces]
    return [job if _is_plain(job) else _checked(job) for job in answer["jobs"] or ()]


def _is_plain(job: Any) -> bool:
    """Whether a job is what every job of an engine is: as `_checked` would give it, told at a lower cost."""
    try:
        names = "".join((job["id"], job["jobType"], job["instanceId"], job["stepExecutionId"]))
        retries, variables = job["retriesRemaining"], job["variables"]
        is_named = bool(job["id"] and job["jobType"]) and not unfit_name(names)
    except (KeyError, TypeError):
        return False
    return is_named and type(retries) is int and 0 <= retries <= _MOST_RETRIES and type(variables) is dict


def _job_from_text(text: bytes) -> PolledJob:
    try:
        return _checked(value_from_json(text))
    except ValueError as error:
        return _unreadable(_shallow(text), beginning(f"it is no JSON that can be read: {error}", 200))


def _checked(job: Any) -> PolledJob:
    if not isinstance(job, dict):
        return UnreadableJob(f"it is no object but {_value_text(job)}")
    for name, is_due in _TEXTS:
        value = job.get(name)
        if (is_due and not value) or not isinstance(value, str | None):
            return _unreadable(job, f"its {name} is {_value_text(value)}")
        if value and (why := unfit_name(value)):
            return _unreadable(job, f"its {name} {why}: {_value_text(value)}")
    retries = job.get("retriesRemaining")
    if isinstance(retries, bool) or not isinstance(retries, int | None) or abs(retries or 0) > _MOST_RETRIES:
        return _unreadable(job, f"its retriesRemaining is {_value_text(retries)}")
    if not isinstance(job.get("variables"), dict | None):
        return _unreadable(job, "its variables are no object")
    return {**job, "variables": job.get("variables") or {}, "retriesRemaining": retries or 0}


def _value_text(value: Any) -> str:
    try:
        return beginning(json.dumps(value), 50)
    except (ValueError, RecursionError):
        return "a number of thousands of digits" if isinstance(value, int) else "a value nested too deeply"


def _unreadable(job: dict[str, Any], reason: str) -> UnreadableJob:
    job_id, job_type, instance_id = (
        value if isinstance(value := job.get(name), str) and not unfit_name(value) else ""
        for name in ("id", "jobType", "instanceId")
    )
    return UnreadableJob(reason, job_id, job_type, instance_id)


def _pieces(body: bytes) -> Iterator[bytes]:
    """The texts of the objects in the list `jobs`; nothing where the answer is not built so."""
    depth, begin, is_jobs, key = 0, 0, False, b""
    for token in _TOKEN.finditer(body):
        mark = token[0]
        if mark == b'"':
            return
        if mark[:1] == b'"':
            key = mark if depth == 1 else key
        elif mark in b"[{":
            depth += 1
            is_jobs = (key == b'"jobs"' and mark == b"[") if depth == _JOBS_DEPTH else is_jobs
            begin = token.start() if depth == _JOBS_DEPTH + 1 else begin
        else:
            if depth == _JOBS_DEPTH + 1 and is_jobs:
                yield body[begin : token.end()]
            depth -= 1


def _shallow(text: bytes) -> dict[str, Any]:
    """The job without what is nested in it."""
    kept, depth, begin = [], 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == _JOBS_DEPTH:
                kept.append(text[begin : token.start()] + b"null")
        elif token[0] in (b"]", b"}"):
            begin = token.end() if depth == _JOBS_DEPTH else begin
            depth -= 1
    try:
        # Numbers are left unread: too many digits may be what is wrong with the job.
        job = json.loads(b"".join(kept) + text[begin:], parse_int=str)
    except ValueError:
        return {}
    return job if isinstance(job, dict) else {}
