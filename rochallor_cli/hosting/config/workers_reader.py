"""From the values of workers.yaml to checked values: unknown keys, wrong types, limits, variables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rochallor_cli.configuration.setting import Setting
from rochallor_cli.durations import parse_duration
from rochallor_cli.errors import did_you_mean
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.substitution import FilledText, UnsetVariableError, fill

Path = tuple[str | int, ...]
Report = Callable[[Path, str], None]


class WrongValueError(Exception):
    """A value that is not what its setting holds; the text says what was expected and what was found."""


class WorkersReader:
    """Reads sections by their tables; every problem goes to `report` with its path, reading goes on."""

    def __init__(self, environ: Mapping[str, str], report: Report) -> None:
        self._environ = environ
        self._report = report

    def section(self, value: object, name: str, *, path: Path) -> dict[str, Any]:
        """The checked values of a section by key; what is wrong or absent is left out."""
        if value is None:
            return {}  # a key with nothing after it
        if not isinstance(value, Mapping):
            self._report(path, f"expected a mapping, found {spoken(value)}")
            return {}
        settings = {setting.key: setting for setting in SECTIONS[name]}
        checked: dict[str, Any] = {}
        for key, inner in value.items():
            if key not in settings:
                self._report((*path, key), _unknown(str(key), list(settings)))
            elif inner is not None:
                self._put(checked, settings[key], inner, (*path, key))
        return checked

    def _put(self, checked: dict[str, Any], setting: Setting, value: object, path: Path) -> None:
        try:
            checked[setting.key] = self._value(setting, value, path)
        except (WrongValueError, UnsetVariableError) as error:
            self._report(path, str(error))

    def _value(self, setting: Setting, value: object, path: Path) -> object:
        match setting.kind:
            case "section" if setting.by_name:
                named = _expect_mapping(value)
                return {
                    key: self.section(inner, setting.section, path=(*path, key))
                    for key, inner in named.items()
                }
            case "section":
                return self.section(value, setting.section, path=path)
            case "sections":
                entries = enumerate(_expect_list(value))
                return [self.section(entry, setting.section, path=(*path, index)) for index, entry in entries]
            case "texts":
                entries = enumerate(_expect_list(value))
                return [self._item(entry, (*path, index)) for index, entry in entries]
            case "text map":
                return {key: self._item(inner, (*path, key)) for key, inner in _expect_mapping(value).items()}
            case _:
                return checked_scalar(setting, self._filled(value))

    def _item(self, value: object, path: Path) -> str:
        try:
            return _text(self._filled(value))
        except (WrongValueError, UnsetVariableError) as error:
            self._report(path, str(error))
            return ""

    def _filled(self, value: object) -> object:
        return fill(value, self._environ) if isinstance(value, str) else value


def checked_scalar(setting: Setting, value: object) -> object:
    """The value as the setting wants it; WrongValueError says what was expected."""
    match setting.kind:
        case "text" | "path":
            if not isinstance(value, str):
                raise WrongValueError(f"expected text, found {spoken(value)}")
            return str(value)
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


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise WrongValueError(f"expected text, found {spoken(value)}")


def _choice(setting: Setting, value: object) -> str:
    if value not in setting.choices:
        raise WrongValueError(f"expected one of {', '.join(setting.choices)}, found {spoken(value)}")
    return str(value)


def _flag(value: object) -> bool:
    if isinstance(value, FilledText) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, bool):
        return value
    raise WrongValueError(f"expected true or false, found {spoken(value)}")


def _duration(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise WrongValueError(f"expected a duration (seconds, or 250ms, 90s, 5m), found {spoken(value)}")
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
        raise WrongValueError(f"expected a rate (10/s, 100/m, 1000/h), found {spoken(value)}")
    return float(found[1]) / {"s": 1, "m": 60, "h": 3600}[found[2]]


def _integer(value: object) -> int:
    if isinstance(value, FilledText) and value.strip().isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongValueError(f"expected a whole number, found {spoken(value)}")
    return value


def _check_limits(setting: Setting, value: float, noun: str) -> None:
    if setting.kind == "port" and not 0 <= value <= 65535:
        raise WrongValueError(f"expected a port from 0 to 65535, found {value}")
    if setting.minimum is not None and value < setting.minimum:
        raise WrongValueError(f"expected a {noun} of at least {setting.minimum:g}, found {value:g}")
    if setting.above is not None and value <= setting.above:
        raise WrongValueError(f"expected a {noun} above {setting.above:g}, found {value:g}")
    if setting.maximum is not None and value > setting.maximum:
        raise WrongValueError(f"expected a {noun} of at most {setting.maximum:g}, found {value:g}")


def _expect_mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise WrongValueError(f"expected a mapping, found {spoken(value)}")
    return value


def _expect_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise WrongValueError(f"expected a list, found {spoken(value)}")
    return value


def _unknown(key: str, known: list[str]) -> str:
    nearest = did_you_mean(key, known)
    return f"unknown key; {nearest}" if nearest else f"unknown key; known here: {', '.join(known)}"


def spoken(value: object) -> str:
    """What a value is, for a message: `a list`, `a mapping`, `"abc"`, `12`."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return json.dumps(value, ensure_ascii=False)
