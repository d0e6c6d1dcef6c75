"""How definitions, instances, step executions, user tasks and settings are shown."""

from __future__ import annotations

from collections.abc import Mapping

from rochallor_cli.durations import duration_text
from rochallor_cli.output.columns import Column, Row, View, lookup, plain, time_column
from rochallor_cli.output.step_states import awaited_text
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.times import Times, parse_time, seconds_between

_RESULT_STYLES = {"created": "green", "unchanged": "dim", "not the latest": "red"}


def _status_style(row: Row) -> str:
    return state_style(str(row.get("status") or ""))


def _definition(row: Row, _: Times) -> str:
    name, version = row.get("definitionId"), row.get("definitionVersion")
    return "" if name is None else f"{name} v{version}"


def _steps(row: Row, _: Times) -> str:
    """Where an instance is; an ended one is nowhere, whatever its list still says."""
    steps = row.get("currentStepIds") or []
    text = ", ".join(map(str, steps)) if isinstance(steps, list) else str(steps)
    return text if row.get("status") != "COMPLETED" else ""


def _took(row: Row, _: Times) -> str:
    seconds = seconds_between(row.get("startedAt"), row.get("completedAt"))
    return "" if seconds is None else duration_text(seconds)


def _age(row: Row, times: Times) -> str:
    """How old a live instance is: it has not taken any time yet."""
    return "" if row.get("completedAt") else _since_start(row, times)


def _since_start(row: Row, times: Times) -> str:
    moment = parse_time(row.get("startedAt"))
    return "" if moment is None else duration_text((times.now - moment).total_seconds())


def _open_for(row: Row, times: Times) -> str:
    """From entry to end, waiting included: the engine does not say when a worker began."""
    if not row.get("endedAt"):
        return _since_start(row, times) if row.get("status") == "RUNNING" and not row.get("isOver") else ""
    seconds = seconds_between(row.get("startedAt"), row.get("endedAt"))
    return "" if seconds is None else duration_text(seconds)


def _standing(row: Row, _: Times) -> str:
    """The status, with why nothing moves it where that was looked at."""
    return ", ".join(str(part) for part in (row.get("status"), row.get("verdict")) if part)


def _open_steps(row: Row, times: Times) -> str:
    """Where it is, with what each step waits for where that was looked at."""
    return "\n".join(row.get("awaited") or [_steps(row, times)])


def _left_open(row: Row, _: Times) -> str:
    """What the list of a COMPLETED instance still names: branches that were left."""
    steps = row.get("currentStepIds") if row.get("status") == "COMPLETED" else None
    return ", ".join(map(str, steps)) if isinstance(steps, list) else ""


def _kind(row: Row, _: Times) -> str:
    return " ".join(str(part) for part in (row.get("stepType"), row.get("jobType")) if part)


def _state(row: Row, _: Times) -> str:
    return awaited_text(row, ended=bool(row.get("isOver")))


def _variables(row: Row, _: Times) -> str:
    return plain(row.get("variables") or {})


_SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def _changes(row: Row) -> str:
    """`+fraud ~score -letter`."""
    return " ".join(
        _SIGNS[change["change"]] + (change["step"] or change["text"]) for change in row["changes"]
    )


SETTINGS = View(
    "setting",
    (
        Column("SETTING", "setting"),
        Column("VALUE", "value"),
        Column("FROM", "origin", style="dim"),
    ),
)

DEFINITIONS = View(
    "id",
    (
        Column("DEFINITION", "id"),
        Column("VERSION", "version", right=True),
        Column("NAME", "name", least=12, rank=1),
        time_column("UPLOADED", "uploadedAt"),
    ),
)

VERSIONS = View(
    "version",
    (
        Column("VERSION", "version", lambda row, _: f"v{row.get('version')}"),
        Column("STEPS", "steps", right=True),
        Column("CHANGES", "changes", lambda row, _: _changes(row), least=20),
        Column("NAME", "name", least=12, rank=1),
    ),
    fields=("id",),
)

CHANGES = View(
    "step",
    (
        Column("DEFINITION", "id"),
        Column("CHANGE", "change"),
        Column("STEP", "step"),
        Column("WHAT", "text", least=20),
    ),
    fields=("source",),
)

FINDINGS = View(
    "code",
    (
        Column("FILE", "file"),
        Column("LINE", "line", right=True),
        Column("COLUMN", "column", right=True),
        Column("CODE", "code"),
        Column("SEVERITY", "severity"),
        Column("TEXT", "text", least=20),
    ),
    fields=("path",),
)

