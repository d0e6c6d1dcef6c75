"""Builders for definitions: valid by default, each step in one line."""

from __future__ import annotations

from typing import Any

from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.definition.parsing import definition_from_document
from rochallor_cli.dev_engine.versions import engine_rules
from workflow_sdk.client.rest import RestEngineClient

Document = dict[str, Any]


def service(id_: str, next_step: str | None = "end", **fields: Any) -> Document:
    return _step(id_, "SERVICE_TASK", next_step, jobType=fields.pop("job_type", id_), **fields)


def user_task(id_: str, next_step: str | None = "end", **fields: Any) -> Document:
    return _step(id_, "USER_TASK", next_step, **fields)


def wait(id_: str, next_step: str | None = "end", **fields: Any) -> Document:
    return _step(id_, "WAIT", next_step, **fields)


def decision(id_: str, branches: dict[str, str], **fields: Any) -> Document:
    return _step(id_, "DECISION", None, conditionalNextSteps=branches, **fields)


def transform(id_: str, entries: dict[str, Any], next_step: str | None = "end") -> Document:
    return _step(id_, "TRANSFORMATION", next_step, transformations=entries)


def table(id_: str, *rules: Document, policy: str = "", next_step: str = "end", **fields: Any) -> Document:
    """A DECISION_TABLE; each rule is made by `rule`."""
    named = {"hitPolicy": policy} if policy else {}
    return _step(id_, "DECISION_TABLE", next_step, decisionTable={"rules": list(rules)}, **named, **fields)


def rule(*cells: str, **outputs: Any) -> Document:
    """A rule of a decision table: its conditions in columns c0, c1 and so on, and its outputs."""
    return {"when": {f"c{number}": cell for number, cell in enumerate(cells)}, "outputs": outputs}


def gateway(id_: str, branches: list[str], join: str = "meet") -> Document:
    return _step(id_, "PARALLEL_GATEWAY", None, parallelNextSteps=branches, joinStep=join)


def join(id_: str = "meet", next_step: str = "end") -> Document:
    return _step(id_, "JOIN_GATEWAY", next_step)


def long_branch(tasks: list[str], short: str, *, then: str = "end") -> list[Document]:
    """A gateway with a branch of two tasks and one of one task, which a join counts otherwise than one thinks."""
    first, second = tasks
    return [
        gateway("split", [first, short]),
        service(first, second),
        service(second, "meet"),
        service(short, "meet"),
        join("meet", then),
    ]


def end(id_: str = "end") -> Document:
    return _step(id_, "END", None)


def timer(duration: str, target: str, *, interrupting: bool) -> Document:
    return {"type": "TIMER", "duration": duration, "interrupting": interrupting, "targetStepId": target}


def document(*steps: Document, id_: str = "flow", **fields: Any) -> Document:
    """A definition document; an END named "end" is added when there is none."""
    listed = list(steps) if any(step["type"] == "END" for step in steps) else [*steps, end()]
    return {"id": id_, "name": "Flow", "steps": listed, **fields}


def model(*steps: Document, engine_version: str = "0", **fields: Any) -> Definition:
    """The same as the state machine of a version walks it."""
    return definition_from_document(document(*steps, **fields), engine_rules(engine_version))


def _step(id_: str, type_: str, next_step: str | None, **fields: Any) -> Document:
    following = {} if next_step is None else {"nextStep": next_step}
    return {"id": id_, "name": id_.title(), "type": type_, **following, **fields}


def uploaded(client: RestEngineClient, *steps: Document, id_: str) -> str:
    """The id of a definition of these steps, uploaded."""
    client.upload_definition(document(*steps, id_=id_))
    return id_


def do_jobs(client: RestEngineClient, job_type: str, *, fail: str = "") -> None:
    """Do every job there is of a type, or fail it for good with a reason."""
    for job in client.poll_jobs("tester", [job_type], 100):
        if fail:
            client.fail_job(job["id"], "tester", fail, retryable=False)
        else:
            client.complete_job(job["id"], "tester", {})
