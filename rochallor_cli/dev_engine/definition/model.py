"""A definition as the state machine walks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rochallor_cli.dev_engine.versions import EngineRules


class StepType(StrEnum):
    SERVICE_TASK = "SERVICE_TASK"
    USER_TASK = "USER_TASK"
    DECISION = "DECISION"
    DECISION_TABLE = "DECISION_TABLE"
    TRANSFORMATION = "TRANSFORMATION"
    WAIT = "WAIT"
    PARALLEL_GATEWAY = "PARALLEL_GATEWAY"
    JOIN_GATEWAY = "JOIN_GATEWAY"
    END = "END"


# Where an instance rests until somebody outside does something, and where timers are started.
PARKING = frozenset({StepType.USER_TASK, StepType.WAIT})
RESTING = PARKING | {StepType.SERVICE_TASK}
# What sets variables as it is passed.
SETTING = frozenset({StepType.TRANSFORMATION, StepType.DECISION_TABLE})


def step_types(rules: EngineRules) -> tuple[StepType, ...]:
    """The types that an engine of these rules knows."""
    return tuple(type_ for type_ in StepType if rules.decision_tables or type_ != StepType.DECISION_TABLE)


@dataclass(frozen=True, slots=True)
class BoundaryEvent:
    type: str
    duration: str
    interrupting: bool
    target_step_id: str


@dataclass(frozen=True, slots=True)
class TableRule:
    """A row of a decision table: column to condition, variable to literal or `${expression}`."""

    when: Mapping[str, str]
    outputs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    rules: tuple[TableRule, ...]


@dataclass(frozen=True, slots=True)
class Schema:
    """What variables have to be: name to type, and the names that must be there."""

    properties: Mapping[str, str]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step as it was written; what was left out is empty."""

    id: str
    name: str
    type: str
    next_step: str = ""
    job_type: str = ""
    retry_count: int = 0
    conditional_next_steps: Mapping[str, str] = field(default_factory=dict)
    transformations: Mapping[str, object] = field(default_factory=dict)
    parallel_next_steps: tuple[str, ...] = ()
    join_step: str = ""
    boundary_events: tuple[BoundaryEvent, ...] = ()
    delegate_class: str = ""
    decision_table: DecisionTable | None = None
    hit_policy: str = ""
    outputs_schema: Schema | None = None


@dataclass(frozen=True)
class Definition:
    """A definition as an engine of one version takes it; the first step is the entry."""

    id: str
    name: str
    steps: tuple[Step, ...]
    rules: EngineRules
    auto_start_next_workflow: bool = False
    next_workflow_id: str = ""
    input_schema: Schema | None = None
    # Of steps with one id, which the rules forbid, the last.
    by_id: Mapping[str, Step] = field(init=False, compare=False, repr=False)
    # The first gateway that names a join, by the join's id.
    gateways: Mapping[str, Step] = field(init=False, compare=False, repr=False)
    # The ids of the steps at which an instance is WAITING.
    parking: frozenset[str] = field(init=False, compare=False, repr=False)
    # Of all gateways together.
    branch_count: int = field(init=False, compare=False, repr=False)
    # The ids of the steps that set variables as they are passed.
    setting: tuple[str, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        gateways = [step for step in self.steps if step.type == StepType.PARALLEL_GATEWAY]
        object.__setattr__(self, "by_id", {step.id: step for step in self.steps})
        object.__setattr__(self, "gateways", {step.join_step: step for step in reversed(gateways)})
        parking = frozenset(step_id for step_id, step in self.by_id.items() if step.type in PARKING)
        object.__setattr__(self, "parking", parking)
        setting = tuple(step_id for step_id, step in self.by_id.items() if step.type in SETTING)
        object.__setattr__(self, "setting", setting)
        object.__setattr__(self, "branch_count", sum(len(step.parallel_next_steps) for step in gateways))

    def step(self, step_id: str) -> Step | None:
        return self.by_id.get(step_id)

    def gateway_of(self, join_step_id: str) -> Step | None:
        """The first gateway that names this join."""
        return self.gateways.get(join_step_id)
