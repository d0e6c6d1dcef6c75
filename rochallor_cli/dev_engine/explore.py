"""The pure state machine, ready for searches: a whole world in one immutable value.

A `World` is one instance with its jobs, user tasks, timers and history. `possible_events` says what
could happen to it next, `apply` makes it happen: a `Reaction` with the world after it and the faults, entries
and choices of that step. Where the engine has no order, `choose` is asked, which may leave the event by
raising `Abandoned`; `every_outcome` tries every choice. With `FreeConditions` a branch is such a choice,
whatever its condition says. `essence` tells a search where it has been: worlds of one essence behave alike.
Nothing here needs a database, a clock or a loop.
"""

from __future__ import annotations

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.duration import DurationError, duration_ns
from rochallor_cli.dev_engine.definition.join_miscounts import miscount_code
from rochallor_cli.dev_engine.definition.model import BoundaryEvent, Definition, Schema, Step, StepType
from rochallor_cli.dev_engine.definition.parsing import definition_from_document
from rochallor_cli.dev_engine.definition.schemas import schema_violation, without_schemas
from rochallor_cli.dev_engine.definition.validation import broken_rules
from rochallor_cli.dev_engine.errors import Refused, WorkflowStuck
from rochallor_cli.dev_engine.go_json.decoding import BodyError as UnreadableDefinition
from rochallor_cli.dev_engine.records import (
    NO_VARIABLES,
    ExecutionStatus,
    Instance,
    InstanceStatus,
    JobRecord,
    JobStatus,
    StepExecution,
    UserTask,
    Variables,
)
from rochallor_cli.dev_engine.state_machine.all_outcomes import every_outcome, every_start
from rochallor_cli.dev_engine.state_machine.choices import Abandoned, ChoiceTaken, Choose, first_written
from rochallor_cli.dev_engine.state_machine.conditions import EVALUATED, Conditions
from rochallor_cli.dev_engine.state_machine.deciding_values import deciding_values, names_used
from rochallor_cli.dev_engine.state_machine.effects import FaultMet
from rochallor_cli.dev_engine.state_machine.equivalence import essence
from rochallor_cli.dev_engine.state_machine.events import (
    CancelInstance,
    CompleteJob,
    CompleteUserTask,
    Entry,
    Event,
    FailJob,
    FireTimer,
    Reaction,
    RetryStep,
    Signal,
    apply,
    started,
)
from rochallor_cli.dev_engine.state_machine.free_conditions import FreeConditions
from rochallor_cli.dev_engine.state_machine.known_conditions import KnownConditions
from rochallor_cli.dev_engine.state_machine.possible_events import effective_timers, possible_events
from rochallor_cli.dev_engine.state_machine.world import PendingTimer, World, without_past
from rochallor_cli.dev_engine.versions import EngineRules, engine_rules

__all__ = [
    "EVALUATED",
    "NO_VARIABLES",
    "Abandoned",
    "BoundaryEvent",
    "CancelInstance",
    "ChoiceTaken",
    "Choose",
    "CompleteJob",
    "CompleteUserTask",
    "Conditions",
    "Definition",
    "EngineRules",
    "Entry",
    "Event",
    "ExecutionStatus",
    "FailJob",
    "FaultMet",
    "FireTimer",
    "FreeConditions",
    "Instance",
    "InstanceStatus",
    "JobRecord",
    "JobStatus",
    "KnownConditions",
    "PendingTimer",
    "Reaction",
    "Refused",
    "RetryStep",
    "Schema",
    "Signal",
    "Step",
    "StepExecution",
    "StepType",
    "UnreadableDefinition",
    "UserTask",
    "Variables",
    "WorkflowStuck",
    "World",
    "apply",
    "broken_rules",
    "codes",
    "deciding_values",
    "definition_from_document",
    "effective_timers",
    "engine_rules",
    "essence",
    "every_outcome",
    "every_start",
    "first_written",
    "miscount_code",
    "names_used",
    "possible_events",
    "schema_violation",
    "started",
    "timer_length_ns",
    "without_past",
    "without_schemas",
]


def timer_length_ns(event: BoundaryEvent, rules: EngineRules) -> int | None:
    """How long a timer runs; None where engines of these rules cannot read its duration."""
    try:
        return duration_ns(event.duration, rules)
    except DurationError:
        return None
