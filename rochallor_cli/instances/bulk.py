"""Doing the same to many instances: the ids are collected first, then dealt with a few at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.selection import steps_of_instance
from workflow_sdk.errors import WorkflowSDKError

# More connections than this are slower on the engine, not quicker.
AT_ONCE = 8
# After Ctrl-C, for answers to what was sent: nobody waits longer at a terminal.
UNDER_WAY_S = 2.0
# Errors after which the engine can be asked what became of an instance.
_TOLD_BY_ENGINE = (ExitStatus.CONFLICT, ExitStatus.REFUSED, ExitStatus.USAGE)

Row = dict[str, Any]
# What is done to one instance: from its id to the instance as it is then, with `step` where one was meant.
ActOnInstance = Callable[[str], Mapping[str, Any]]
Translate = Callable[[WorkflowSDKError], CliError]

_NOTHING: Mapping[str, None] = {}


class BulkOperation:
    """Does it to many.

    `rows` has one for each that was dealt with, see `row_of`. They are kept here, by the threads that do it: Ctrl-C
    may come between any two steps of the caller's. `errors` has the error of each that was refused, by id.
    `known` are those that were read before, by id.
    `conflict` is the result where its state forbids it, if there is a better word than that it is not done.
    """

    def __init__(
        self,
        action: ActOnInstance,
        done: str,
        *,
        translate: Translate,
        look: ActOnInstance,
        known: Mapping[str, Mapping[str, Any] | None] = _NOTHING,
        conflict: str = "",
    ) -> None:
        self._action = action
        self._known = known
        self._look = look
        self._done_word = done
        self._conflict_word = conflict or f"not {done}"
        self._translate = translate
        self.rows: list[Row] = []
        self.errors: dict[str, CliError] = {}
        self._todo: SimpleQueue[str] = SimpleQueue()
        self._done: SimpleQueue[None] = SimpleQueue()
        self._stopping = threading.Event()
        self._workers: list[threading.Thread] = []

    def run(self, instance_ids: Sequence[str]) -> Iterator[None]:
        """Do it to them; yields after each."""
        for instance_id in instance_ids:
            self._todo.put(instance_id)
        for _ in range(min(AT_ONCE, len(instance_ids))):
            self._workers.append(threading.Thread(target=self._work, daemon=True))
            self._workers[-1].start()
        for _ in instance_ids:
            yield self._done.get()

    def stop(self) -> None:
        """Begin no more, and wait a little for those under way."""
        self._stopping.set()
        deadline = monotonic() + UNDER_WAY_S
        for worker in self._workers:
            worker.join(max(deadline - monotonic(), 0.0))

    def _work(self) -> None:
        with suppress(Empty):
            while not self._stopping.is_set():
                self.rows.append(self._dealt_with(self._todo.get_nowait()))
                self._done.put(None)

    def _dealt_with(self, instance_id: str) -> Row:
        try:
            done = self._action(instance_id)
            return row_of(
                instance_id, result=self._done_word, instance={**self._left_out_of(instance_id, done), **done}
            )
        except CliError as caught:
            error = caught
        except WorkflowSDKError as caught:
            error = self._translate(caught)
        except Exception as caught:  # noqa: BLE001 - a thread must answer for every id, or the command would wait for ever
            error = CliError(f"unexpected {type(caught).__name__}: {caught}")
        self.errors[instance_id] = error
        result = self._conflict_word if isinstance(error, ConflictError) else f"not {self._done_word}"
        return row_of(instance_id, result=result, instance=self._as_it_is(instance_id, error), error=error)

    def _left_out_of(self, instance_id: str, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the engine knows of one and leaves out of the answer to what was done: its business key."""
        if "businessKey" in answer:
            return {}
        known = self._known.get(instance_id)
        return self._as_told(instance_id) if known is None else known

    def _as_it_is(self, instance_id: str, error: CliError) -> Mapping[str, Any]:
        """One that was refused, as far as it can be told: what it was when it was chosen may be why it was refused."""
        if error.exit_status not in _TOLD_BY_ENGINE:
            return {}
        return self._as_told(instance_id)

    def _as_told(self, instance_id: str) -> Mapping[str, Any]:
        try:
            return self._look(instance_id)
        except Exception:  # noqa: BLE001 - what was done or refused is what the row is about
            return {}


def row_of(
    instance_id: str, *, result: str, instance: Mapping[str, Any], error: CliError | None = None
) -> Row:
    """What came of one: the same keys whatever it was; what is not known is None.

    `step`: the one that was meant, or without such those that it is at.
    """
    standing = ", ".join(map(str, steps_of_instance(instance))) or None
    return {
        "id": instance_id,
        **{name: instance.get(name) for name in ("definitionId", "definitionVersion", "businessKey")},
        "step": instance.get("step", standing),
        "status": instance.get("status"),
        # Where another instance came of it.
        **({"startedId": instance["startedId"]} if "startedId" in instance else {}),
        "result": result,
        "error": None if error is None else error.message,
        "exitStatus": int(ExitStatus.DONE if error is None else error.exit_status),
    }


def worst(rows: Sequence[Row]) -> int:
    """The exit status for all: that of the first one that was refused."""
    return next((int(row["exitStatus"]) for row in rows if row["exitStatus"]), int(ExitStatus.DONE))