UPLOADS = View(
    "id",
    (
        Column("DEFINITION", "id"),
        Column("VERSION", "version", lambda row, _: f"v{row['version']}" if row.get("version") else ""),
        Column("RESULT", "result", style=lambda row: _RESULT_STYLES.get(str(row.get("result")), "")),
        Column("FROM", "source", least=10),
    ),
    fields=("name", "uploadedAt", "latest"),
)
INSTANCES = View(
    "id",
    (
        Column("INSTANCE", "id", style="dim"),
        Column("DEFINITION", "definitionId", _definition, least=12, rank=1),
        Column("KEY", "businessKey", least=8, rank=5),
        Column("STATUS", "status", style=_status_style),
        Column("STEP", "currentStepIds", _steps, least=8, rank=3),
        time_column("STARTED", "startedAt", rank=4),
        time_column("ENDED", "completedAt", wide=True),
        Column("REASON", "failureReason", least=12, rank=2),
        Column("VARIABLES", "variables", _variables, wide=True),
    ),
    fields=("definitionVersion",),
)

EXPLANATION = View(
    "id",
    (
        Column("INSTANCE", "id"),
        Column("STATUS", "status", style=_status_style),
        Column("VERDICT", "verdict"),
        time_column("SINCE", "since"),
        Column("MOVED BY", "movedBy"),
        Column("REACHABLE ENDS", "reachableEnds"),
        Column("LEFT OPEN", "leftOpen"),
        Column("CODES", "codes"),
        Column("CERTAIN", "certain"),
    ),
)

INSTANCE = View(
    "id",
    (
        Column("INSTANCE", "id", style="bold"),
        Column("DEFINITION", "definitionId", _definition),
        Column("KEY", "businessKey"),
        Column("STATUS", "status", _standing, style=_status_style),
        Column("REASON", "failureReason", style="red"),
        Column("STEP", "currentStepIds", _open_steps),
        Column("LEFT OPEN", "leftOpen", _left_open),
        time_column("STARTED", "startedAt"),
        time_column("ENDED", "completedAt"),
        Column("TOOK", "took", _took),
        Column("AGE", "age", _age),
        Column("VARIABLES", "variables", lambda row, _: variable_lines(row.get("variables") or {})),
    ),
    fields=("definitionVersion",),
)

# What came of each instance that a command acted on.
ACTIONS = View(
    "id",
    (
        Column("INSTANCE", "id"),
        Column("DEFINITION", "definitionId", _definition, least=12, rank=1),
        Column("STEP", "step", least=8),
        Column("RESULT", "result", style=lambda row: "red" if row.get("error") else "green"),
        Column("ERROR", "error", least=20, wraps=True),
    ),
    fields=("definitionVersion", "businessKey", "status", "exitStatus"),
)

RESTARTS = View(
    "startedId",
    (ACTIONS.columns[0], Column("STARTED AS", "startedId"), *ACTIONS.columns[1:]),
    fields=ACTIONS.fields,
)

COUNTS = View(
    "count",
    (
        Column("COUNT", "count", right=True),
        Column("OF", "key", least=20),
    ),
    fields=("by",),
)

AUDIT = View(
    "cause",
    (
        Column("COUNT", "count", right=True),
        Column("VERDICT", "verdict", style=lambda row: "red" if row.get("verdict") == "stuck" else ""),
        Column("CAUSE", "text", least=24, wraps=True),
        time_column("OLDEST", "oldest"),
        Column("EXAMPLE", "example", style="dim"),
        Column("WAY OUT", "wayOut", wide=True),
    ),
    fields=(
        "code",
        "step",
        "jobType",
        "definitionId",
        "certain",
        "workers",
        "recordsWaiting",
        "hasHandler",
    ),
)

EXECUTIONS = View(
    "stepId",
    (
        Column("STEP", "stepId"),
        Column("TYPE", "stepType", _kind, least=16, rank=4),
        # The engine counts entries into the step, not attempts at its job.
        Column("ENTRY", "attemptNumber", right=True, rank=5),
        Column("STATUS", "status", _state, style=_status_style),
        time_column("STARTED", "startedAt", rank=2),
        Column("OPEN FOR", "openFor", _open_for, right=True, rank=3, computed=True),
        Column("REASON", "failureReason", least=16, rank=1),
        Column("EXECUTION", "id", style="dim", wide=True),
    ),
    fields=("instanceId", "endedAt", "inputSnapshot", "outputSnapshot"),
)

TASKS = View(
    "task",
    (
        Column("INSTANCE", "instanceId", style="dim"),
        Column("STEP", "stepId"),
        Column("NAME", "stepName", least=10, rank=3),
        Column("DEFINITION", "definitionId", _definition, least=12, rank=2),
        Column("KEY", "businessKey", least=8, rank=1),
        Column(
            "OPEN SINCE",
            "openSince",
            lambda row, times: times.text(lookup(row, "openSince")).removesuffix(" ago"),
        ),
    ),
    fields=("task", "definitionVersion"),
)


def variable_lines(variables: object) -> str:
    """One variable a line: `name = value`."""
    from rochallor_cli.output.json_form import json_form

    if not isinstance(variables, Mapping):
        return json_form(variables)
    lines = [f"{name} = {json_form(value)}" for name, value in variables.items()]
    return "\n".join(lines)
