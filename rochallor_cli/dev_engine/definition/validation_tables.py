"""The rules that the engine holds a decision table to at its upload, in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import Definition, Step
from rochallor_cli.dev_engine.definition.problems import Path, Problem, error
from rochallor_cli.dev_engine.go_text import quoted

HIT_POLICIES: Final = ("U", "F", "A", "R", "C", "C+", "C#", "C>", "C<")
AGGREGATORS: Final = "+#><"


def broken_table(at: Path, step: Step, definition: Definition) -> Iterator[Problem]:
    """What is wrong with a DECISION_TABLE step; without a table nothing else of it is looked at."""
    who = f"step {quoted(step.id)} (DECISION_TABLE)"
    if step.decision_table is None:
        yield error(
            (*at, "decisionTable"), codes.STEP_WITHOUT_TABLE, f"{who}: decisionTable payload is required"
        )
        return
    if not step.decision_table.rules:
        yield error((*at, "decisionTable"), codes.TABLE_WITHOUT_RULES, f"{who}: rules must not be empty")
    if not step.next_step:
        yield error((*at, "nextStep"), codes.NO_NEXT_STEP, f"{who}: nextStep is required")
    elif definition.step(step.next_step) is None:
        text = f"step {quoted(step.id)} nextStep references unknown step {quoted(step.next_step)}"
        yield error((*at, "nextStep"), codes.NO_SUCH_STEP, text)
    if trouble := _trouble_with_policy(step.hit_policy):
        yield error((*at, "hitPolicy"), codes.NO_SUCH_POLICY, f"{who}: {trouble}")
    for name in _foreign_fields(step):
        yield error((*at, name), codes.FIELD_OF_ANOTHER_TYPE, f"{who}: {name} is not valid on this step type")


def misplaced_table(at: Path, step: Step) -> Iterator[Problem]:
    """A table on a step of another type; its hitPolicy is accepted and ignored."""
    if step.decision_table is not None:
        who = f"step {quoted(step.id)} ({step.type})"
        text = f"{who}: decisionTable is not valid on this step type"
        yield error((*at, "decisionTable"), codes.FIELD_OF_ANOTHER_TYPE, text)


def _trouble_with_policy(policy: str) -> str:
    if policy in ("", *HIT_POLICIES):
        return ""
    base, aggregator = policy[:-1], policy[-1]
    if base in HIT_POLICIES[:4] and aggregator in AGGREGATORS:
        return f'aggregator "{aggregator}" is only valid on hitPolicy "C" (got {quoted(policy)})'
    return f"hitPolicy {quoted(policy)} is not recognised; expected one of {', '.join(HIT_POLICIES)}"


def _foreign_fields(step: Step) -> Iterator[str]:
    values = {
        "conditionalNextSteps": step.conditional_next_steps,
        "transformations": step.transformations,
        "parallelNextSteps": step.parallel_next_steps,
        "joinStep": step.join_step,
        "jobType": step.job_type,
        "delegateClass": step.delegate_class,
        "retryCount": step.retry_count,
        "boundaryEvents": step.boundary_events,
    }
    return (name for name, value in values.items() if value)
