"""What is known of the types of variables where a step is entered: what schemas fix and nothing can have changed.

A job, a person or a signal may set any variable, so past a step that rests only what its outputs_schema lists is
known; past a gateway nothing is, since branches change what others see.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Schema, Step, StepType
from rochallor_cli.dev_engine.expression import analyse, inner_source, is_expression
from rochallor_cli.dev_engine.lint.flow import taken_ways

_OF_RESULT = {"bool": "boolean", "string": "string", "int": "number", "float64": "number"}


@dataclass(frozen=True, slots=True)
class Known:
    """A variable's type, as schemas name it, and whether it may be null instead."""

    type: str
    nullable: bool
    because: str = "the schema says that"


Types = Mapping[str, Known]


def types_at_steps(definition: Definition, variables: Mapping[str, object] | None = None) -> dict[str, Types]:
    """By step: what is known of each variable when it is entered.

    variables: those of the start, where they are known.
    """
    has_schema = definition.input_schema or any(step.outputs_schema for step in definition.steps)
    if not (has_schema or variables):
        return {}
    found: dict[str, Types] = {}
    at_start = {**_of_schema(definition.input_schema), **dict(_of_values(variables or {}))}
    waiting: list[tuple[str, Types]] = [(definition.steps[0].id, at_start)] if definition.steps else []
    waiting += [(event.target_step_id, {}) for step in definition.steps for event in step.boundary_events]
    while waiting:
        step_id, types = waiting.pop()
        step = definition.step(step_id)
        merged = types if step_id not in found else _common(found[step_id], types)
        if step is None or merged == found.get(step_id):
            continue
        found[step_id] = merged
        waiting += [(following, _behind(step, merged)) for following in taken_ways(step)]
    return found


def types_at_branches(step: Step, types: Types) -> Types:
    """What is known when the step's own conditions are tried: for a step that rests, after its job is done."""
    return _behind(step, types) if step.type in RESTING else types


def _behind(step: Step, types: Types) -> Types:
    if step.type == StepType.SERVICE_TASK:
        return _of_outputs(step.outputs_schema, types)
    if step.type == StepType.DECISION:
        return types
    if step.type == StepType.TRANSFORMATION:
        return {**types, **dict(_of_transformations(step))} if not _unknown(step) else _without(types, step)
    if step.type == StepType.DECISION_TABLE and step.decision_table is not None:
        set_here = {name for rule in step.decision_table.rules for name in rule.outputs}
        return {name: known for name, known in types.items() if name not in set_here}
    return {}


def _unknown(step: Step) -> bool:
    return len(dict(_of_transformations(step))) < len(step.transformations)


def _without(types: Types, step: Step) -> Types:
    kept = {name: known for name, known in types.items() if name not in step.transformations}
    return {**kept, **dict(_of_transformations(step))}


def _of_transformations(step: Step) -> Iterator[tuple[str, Known]]:
    for name, literal in step.transformations.items():
        if type_ := _type_of(literal):
            yield name, Known(type_, nullable=False)


def _type_of(literal: object) -> str:
    if isinstance(literal, str) and is_expression(literal):
        source = inner_source(literal)
        return "string" if source == "now()" else _OF_RESULT.get(analyse(source).result, "")
    return _type_of_value(literal)


def _type_of_value(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else ""


def _of_schema(schema: Schema | None) -> Types:
    if schema is None:
        return {}
    return {
        name: Known(type_, nullable=name not in schema.required) for name, type_ in schema.properties.items()
    }


def _of_values(variables: Mapping[str, object]) -> Iterator[tuple[str, Known]]:
    for name, value in variables.items():
        if type_ := _type_of_value(value):
            yield name, Known(type_, nullable=False, because="it is started with variables of which")


def _of_outputs(schema: Schema | None, types: Types) -> Types:
    """What a job's schema fixes: what it has to return, and what it may return as it was before."""
    fixed = _of_schema(schema)
    return {
        name: known
        for name, known in fixed.items()
        if not known.nullable or (name in types and types[name].type == known.type)
    }


def _common(one: Types, other: Types) -> Types:
    shared = {name for name in one.keys() & other.keys() if one[name].type == other[name].type}
    return {
        name: Known(one[name].type, one[name].nullable or other[name].nullable, one[name].because)
        for name in shared
    }
