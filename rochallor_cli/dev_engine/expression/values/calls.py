"""Calling a value: a method of a time, or something that cannot be called."""

from __future__ import annotations

from collections.abc import Sequence

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.go_types import GoType
from rochallor_cli.dev_engine.expression.values.times import UTC_LOCATION, Duration, Time
from rochallor_cli.dev_engine.expression.values.values import Function, go_type_of


def call_value(callee: object, arguments: Sequence[object]) -> object:
    """The first result of a call. Raises ``Fault`` in the words of Go's reflection."""
    if callee is None:
        raise Fault("invalid operation: cannot call nil")
    if not isinstance(callee, Function):
        raise Fault(f"invalid operation: cannot call non-function of type {go_type_of(callee)}")
    parameters = callee.type.parameters
    if len(arguments) != len(parameters):
        raise Fault(f"invalid number of arguments: expected {len(parameters)}, got {len(arguments)}")
    return callee.call(*map(_argument, parameters, arguments))


_ZEROES = {
    "int": 0,
    "string": "",
    "time.Duration": Duration(0),
    "time.Time": Time(-62_135_596_800),
    "*time.Location": UTC_LOCATION,
}


def _argument(parameter: GoType, value: object) -> object:
    if value is None:
        return _ZEROES.get(parameter.name)
    found = go_type_of(value)
    if parameter.kind != "interface" and found != parameter.name:
        raise Fault(f"reflect: Call using {found} as type {parameter.name}")
    return value
