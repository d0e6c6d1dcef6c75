"""`${VAR}` and `${VAR:-default}` in the scalars of workers.yaml.

They are filled into values that are already parsed, so that a value with a colon, a quote or a line break
in it cannot change the document. `$$` is a dollar.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from rochallor_cli.configuration.setting_values import FilledText

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


class UnsetVariableError(Exception):
    """A variable without a default that the environment does not hold."""

    def __init__(self, name: str) -> None:
        super().__init__(f"environment variable {name} is not set")
        self.name = name


def fill(text: str, environ: Mapping[str, str]) -> str:
    """The scalar with its variables filled in; UnsetVariableError names the first that is missing."""
    if "$" not in text:
        return text
    return FilledText(_VARIABLE.sub(lambda match: _value_of(match, environ), text))


def _value_of(match: re.Match[str], environ: Mapping[str, str]) -> str:
    name = match["name"]
    if name is None:
        return "$"
    value = environ.get(name)
    if match["default"] is not None:
        # As in the shell, an empty variable counts as unset where there is a default.
        return value or match["default"]
    if value is None:
        raise UnsetVariableError(name)
    return value
