"""An engine that writes what HTML, templates and terminals would obey wherever a text stands."""

from __future__ import annotations

from support.scripted_server import Answer, route

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
# What HTML, attributes, scripts, templates and terminals would obey.
HOSTILE = (
    "x'\"><script>alert(1)</script><img src=x onerror=alert(2)></title></textarea>{{7919*7907}}{% x %}&lt;"
    "\x1b[2J\x00\x9b"
    "\u202egnp.exe\u2066\ny javascript:alert(3)"
)


HOSTILE_INSTANCE = {
    "id": ID,
    "definitionId": HOSTILE,
    "definitionVersion": 2,
    "status": "WAITING",
    "currentStepIds": [HOSTILE],
    "startedAt": HOSTILE,
    "businessKey": HOSTILE,
    "failureReason": HOSTILE,
    "variables": {HOSTILE: {HOSTILE: [HOSTILE, "\ud800"]}, "long": HOSTILE * 2_000, "odd": "\ud800"},
}


def hostile(method: str, path: str, body: bytes) -> Answer:
    """An engine that writes the hostile text wherever a text stands."""
    where = route(path)
    if where == "/v1/instances":
        return 200, {
            "items": [HOSTILE_INSTANCE, {**HOSTILE_INSTANCE, "id": HOSTILE, "status": HOSTILE}, "no row"],
            "total": 3,
        }
    if where.endswith("/history"):
        row = {"ID": HOSTILE, "StepID": HOSTILE, "StepType": "USER_TASK", "Status": "RUNNING"}
        more = {
            "FailureReason": HOSTILE,
            "StartedAt": "2026-11-28T10:00:00Z",
            "InputSnapshot": {HOSTILE: HOSTILE},
        }
        return 200, {"items": [{**row, **more}, {**row, **more, "Status": HOSTILE}]}
    if where == "/v1/definitions":
        return 200, {
            "items": [{"id": HOSTILE, "version": 1, "name": HOSTILE, "uploadedAt": HOSTILE}],
            "total": 1,
        }
    if where.startswith("/v1/definitions/"):
        step = {"id": HOSTILE, "name": HOSTILE, "type": "USER_TASK", "nextStep": HOSTILE, HOSTILE: HOSTILE}
        rules = [{"when": {HOSTILE: HOSTILE}, "outputs": {HOSTILE: HOSTILE}}]
        grid = {"id": "t" + HOSTILE, "name": "t", "type": "DECISION_TABLE", "decisionTable": {"rules": rules}}
        version = 1 if "version=1" in path else 2
        named = {"id": "one", "version": version, "name": HOSTILE}
        return 200, {**named, "steps": [step, grid] if version > 1 else [step], HOSTILE: HOSTILE}
    if method == "POST":
        return 409, {"error": "conflict", "reason": HOSTILE}
    return 200, HOSTILE_INSTANCE
