"""From the values of workers.yaml to checked values: unknown keys, wrong types, limits, variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rochallor_cli.configuration.setting import Setting
from rochallor_cli.configuration.setting_values import WrongValueError, checked_scalar, kind_text, value_text
from rochallor_cli.errors import did_you_mean
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.substitution import UnsetVariableError, fill

Path = tuple[str | int, ...]
ReportProblem = Callable[[Path, str], None]


class WorkersReader:
    """Reads sections by their tables; every problem goes to `report` with its path, reading goes on."""

    def __init__(self, environ: Mapping[str, str], report: ReportProblem) -> None:
        self._environ = environ
        self._report = report

    def section(self, value: object, name: str, *, path: Path) -> dict[str, Any]:
        """The checked values of a section by key; what is wrong or absent is left out."""
        if value is None:
            return {}  # a key with nothing after it
        if not isinstance(value, Mapping):
            self._report(path, f"expected a mapping, found {kind_text(value)}")
            return {}
        settings = {setting.key: setting for setting in SECTIONS[name]}
        checked: dict[str, Any] = {}
        for key, inner in value.items():
            if key not in settings:
                self._report((*path, key), _unknown(str(key), list(settings)))
            elif inner is not None:
                self._put(checked, settings[key], value=inner, path=(*path, key))
        return checked

    def _put(self, checked: dict[str, Any], setting: Setting, *, value: object, path: Path) -> None:
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
            case "text map" | "headers":
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


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise WrongValueError(f"expected text, found {kind_text(value)}")


def _expect_mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise WrongValueError(f"expected a mapping, found {kind_text(value)}")
    return value


def _expect_list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise WrongValueError(f"expected a list, found {value_text(value)}")
    return value


def _unknown(key: str, known: list[str]) -> str:
    nearest = did_you_mean(key, known)
    return f"unknown key; {nearest}" if nearest else f"unknown key; known here: {', '.join(known)}"
