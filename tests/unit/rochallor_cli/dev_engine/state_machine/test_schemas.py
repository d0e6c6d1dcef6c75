"""Variables held to schemas: at a start nothing happens, at a completion everything fails."""

from __future__ import annotations

from typing import Any

import pytest

from rochallor_cli.dev_engine.definition.model import Schema
from rochallor_cli.dev_engine.definition.schemas import schema_violation
from rochallor_cli.dev_engine.errors import SchemaViolated
from rochallor_cli.dev_engine.explore import CompleteJob, apply, started
from rochallor_cli.dev_engine.records import Variables
from support.workflows import model, service

TOTAL = {"properties": {"total": {"type": "number"}}, "required": ["total"]}


@pytest.mark.parametrize(
    ("type_", "fitting", "others"),
    [
        ("string", ["", "5"], [5, True, [], {}]),
        ("number", [0, -1.5, 10**20], ["1", False, []]),
        ("integer", [2, 2.0, -0.0], [1.5, "2", True]),
        ("boolean", [True, False], [0, "true", None]),
    ],
)
def test_nothing_is_converted_to_a_type(type_: str, fitting: list[object], others: list[object]) -> None:
    schema = Schema({"x": type_}, ("x",))
    assert [schema_violation(schema, {"x": value, "more": 1}) for value in fitting] == [""] * len(fitting)
    assert all(
        f'field "x" expected {type_}, got ' in schema_violation(schema, {"x": value}) for value in others
    )


def test_complaints_are_sorted_by_name_and_null_passes_where_it_is_not_required() -> None:
    schema = Schema({"a": "string", "b": "number", "c": "boolean"}, ("a", "c"))
    found = schema_violation(schema, {"c": None, "b": None})
    assert found == 'schema violation: required field "a" missing; field "c" expected boolean, got null'


def test_a_start_that_violates_the_schema_starts_nothing() -> None:
    definition = model(service("work"), engine_version="next", input_schema=TOTAL)
    with pytest.raises(SchemaViolated, match='required field "total" missing'):
        started(definition, {})
    assert started(definition, {"total": 1}).world.instance.status == "ACTIVE"


@pytest.mark.parametrize("variables", [{}, {"total": "12"}])
def test_a_completion_that_violates_the_schema_fails_the_instance(variables: dict[str, Any]) -> None:
    definition = model(service("work", outputs_schema=TOTAL, retryCount=2), engine_version="next")
    event = CompleteJob("work#1", Variables(values=variables))
    world = apply(definition, started(definition).world, event).world
    assert world.instance.status == "FAILED"
    assert str(world.instance.failure_reason).startswith("schema violation: ")
    assert [each.status for each in world.executions] == ["FAILED"]
    assert [each.status for each in world.jobs] == ["CANCELLED"]


def test_a_schema_of_another_step_is_not_asked() -> None:
    definition = model(
        service("first", "second"), service("second", outputs_schema=TOTAL), engine_version="next"
    )
    event = CompleteJob("first#1", Variables(values={"total": "x"}))
    world = apply(definition, started(definition).world, event).world
    assert world.instance.current_step_ids == ("second",)
