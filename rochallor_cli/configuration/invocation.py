"""One run of the command line, as its layers hand it on. Light: help needs nothing more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rochallor_cli.configuration.environment import Environment

if TYPE_CHECKING:
    from rochallor_cli.configuration.settings import Settings


class Invocation:
    """The outside world, the arguments, the global options met so far and, once resolved, the settings."""

    def __init__(self, environment: Environment, arguments: Sequence[str] = ()) -> None:
        self.environment = environment
        self.arguments = tuple(arguments)
        self.given: Mapping[str, object] = {}
        self.settings: Settings | None = None
