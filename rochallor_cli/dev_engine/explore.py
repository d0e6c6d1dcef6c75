"""The pure state machine, ready for searches: a whole world in one immutable value.

A `World` is one instance with its jobs, user tasks, timers and history. `possible_events` says what
could happen to it next, `apply` makes it happen and gives another world; where the engine has no order,
`choose` is asked; `every_outcome` tries every choice. Nothing here needs a database, a clock or a loop,
and equal worlds are equal values (and hash alike), so a search can tell where it has been.
"""

from __future__ import annotations

from rochallor_cli.dev_engine.definition.model import Definition
from rochallor_cli.dev_engine.definition.parsing import definition_from_document
from rochallor_cli.dev_engine.errors import Refused, WorkflowStuck
from rochallor_cli.dev_engine.records import InstanceStatus
from rochallor_cli.dev_engine.state_machine.event_inputs import Choose, first_written
from rochallor_cli.dev_engine.state_machine.events import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    Event,
    FailJob,
    FireTimer,
    RetryStep,
    Signal,
    apply,
    every_outcome,
    every_start,
    possible_events,
    started,
)
from rochallor_cli.dev_engine.state_machine.world import World
from rochallor_cli.dev_engine.versions import EngineRules, engine_rules

__all__ = [
    "CancelInstance",
    "Choose",
    "CompleteJob",
    "CompleteUserTask",
    "Definition",
    "EngineRules",
    "Event",
    "FailJob",
    "FireTimer",
    "InstanceStatus",
    "Refused",
    "RetryStep",
    "Signal",
    "WorkflowStuck",
    "World",
    "apply",
    "definition_from_document",
    "engine_rules",
    "every_outcome",
    "every_start",
    "first_written",
    "possible_events",
    "started",
]
