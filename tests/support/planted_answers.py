"""Answers of an engine with something planted: unknown names, unknown refusals, values that nobody expects.

A real engine's answers are recorded once; `Planted` gives them back, changed by whatever a test puts into them.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig
from support.scripted_server import NO_ROUTE, Answer, route
from workflow_sdk.client.rest import RestEngineClient

Place = tuple[str | int, ...]
Change = Callable[[Any], Any]

# Where each instance of the recorded engine stands.
ASKED, HELD, FAILED, DONE = "at a user task", "at a wait", "failed", "completed"
DEFINITION: dict[str, Any] = {
    "id": "all",
    "name": "all kinds of steps",
    "description": "d",
    "metadata": {"owner": "me"},
    "input_schema": {"properties": {"way": {"type": "string"}}, "required": ["way"]},
    "steps": [
        {"id": "rate", "name": "rate", "type": "DECISION_TABLE", "hitPolicy": "F", "nextStep": "set", "decisionTable": {
            "rules": [{"when": {"way": "way == 'ask'"}, "outputs": {"fee": 1}}, {"outputs": {"fee": "${1 + 1}"}}]}},
        {"id": "set", "name": "set", "type": "TRANSFORMATION", "transformations": {"b": "${way}"}, "nextStep": "which"},
        {"id": "which", "name": "which", "type": "DECISION", "conditionalNextSteps": {
            "way == 'ask'": "split", "way == 'hold'": "hold", "way == 'fail'": "work", "way == 'done'": "end"}},
        {"id": "work", "name": "work", "type": "SERVICE_TASK", "jobType": "w", "retryCount": 1, "nextStep": "end",
         "outputs_schema": {"properties": {"x": {"type": "number"}}}},
        {"id": "split", "name": "split", "type": "PARALLEL_GATEWAY", "parallelNextSteps": ["ask", "other"],
         "joinStep": "join"},
        {"id": "ask", "name": "ask", "type": "USER_TASK", "nextStep": "join"},
        {"id": "other", "name": "other", "type": "SERVICE_TASK", "jobType": "o", "nextStep": "join"},
        {"id": "join", "name": "join", "type": "JOIN_GATEWAY", "nextStep": "end"},
        {"id": "hold", "name": "hold", "type": "WAIT", "nextStep": "end", "boundaryEvents": [
            {"type": "TIMER", "duration": "P1D", "interrupting": False, "targetStepId": "work"}]},
        {"id": "end", "name": "end", "type": "END"},
    ],
}  # fmt: skip


@dataclass
class Recorded:
    """The answers of one engine by (method, path); `ids` names the instances by where they stand."""

    ids: dict[str, str] = field(default_factory=dict)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)

    def answer(self, method: str, path: str) -> Answer:
        where = route(path)
        status, value, *more = self.answers.get((method, where), NO_ROUTE)
        if (method, where) == ("GET", "/v1/instances"):
            wanted = parse_qs(urlsplit(path).query).get("status", [])
            items = [item for item in value["items"] if not wanted or item["status"] in wanted]
            value = {"items": items or None, "total": len(items)}
        return (status, copy.deepcopy(value), *more)  # type: ignore[return-value]


def recorded() -> Recorded:
    """The answers of an embedded engine that holds an instance in each state there is."""
    found = Recorded()
    with (
        DevEngine(DevEngineConfig(port=0, engine_version="next")) as engine,
        RestEngineClient(engine.url) as client,
    ):
        client.upload_definition(DEFINITION)
        for state, way in ((ASKED, "ask"), (HELD, "hold"), (FAILED, "fail"), (DONE, "done")):
            started = client.start_instance("all", {"way": way, "nested": {"a": [1]}}, business_key=way)
            found.ids[state] = str(started["id"])
        [job] = client.poll_jobs("worker", ["w"])
        client.fail_job(job["id"], "worker", "no good", retryable=False)
        _record(client, found)
    return found


def _record(client: RestEngineClient, found: Recorded) -> None:
    def keep(method: str, path: str, body: object = None, *, at: str | None = None) -> None:
        answer = client.request(method, path, json=body)
        try:
            value = json.loads(answer.body)
        except ValueError:
            value = answer.body
        kind = answer.headers.get("content-type", "application/json")
        found.answers[method, at or path] = (answer.status_code, value, {"Content-Type": kind})

    for path in ("/healthz", "/v1/definitions", "/v1/instances"):
        keep("GET", path)
    for path in ("/v1/definitions/all", "/v1/definitions/all/versions/1"):
        keep("GET", path)
    keep("POST", "/v1/definitions", DEFINITION)
    keep("POST", "/v1/jobs/poll", {})
    for one in found.ids.values():
        keep("GET", f"/v1/instances/{one}")
        keep("GET", f"/v1/instances/{one}/history")
        # What commands would do is done to others, so that these stay as they are.
        keep("POST", f"/v1/instances/{one}/steps/work/retry")
    keep("POST", "/v1/instances", {"definitionId": "all", "variables": {"way": "hold"}})
    fresh = str(found.answers["POST", "/v1/instances"][1]["id"])
    keep("POST", f"/v1/instances/{fresh}/cancel", {}, at=f"/v1/instances/{found.ids[HELD]}/cancel")
    for path in (
        f"/v1/instances/{found.ids[HELD]}/signals/hold",
        f"/v1/instances/{found.ids[ASKED]}/user-tasks/ask/complete",
        "/v1/jobs/J/complete",
        "/v1/jobs/J/fail",
    ):
        found.answers["POST", path] = (204, b"")


@dataclass
class Planted:
    """Gives recorded answers; `change` is done to the value of each answer, or of those on one route."""

    recorded: Recorded
    change: Change | None = None
    only: tuple[str, str] | None = None
    instead: Answer | None = None

    def __call__(self, method: str, path: str, body: bytes) -> Answer:
        is_meant = self.only in (None, (method, route(path)))
        if is_meant and self.instead is not None:
            return self.instead
        status, value, *more = self.recorded.answer(method, path)
        if is_meant and self.change is not None and not isinstance(value, bytes):
            value = self.change(value)
        return (status, value, *more)  # type: ignore[return-value]


# Fields whose values have names of an author's own.
_AUTHORS = {
    "variables", "inputsnapshot", "outputsnapshot", "metadata", "conditionalnextsteps", "transformations", "when",
    "outputs", "properties",
}  # fmt: skip


# --- what is planted -----------------------------------------------------------------------------


def with_unknown_fields(value: Any) -> Any:
    """A field that nobody knows in each object but those whose names are an author's own."""
    if isinstance(value, list):
        return [with_unknown_fields(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {
        name: item if name.lower() in _AUTHORS else with_unknown_fields(item) for name, item in value.items()
    }
    return {**inner, "tenantOfLater": {"level": 7}}


def with_unknown(names: tuple[str, ...], unknown: str) -> Change:
    """Another text in fields of these names, wherever they stand; in any case, as engines write them."""

    def change(value: Any) -> Any:
        if isinstance(value, list):
            return [change(item) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            key: unknown if key.lower() in names and isinstance(item, str) else change(item)
            for key, item in value.items()
        }

    return change


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a value, the whole included."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from places(item, (*at, key))


def with_odd(at: Place, odd: Any) -> Change:
    """Another value at one place, where an answer has that place."""

    def change(value: Any) -> Any:
        if not at:
            return odd
        spot = value
        for key in at[:-1]:
            try:
                spot = spot[key]
            except (KeyError, IndexError, TypeError):
                return value
        if isinstance(spot, dict) or (isinstance(spot, list) and int(at[-1]) < len(spot)):
            spot[at[-1]] = odd
        return value

    return change


def refusal_of_later(status: int) -> Answer:
    """A refusal in the engine's form, by a code of some later version."""
    return status, {
        "error": "quota-exceeded",
        "reason": "four is too many",
        "docs": {"url": "http://x"},
    }
