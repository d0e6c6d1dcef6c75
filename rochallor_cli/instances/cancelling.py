"""Cancelling many instances: the ids are collected first, then cancelled a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.exit_status import ExitStatus
from workflow_sdk.errors import WorkflowSDKError

# More connections than this are slower on the engine, not quicker.
AT_ONCE = 8
# After Ctrl-C, for answers to what was sent: nobody waits longer at a terminal.
UNDER_WAY_S = 2.0

Translate = Callable[[WorkflowSDKError], CliError]


class BulkCancellation:
    """Cancels many.

    `rows` has one for each that was dealt with: id, result, status, error, exitStatus (0 when cancelled). They are
    kept here, by the threads that do it: Ctrl-C may come between any two steps of the caller's.
    """

    def __init__(self, engine: AdminClient, reason: str, *, translate: Translate) -> None:
        self._engine = engine
        self._reason = reason
        self._translate = translate
        self.rows: list[dict[str, Any]] = []
        self._todo: SimpleQueue[str] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._stopping = threading.Event()
        self._workers: list[threading.Thread] = []

    def run(self, instance_ids: Sequence[str]) -> Iterator[None]:
        """Cancel them; yields after each."""
        for instance_id in instance_ids:
            self._todo.put(instance_id)
        for _ in range(min(AT_ONCE, len(instance_ids))):
            self._workers.append(threading.Thread(target=self._work, daemon=True))
            self._workers[-1].start()
        for _ in instance_ids:
            yield self._done.get()

    def stop(self) -> None:
        """Cancel no more, and wait a little for those under way."""
        self._stopping.set()
        deadline = monotonic() + UNDER_WAY_S
        for worker in self._workers:
            worker.join(max(deadline - monotonic(), 0.0))

    def _work(self) -> None:
        with suppress(Empty):
            while not self._stopping.is_set():
                instance_id = self._todo.get_nowait()
                self.rows.append(_cancelled(self._engine, instance_id, self._reason, self._translate))
                self._done.put(None)


def _cancelled(engine: AdminClient, instance_id: str, reason: str, translate: Translate) -> dict[str, Any]:
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
