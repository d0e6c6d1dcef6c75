"""From what was given to the value of a setting: checked by its kind and its limits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from rochallor_cli.configuration.key_values import pairs
from rochallor_cli.configuration.setting import Setting, settings_of
from rochallor_cli.durations import parse_duration
from rochallor_cli.errors import UsageError

# A broker as librdkafka reads it: SSL://host:9093, [::1]:9092, host.
_BROKER = re.compile(r"(?:[A-Za-z_]+://)?(?:\[[0-9A-Fa-f:.%]+\]|[\w.-]+)(?::[0-9]{1,5})?")
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")


class WrongValueError(Exception):
    """A value that is not what its setting holds; the text says what was expected and what was found."""


class FilledText(str):
    """Text from a flag or a variable: where a number or a switch is wanted, it is read as one."""

    __slots__ = ()


def values_of_flags(owner: type, flags: Mapping[str, Any]) -> dict[str, Any]:
    """The flags of a command for the dataclass whose settings they are, by field; UsageError for wrong ones."""
    return {
        setting.attribute: checked_given(setting, flags[setting.parameter], setting.flag)
        for setting in settings_of(owner)
        if flags.get(setting.parameter) not in (None, [])
    }


def checked_given(setting: Setting, raw: Any, origin: str) -> Any:
    """The value of a flag or a variable; a UsageError names that origin."""
    if setting.kind == "texts":
        return [str(item).strip() for item in raw if str(item).strip()]
    if setting.kind == "text map":
        return pairs(raw, origin)
    try:
        return checked_scalar(setting, FilledText(raw) if isinstance(raw, str) else raw)
    except WrongValueError as error:
        raise UsageError(f"{origin}: {error}") from None


def checked_scalar(setting: Setting, value: object) -> object:
    """The value as the setting wants it; WrongValueError says what was expected."""
    match setting.kind:
        case "text" | "path" | "url" | "token":
            if not isinstance(value, str):
                raise WrongValueError(f"expected text, found {kind_text(value)}")
            return str(value)
        case "brokers":
            return _brokers(value)
        case "choice":
            return _choice(setting, value)
        case "flag":
            return _flag(value)
        case "retry delay" if value == "backoff":
            return "backoff"
        case "rate":
            return _rate(value)
        case "duration" | "retry delay":
            seconds = _duration(value)
            _check_limits(setting, seconds, "duration")
            return seconds
        case _:
            whole = _integer(value)
            _check_limits(setting, whole, "whole number")
            return whole


def _brokers(value: object) -> str:
    """The same list without blanks. Whoever asks no broker in the end is told of a wrong one all the same."""
    if not isinstance(value, str):
        raise WrongValueError(f"expected text, found {kind_text(value)}")
    listed = [one.strip() for one in value.split(",") if one.strip()]
    for one in listed or [value]:
        if not _BROKER.fullmatch(one):
            raise WrongValueError(
                f"expected brokers as host:port with commas between, found {value_text(one)}"
            )
    return ",".join(listed)


def _choice(setting: Setting, value: object) -> str:
    if value not in setting.choices:
        raise WrongValueError(f"expected one of {', '.join(setting.choices)}, found {value_text(value)}")
    return str(value)


def _flag(value: object) -> bool:
    if isinstance(value, FilledText) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise WrongValueError(f"expected true or false, found {value_text(value)}")


def _duration(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise WrongValueError(f"expected a duration (seconds, or 250ms, 90s, 5m), found {value_text(value)}")
    if not isinstance(value, str):
        return float(value)
    try:
        return parse_duration(value)
    except ValueError as error:
        raise WrongValueError(str(error)) from None


def _rate(value: object) -> float:
    """Jobs a second."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*/\s*([smh])\s*", value) if isinstance(value, str) else None
    if found is None or float(found[1]) <= 0:
        raise WrongValueError(f"expected a rate (10/s, 100/m, 1000/h), found {value_text(value)}")
    return float(found[1]) / {"s": 1, "m": 60, "h": 3600}[found[2]]


def _integer(value: object) -> int:
    if isinstance(value, FilledText) and _WHOLE.fullmatch(value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError(f"expected a whole number, found {value_text(value)}")
    return value


def _check_limits(setting: Setting, value: float, noun: str) -> None:
    if setting.kind == "port" and not 0 <= value <= 65535:
        raise WrongValueError(f"expected a port from 0 to 65535, found {value}")
    if setting.minimum is not None and value < setting.minimum:
        raise WrongValueError(
            setting.beyond or f"expected a {noun} of at least {setting.minimum:g}, found {value:g}"
        )
    if setting.above is not None and value <= setting.above:
        raise WrongValueError(setting.beyond or f"expected a {noun} above {setting.above:g}, found {value:g}")
    if setting.maximum is not None and value > setting.maximum:
        raise WrongValueError(
            setting.beyond or f"expected a {noun} of at most {setting.maximum:g}, found {value:g}"
        )


def kind_text(value: object) -> str:
    """What a value is where all of it is of the wrong kind, without repeating it: it may be somebody's secret."""
    if value is None:
        return "nothing"
    kinds = {bool: "true or false", str: "text", int: "a number", float: "a number"}
    return kinds.get(type(value)) or value_text(value)


def value_text(value: object) -> str:
    """What a value is, for a message: `a list`, `a mapping`, `"abc"`, `12`."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, ensure_ascii=False)
