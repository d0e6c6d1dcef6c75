"""Functions that go from one form to another: type names, text, JSON, base64."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import Fault, UnrepresentableResult
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.values.formatting import value_text
from rochallor_cli.dev_engine.expression.values.operators import to_text
from rochallor_cli.dev_engine.expression.values.results import json_text
from rochallor_cli.dev_engine.expression.values.sizes import size_of
from rochallor_cli.dev_engine.expression.values.strings import bytes_of, text_of
from rochallor_cli.dev_engine.expression.values.values import Byte, Function, Int64

_TYPE_NAMES: Final = {
    bool: "bool", int: "int", Int64: "int", Byte: "uint", float: "float", str: "string", Function: "func",
}  # fmt: skip


def type_name(_run: Run, value: object) -> str:
    """``type(x)``"""
    if value is None:
        return "nil"
    if isinstance(value, dict):
        return "map"
    if isinstance(value, list | bytes):
        return "array"
    known = _TYPE_NAMES.get(type(value))
    return known or _named_type(value)


def _named_type(value: Any) -> str:
    name: str = value.go_type
    return name.removeprefix("*")


def to_string(run: Run, value: object) -> str:
    """``string(x)``"""
    run.charge(size_of(value) // 2)
    text = value_text(value)
    run.grow_text(len(text))
    return text


def to_json(run: Run, value: object) -> str:
    """``toJSON(x)``: indented, keys sorted."""
    run.charge(size_of(value) // 2)
    try:
        text = json_text(value)
    except UnrepresentableResult as error:
        raise Fault(error.text) from None
    run.grow_text(len(text))
    return text


def from_json(run: Run, value: object) -> object:
    """``fromJSON(text)``: every number becomes a double."""
    text = to_text(value)
    run.grow_text(len(text))
    try:
        found = json.loads(text, parse_constant=_no_constant, parse_float=_double, parse_int=_double)
    except RecursionError:
        raise Fault("json: exceeded max depth") from None
    except ValueError as error:
        raise Fault(_json_fault(text, error)) from None
    return found


def _double(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Fault(f"json: cannot unmarshal number {digits} into Go value of type float64")
    return number


def _no_constant(name: str) -> object:
    raise ValueError(name)


def _json_fault(text: str, error: ValueError) -> str:
    position = getattr(error, "pos", 0)
    if not text.strip() or position >= len(text):
        return "unexpected end of JSON input"
    return f"invalid character '{text[position]}' looking for beginning of value"


def to_base64(run: Run, value: object) -> str:
    """``toBase64(text)``"""
    text = to_text(value)
    run.grow_text(2 * len(text))
    return base64.b64encode(bytes_of(text)).decode()


def from_base64(run: Run, value: object) -> str:
    """``fromBase64(text)``"""
    text = to_text(value)
    run.grow_text(len(text))
    clean = text.replace("\r", "").replace("\n", "")
    try:
        return text_of(base64.b64decode(clean, validate=True))
    except (binascii.Error, ValueError):
        at = next((index for index, character in enumerate(clean) if character not in _ALPHABET), len(clean))
        raise Fault(f"illegal base64 data at input byte {at}") from None


_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

CONVERSION_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "type": type_name,
    "string": to_string,
    "toJSON": to_json,
    "fromJSON": from_json,
    "toBase64": to_base64,
    "fromBase64": from_base64,
}
