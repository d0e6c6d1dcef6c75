"""From a value to JSON: what a transformation stores, and ``toJSON``.

The engine stores results with Go's encoder: times become text, durations nanoseconds, bytes base64. What the
encoder refuses is an ``UnrepresentableResult``.
"""

from __future__ import annotations

import base64
import json
import math
import re
from decimal import Decimal
from typing import Any, Final

from rochallor_cli.dev_engine.expression.errors import UnrepresentableResult
from rochallor_cli.dev_engine.expression.patterns import readable
from rochallor_cli.dev_engine.expression.values.sizes import size_of
from rochallor_cli.dev_engine.expression.values.time_layouts import RFC3339_NANO, format_time
from rochallor_cli.dev_engine.expression.values.times import Location, Time
from rochallor_cli.dev_engine.expression.values.values import AnyMap, Function, Groups, NilList, go_type_of
from rochallor_cli.dev_engine.go_text import float_text


def json_value(value: Any) -> Any:
    """The value as JSON has it. Raises ``UnrepresentableResult`` in the words of Go's encoder.

    Without recursion, since a variable may be nested as deeply as its JSON was; ``Fault`` where it is too large.
    """
    size_of(value)
    whole: list[Any] = [value]
    waiting: list[Any] = [whole]
    while waiting:
        current = waiting.pop()
        for key, item in list(current.items() if isinstance(current, dict) else enumerate(current)):
            found = current[key] = _plain(item)
            if found and isinstance(found, list | dict):
                waiting.append(found)
    return whole[0]


def _plain(value: Any) -> Any:
    """One value as JSON has it; of a list or map a copy whose items are still to be done."""
    kind = type(value)
    if kind is float:
        if not math.isfinite(value):
            raise UnrepresentableResult(f"json: unsupported value: {float_text(value)}")
        return value
    if kind is str:
        return readable(value)
    if isinstance(value, AnyMap | Groups | Function):
        raise UnrepresentableResult(f"json: unsupported type: {go_type_of(value)}")
    if isinstance(value, dict):
        return {readable(key): item for key, item in value.items()}
    if isinstance(value, list):
        return None if kind is NilList else list(value)
    return value if kind in (bool, int, type(None)) else _special_value(value)


def _special_value(value: object) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Time):
        if not 0 <= value.date[0] <= 9999:
            reason = "Time.MarshalJSON: year outside of range [0,9999]"
            raise UnrepresentableResult(f"json: error calling MarshalJSON for type time.Time: {reason}")
        return format_time(value, RFC3339_NANO)
    if isinstance(value, Location):
        return {}
    assert isinstance(value, int), f"no JSON for {type(value)}"
    return int(value)


def json_text(value: object) -> str:
    """Indented JSON with sorted keys, as Go's encoder writes it."""
    return _written(json_value(value), "\n")


def _written(value: object, line: str) -> str:
    if isinstance(value, str):
        return _quoted(value)
    if type(value) is float:
        return json_number(value)
    if isinstance(value, dict) and value:
        inner = f"{line}  "
        pairs = sorted(value.items())
        texts = (f"{inner}{_quoted(key)}: {_written(item, inner)}" for key, item in pairs)
        return f"{{{','.join(texts)}{line}}}"
    if isinstance(value, list) and value:
        inner = f"{line}  "
        return f"[{','.join(inner + _written(item, inner) for item in value)}{line}]"
    return json.dumps(value)


def json_number(number: float) -> str:
    """A double in Go's JSON: without an exponent from 1e-6 up to 1e21."""
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return f"{Decimal(repr(number)).normalize():f}"
    mantissa, _, exponent = float_text(number).partition("e")
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


_ESCAPED: Final = re.compile(r"[<>&\u2028\u2029]")


def _quoted(text: str) -> str:
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))
