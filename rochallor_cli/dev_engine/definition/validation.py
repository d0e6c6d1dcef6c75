"""The rules that the engine holds a definition to at its upload, one function each, in its order.

What the engine accepts though it cannot run it well is not here but among the lint rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import BoundaryEvent, Definition, Step, StepType, step_types
from rochallor_cli.dev_engine.definition.problems import Path, Problem, error
from rochallor_cli.dev_engine.definition.validation_schemas import broken_schema, misplaced_schema
from rochallor_cli.dev_engine.definition.validation_tables import broken_table, misplaced_table
from rochallor_cli.dev_engine.go_text import quoted

MAX_ID_BYTES = 256
_ID = re.compile(r"[A-Za-z0-9_:\-]+")
_MIN_BRANCHES = 2
_NEXT_STEP_REQUIRED = frozenset({StepType.TRANSFORMATION, StepType.WAIT, StepType.JOIN_GATEWAY})
_NEXT_STEP_RESOLVED = _NEXT_STEP_REQUIRED | {StepType.SERVICE_TASK, StepType.USER_TASK}


def broken_rules(definition: Definition) -> list[Problem]:
    """Every rule that the definition breaks, in the order in which the engine reports them."""
    named = [(index, step) for index, step in enumerate(definition.steps) if step.id]
    problems = [*_head(definition), *_step_ids(definition)]
    for index, step in named:
        problems += _step_alone(index, step, definition)
    for index, step in named:
        problems += _references(index, step, definition)
    return [*problems, *_reachability(definition)]


def _head(definition: Definition) -> Iterator[Problem]:
    yield from _definition_id(definition.id)
    if not definition.name:
        yield error(("name",), codes.DEFINITION_WITHOUT_NAME, "name is required")
    if not definition.steps:
        yield error(("steps",), codes.NO_STEPS, "steps must not be empty")
    if definition.auto_start_next_workflow and not definition.next_workflow_id:
        text = "nextWorkflowId is required when autoStartNextWorkflow is true"
        yield error(("nextWorkflowId",), codes.NEXT_WORKFLOW_NOT_NAMED, text)
    if definition.input_schema is not None:
        yield from broken_schema(("input_schema",), "input_schema", definition.input_schema)


def _definition_id(definition_id: str) -> Iterator[Problem]:
    length = len(definition_id.encode("utf-8", "replace"))
    if not definition_id:
        yield error(("id",), codes.DEFINITION_WITHOUT_ID, "id is required")
    elif length > MAX_ID_BYTES:
        yield error(("id",), codes.ID_NOT_ALLOWED, f"id must be ≤ {MAX_ID_BYTES} characters, got {length}")
    elif not _ID.fullmatch(definition_id):
        yield error(
            ("id",), codes.ID_NOT_ALLOWED, f"id {quoted(definition_id)} must match ^[A-Za-z0-9_:\\-]+$"
        )


def _step_ids(definition: Definition) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(definition.steps):
        path: Path = ("steps", index, "id")
        if not step.id:
            yield error(path, codes.STEP_WITHOUT_ID, f"step[{index}] id is required")
        elif step.id in seen:
            yield error(path, codes.STEP_ID_TWICE, f"duplicate step id: {quoted(step.id)}")
        seen.add(step.id)


def _step_alone(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    at: Path = ("steps", index)
    if not step.name:
        yield error((*at, "name"), codes.STEP_WITHOUT_NAME, f"step {quoted(step.id)}: name is required")
    if step.type not in step_types(definition.rules):
        text = f"step {quoted(step.id)}: unsupported type {quoted(step.type)}"
        yield error((*at, "type"), codes.NO_SUCH_TYPE, text)
    yield from _fields_of_type(at, step)
    for number, event in enumerate(step.boundary_events):
        yield from _boundary_event((*at, "boundaryEvents", number), step, number=number, event=event)
    if step.type == StepType.DECISION_TABLE and definition.rules.decision_tables:
        yield from broken_table(at, step, definition)
    else:
        yield from misplaced_table(at, step)
    if step.type == StepType.SERVICE_TASK and step.outputs_schema is not None:
        label = f"step {quoted(step.id)} outputs_schema"
        yield from broken_schema((*at, "outputs_schema"), label, step.outputs_schema)
    else:
        yield from misplaced_schema(at, step)


def _fields_of_type(at: Path, step: Step) -> Iterator[Problem]:
    who = f"step {quoted(step.id)} ({step.type})"
    if step.type == StepType.SERVICE_TASK and not step.job_type:
        yield error((*at, "jobType"), codes.NO_JOB_TYPE, f"{who}: jobType is required")
    if step.type == StepType.DECISION and not step.conditional_next_steps:
        text = f"{who}: conditionalNextSteps must not be empty"
        yield error((*at, "conditionalNextSteps"), codes.DECISION_WITHOUT_BRANCHES, text)
    if step.type == StepType.PARALLEL_GATEWAY and len(step.parallel_next_steps) < _MIN_BRANCHES:
        text = f"{who}: parallelNextSteps must have at least 2 entries"
        yield error((*at, "parallelNextSteps"), codes.TOO_FEW_BRANCHES, text)
    if step.type == StepType.PARALLEL_GATEWAY and not step.join_step:
        yield error((*at, "joinStep"), codes.GATEWAY_WITHOUT_JOIN, f"{who}: joinStep is required")
    if step.type in _NEXT_STEP_REQUIRED and not step.next_step:
        yield error((*at, "nextStep"), codes.NO_NEXT_STEP, f"{who}: nextStep is required")
    if step.type == StepType.TRANSFORMATION and not step.transformations:
        yield error(
            (*at, "transformations"), codes.NOTHING_TRANSFORMED, f"{who}: transformations must not be empty"
        )


def _boundary_event(at: Path, step: Step, *, number: int, event: BoundaryEvent) -> Iterator[Problem]:
    who = f"step {quoted(step.id)} boundaryEvents[{number}]"
    if event.type != "TIMER":
        text = f"{who}: unsupported type {quoted(event.type)} (only TIMER is in scope)"
        yield error((*at, "type"), codes.EVENT_IS_NO_TIMER, text)
    if not event.duration:
        yield error(
            (*at, "duration"), codes.TIMER_WITHOUT_DURATION, f"{who}: duration is required for TIMER events"
        )
    if not event.target_step_id:
        yield error((*at, "targetStepId"), codes.TIMER_WITHOUT_TARGET, f"{who}: targetStepId is required")


def _references(index: int, step: Step, definition: Definition) -> Iterator[Problem]:
    at: Path = ("steps", index)
    who = f"step {quoted(step.id)}"
    for path, name, target in _checked_targets(step):
        if definition.step(target) is None:
            text = f"{who}{name} references unknown step {quoted(target)}"
            yield error((*at, *path), codes.NO_SUCH_STEP, text)


def _checked_targets(step: Step) -> Iterator[tuple[Path, str, str]]:
    """The references that the engine resolves: where, what it calls them, and the step they name."""
    if step.type in _NEXT_STEP_RESOLVED and step.next_step:
        yield ("nextStep",), " nextStep", step.next_step
    if step.type == StepType.DECISION:
        for condition, target in step.conditional_next_steps.items():
            yield ("conditionalNextSteps", condition), " conditionalNextSteps target", target
    if step.type == StepType.PARALLEL_GATEWAY:
        for number, target in enumerate(step.parallel_next_steps):
            yield ("parallelNextSteps", number), " parallelNextSteps target", target
        if step.join_step:
            yield ("joinStep",), " joinStep", step.join_step
    for number, event in enumerate(step.boundary_events):
        if event.target_step_id:
            path = ("boundaryEvents", number, "targetStepId")
            yield path, f" boundaryEvents[{number}].targetStepId", event.target_step_id


def ways_on(step: Step) -> Iterator[str]:
    """Every step that this one names, whether its type makes use of it or not."""
    yield step.next_step
    yield from step.conditional_next_steps.values()
    yield from step.parallel_next_steps
    yield step.join_step
    for event in step.boundary_events:
        yield event.target_step_id


def reachable_ids(definition: Definition, starts: Iterable[str]) -> set[str]:
    """The ids of all steps that can be come to from these, themselves included."""
    waiting = list(starts)
    found: set[str] = set()
    while waiting:
        step = definition.step(waiting.pop())
        if step is not None and step.id not in found:
            found.add(step.id)
            waiting.extend(ways_on(step))
    return found


def _reachability(definition: Definition) -> Iterator[Problem]:
    if not definition.steps or not definition.steps[0].id:
        return
    reached = reachable_ids(definition, [definition.steps[0].id])
    for index, step in enumerate(definition.steps):
        if step.id and step.id not in reached:
            text = f"step {quoted(step.id)} is unreachable from the first step"
            yield error(("steps", index), codes.STEP_NOT_REACHED, text)
    if not any(definition.by_id[step_id].type == StepType.END for step_id in reached):
        yield error(("steps",), codes.NO_END_REACHED, "no END step is reachable from the first step")
