"""An engine of a version, as far as its answers tell: what the command line goes by where nobody has named one."""

from __future__ import annotations

from collections.abc import Callable

from support.scripted_server import NO_ROUTE, Answer, route

ID = "01M8F67NFZ001ZM4WAD2XA5AZ1"
LOAN = {"definitionId": "loan", "definitionVersion": 1, "businessKey": "A-1", "currentStepIds": ["score"]}


def engine_of(age: str) -> Callable[[str, str, bytes], Answer]:
    """Answers as an engine of an age does: "0", "1.0" or "1.1"; a start finds the key A-1 taken since 1.0.1."""

    def answer(method: str, path: str, body: bytes) -> Answer:
        where = route(path)
        if where.endswith("/retry"):
            return (404, {"error": "not-found", "reason": REASONS["1.1"]}) if age == "1.1" else NO_ROUTE
        if where.startswith("/v1/instances/"):
            name = where.split("/")[3]
            return 404, {"error": "not-found", "reason": REASONS[age].replace("ID", name)}
        if method == "POST":
            return 201, {"id": ID, "status": "ACTIVE", **LOAN}
        return 200, {"items": [], "total": 0}

    return answer


REASONS = {
    "0": 'instance "ID" not found',
    "1.0": "workflow instance not found",
    "1.1": "workflow instance not found",
}
TABLE = {
    "id": "loan",
    "name": "loan",
    "steps": [
        {
            "id": "rate",
            "name": "rate",
            "type": "DECISION_TABLE",
            "decisionTable": {"rules": [{"outputs": {"a": 1}}]},
            "nextStep": "end",
        },
        {"id": "end", "name": "end", "type": "END"},
    ],
}
START = ("instances", "start", "loan", "--business-key", "A-1", "--if-absent")
