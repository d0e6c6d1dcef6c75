"""The engine as pages reach it, and the commands that they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from rochallor_cli.configuration.engine_access import DEFAULT_URL
from rochallor_cli.configuration.masking import url_text
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.explanation.facts import FactsReader
from rochallor_cli.output.text_width import shell_command

if TYPE_CHECKING:
    from rochallor_cli.engine_client.engine_version import EngineVersion

_VERSION_HOLDS_S = 300.0


@dataclass
class PageEngine:
    """An engine with the rights of the settings.

    ask_version: asks which version it is, by GET alone. why_not: why nothing is changed from here, "" where it may be.
    """

    engine: AdminClient
    now: Callable[[], datetime]
    ask_version: Callable[[], EngineVersion]
    why_not: str = ""
    facts: FactsReader = field(init=False)
    # One at a time, however often the button is pressed.
    auditing: Lock = field(default_factory=Lock)
    _documents: dict[tuple[str, int], Value] = field(default_factory=dict)
    _version: EngineVersion | None = None
    _asked_s: float = 0.0

    def __post_init__(self) -> None:
        self.facts = FactsReader(self.engine)

    def version(self) -> EngineVersion:
        """Which version the engine is, asked anew from time to time: it may be replaced while a page is open."""
        now_s = monotonic()
        if self._version is None or now_s - self._asked_s > _VERSION_HOLDS_S:
            self._version, self._asked_s = self.ask_version(), now_s
        return self._version

    @property
    def settings(self) -> Settings:
        return self.engine.settings

    @property
    def where(self) -> str:
        return self.settings.where

    def definition(self, definition_id: str, version: int) -> Value:
        """A version of a definition; asked for once, since versions never change."""
        key = (definition_id, version)
        if key not in self._documents:
            self._documents[key] = self.engine.definition(definition_id, version)
        return self._documents[key]

    def command(self, *words: str) -> str:
        """A command that does the same from a shell, with what it takes to reach this engine."""
        return shell_command("rochallor", *words, *self._which)

    def pipe(self, definition_id: str, version: int, *words: str) -> str:
        """A command that reads a version of a definition from standard input, with the one that writes it there."""
        return f"{self.command('defs', 'get', f'{definition_id}@{version}')} | {self.command(*words)}"

    def reaching(self, command: str) -> str:
        """A ready command, likewise."""
        return f"{command} {shell_command(*self._which)}" if self._which else command

    @property
    def _which(self) -> list[str]:
        """The options that name this engine, where nothing else would lead a shell there. Never a credential."""
        settings = self.settings
        if settings.origins.get("engine_url") == "--engine-url":
            return ["--engine-url", url_text(settings.access.url)]
        if settings.context and settings.origins.get("context") == "--context":
            return ["--context", settings.context]
        # An embedded engine's settings have no origins.
        is_embedded = not settings.origins and settings.access.url != DEFAULT_URL
        return ["--engine-url", settings.access.url] if is_embedded else []


def why_not_acting(settings: Settings, *, read_only: bool) -> str:
    """Why a page shows no buttons and the server refuses; "" where it may act."""
    if read_only:
        return "it was started with --read-only"
    if settings.protected:
        return f"the context {settings.context} is protected"
    return ""


Query = Mapping[str, str]
Found = Any
