"""Cancelling many instances: the ids are collected first, then cancelled a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from typing import Any

from rochallor_cli.engine import Engine
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.exit_status import ExitStatus
from workflow_sdk.errors import WorkflowSDKError

# More connections than this are slower on the engine, not quicker.
AT_ONCE = 8

Translate = Callable[[WorkflowSDKError], CliError]


def cancel_all(
    engine: Engine, instance_ids: Sequence[str], reason: str, *, translate: Translate
) -> Iterator[dict[str, Any]]:
    """Cancel them; → a row for each as it is done: id, result, status, error, exitStatus (0 when cancelled)."""
    todo: SimpleQueue[str | None] = SimpleQueue()
    done: SimpleQueue[dict[str, Any]] = SimpleQueue()
    workers = min(AT_ONCE, len(instance_ids))
    for instance_id in [*instance_ids, *[None] * workers]:
        todo.put(instance_id)

    def work() -> None:
        while (instance_id := todo.get()) is not None:
            done.put(_cancelled(engine, instance_id, reason, translate))

    for _ in range(workers):
        threading.Thread(target=work, daemon=True).start()
    for _ in instance_ids:
        yield done.get()


def _cancelled(engine: Engine, instance_id: str, reason: str, translate: Translate) -> dict[str, Any]:
    try:
        instance = engine.cancel(instance_id, reason)
    except CliError as error:
        return _refused(instance_id, error)
    except WorkflowSDKError as error:
        return _refused(instance_id, translate(error))
    except Exception as error:  # noqa: BLE001 - a thread must answer for every id, or the command would wait for ever
        return _refused(instance_id, CliError(f"unexpected {type(error).__name__}: {error}"))
    status = instance.get("status")
    return {"id": instance_id, "result": "cancelled", "status": status, "error": None, "exitStatus": 0}


def _refused(instance_id: str, error: CliError) -> dict[str, Any]:
    result = "already ended" if isinstance(error, ConflictError) else "not cancelled"
    return {
        "id": instance_id,
        "result": result,
        "status": None,
        "error": error.message,
        "exitStatus": int(error.exit_status),
    }


def worst(rows: Sequence[dict[str, Any]]) -> int:
    """The exit status for all: that of the first one that could not be cancelled."""
    return next((int(row["exitStatus"]) for row in rows if row["exitStatus"]), int(ExitStatus.DONE))
