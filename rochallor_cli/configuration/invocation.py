"""One run of the command line, as its layers hand it on. Light: help needs nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rochallor_cli.configuration.environment import Environment
from rochallor_cli.configuration.masking import secrets_in

if TYPE_CHECKING:
    from rochallor_cli.configuration.settings import Settings


class Invocation:
    """The outside world, the arguments, the global options met so far and, once resolved, the settings."""

    def __init__(self, environment: Environment, arguments: Sequence[str] = ()) -> None:
        self.environment = environment
        self.arguments = tuple(arguments)
        self.given: Mapping[str, object] = {}
        self.settings: Settings | None = None

    def wish(self, name: str, *flags: str) -> str | None:
        """A setting's value although resolving may be what failed: then as given, in arguments or environment."""
        if self.settings is not None:
            return str(getattr(self.settings, name))
        given = self.given.get(name) or _written(self.arguments, flags)
        return str(given) if given else self.environment.environ.get(f"ROCHALLOR_{name.upper()}")

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown: of arguments, environment, and settings once they are resolved."""
        known = secrets_in(self.arguments, self.environment.environ)
        return (*known, *(self.settings.secrets if self.settings else ()))


def _written(arguments: Sequence[str], flags: Sequence[str]) -> str | None:
    for index, argument in enumerate(arguments):
        for flag in flags:
            if argument == flag and index + 1 < len(arguments):
                return arguments[index + 1]
            if flag.startswith("--") and argument.startswith(f"{flag}="):
                return argument.partition("=")[2]
            if not flag.startswith("--") and argument.startswith(flag) and len(argument) > len(flag):
                return argument[len(flag) :]
    return None
