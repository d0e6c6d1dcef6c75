"""What is said of a step execution: the engine calls everything RUNNING that has been entered and not left."""

from __future__ import annotations

from rochallor_cli.output.columns import Row

# A service task is open from its entry on: the engine does not say whether a worker has its job.
_OPEN = {"SERVICE_TASK": "open", "USER_TASK": "waiting", "WAIT": "waiting"}
_AWAITED = {
    "SERVICE_TASK": "waits for a worker, or runs",
    "USER_TASK": "waits for a person",
    "WAIT": "waits for a signal",
}
LEFT_OPEN = "left open"


def state_text(execution: Row, *, ended: bool) -> str:
    """`completed`, `failed`; of one that is RUNNING `open` or `waiting`, or `left open` in an ended instance."""
    return _text(execution, _OPEN, ended=ended)


def awaited_text(execution: Row, *, ended: bool) -> str:
    """As `state_text`, with whom it waits for."""
    return _text(execution, _AWAITED, ended=ended)


def _text(execution: Row, words: dict[str, str], *, ended: bool) -> str:
    status = str(execution.get("status"))
    if status != "RUNNING":
        return status.lower()
    return LEFT_OPEN if ended else words.get(str(execution.get("stepType")), status.lower())
