"""What a command gets: settings, printer, the engine, and the questions it may ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rochallor_cli.configuration.config_file import ConfigFile, config_path, load_config, save_config
from rochallor_cli.configuration.engine_access import CREDENTIAL_TEXTS
from rochallor_cli.configuration.invocation import Invocation
from rochallor_cli.configuration.layers import Layer, resolve
from rochallor_cli.configuration.masking import secrets_in
from rochallor_cli.configuration.settings import Settings, flag_name
from rochallor_cli.errors import UsageError
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import harmless

if TYPE_CHECKING:
    from rochallor_cli.engine_client.admin_client import AdminClient
    from rochallor_cli.engine_client.engine_version import EngineVersion
    from workflow_sdk.client.http import Exchange
    from workflow_sdk.client.rest import RestEngineClient

# A command that does not walk through many things ends within so many request time-outs.
TIMEOUTS_TOGETHER = 2


class Context:
    """Opened around each command; closes the client it handed out."""

    def __init__(
        self,
        invocation: Invocation,
        *,
        files: Sequence[Layer] = (),
        close: list[Callable[[], None]] | None = None,
        walks: bool = False,
    ) -> None:
        self.invocation = invocation
        self.environment = invocation.environment
        self._files = files
        self._close = [] if close is None else close
        self._walks = walks
        self._has_said_contradiction = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._close:
            self._close.pop()()

    @cached_property
    def config(self) -> ConfigFile:
        return load_config(config_path(self.environment.environ))

    def save(self, config: ConfigFile) -> None:
        """Write the file; what the command says from now on it says by these settings: the old may be unusable."""
        save_config(config)
        self.config = config

    @cached_property
    def settings(self) -> Settings:
        settings = resolve(
            self.invocation.given, self.environment.environ, lambda: self.config, files=self._files
        )
        settings = replace(
            settings, more_secrets=secrets_in(self.invocation.arguments, self.environment.environ)
        )
        # Errors are shown in the format that was asked for.
        self.invocation.settings = settings
        return settings

    def with_files(self, *files: Layer) -> Context:
        """Another context of this command, whose settings know these files (workers.yaml) as well.

        They stand between environment and the user's own configuration. This context stays as it is.
        """
        return Context(self.invocation, files=files, close=self._close, walks=self._walks)

    @cached_property
    def printer(self) -> Printer:
        return Printer(self.environment, self.settings)

    def client(self) -> RestEngineClient:
        """A client for the engine of the settings, closed when the command ends."""
        from rochallor_cli.engine_client.connect import connect

        self._say_where_from()
        self._bound_requests()
        client = connect(self.settings.access, printer=self.printer, look_at=self._look_at)
        self._close.append(client.close)
        return client

    def _bound_requests(self) -> None:
        """Let what is asked take a while as a whole: each answer may come just in time, and no end be in sight."""
        if self._walks:
            return
        from workflow_sdk.client.deadline import requests_together

        bounded = ExitStack()
        bounded.enter_context(requests_together(TIMEOUTS_TOGETHER * self.settings.access.timeout_s))
        self._close.append(bounded.close)

    @cached_property
    def engine(self) -> AdminClient:
        """The engine as commands see it: its odd answers turned into what they mean."""
        from rochallor_cli.engine_client.admin_client import AdminClient

        return AdminClient(self.client(), self.settings)

    def engine_version(self, *, only_get: bool = False, anew: bool = False) -> EngineVersion:
        """Which version the engine is: said, or asked (`only_get`: by GET alone).

        What was found within a day counts while its answer to a GET fits that. Where it is asked `anew` its answer
        counts, whatever was found before, and what was said only as far as that fits.
        """
        from rochallor_cli.engine_client import engine_version as versions

        environ = self.environment.environ
        said = versions.said_version(self.settings)
        if said is not None and not anew:
            found = said
        else:
            known = None if anew else versions.remembered_version(self.settings, environ)
            found = versions.asked_version(
                self.engine.client, self.settings, environ, only_get=only_get, known=known
            )
            if said is not None and said.assumed in found.possible:
                found = said
        self.printer.trace(f"engine version {found.text} ({found.how})")
        return found

    def offline_version(self) -> EngineVersion:
        """The version that advice without an engine goes by: the one said, else the newest that has a name."""
        from rochallor_cli.engine_client.engine_version import OFFLINE, EngineVersion, said_version

        return said_version(self.settings) or EngineVersion(
            (OFFLINE,), "assumed; --engine-version says another"
        )

    def engine_lacks(self, feature: str) -> None:
        """The engine has shown that it lacks a feature (workflow_sdk/engine_versions.py)."""
        from rochallor_cli.engine_client.engine_version import forget_unless_it_lacks

        forget_unless_it_lacks(feature, self.settings, self.environment.environ)

    def _look_at(self, exchange: Exchange) -> None:
        from rochallor_cli.engine_client import engine_version as versions

        versions.forget_if_contradicted(exchange, self.settings, self.environment.environ)
        contradiction = versions.contradicts_said(exchange, self.settings)
        if contradiction and not self._has_said_contradiction:
            self._has_said_contradiction = True
            self.printer.warn(contradiction)

    def _say_where_from(self) -> None:
        settings = self.settings
        given = [name for name in CREDENTIAL_TEXTS if getattr(settings.access, name) is not None]
        for name in ("engine_url", *(["context"] if settings.context else []), *given):
            self.printer.trace(f"{flag_name(name)} from {settings.origins[name]}")
        if settings.left_behind:
            self.printer.note(f"note: {settings.left_behind}")

    def confirm_if_protected(self, question: str, *, yes: bool) -> None:
        """Ask before what changes something, where the context is protected."""
        if self.settings.protected:
            self.confirm(question, yes=yes)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask before something that cannot be undone; `--yes` answers. Raises UsageError where nobody can answer.

        For a protected context the answer is the context's name.
        """
        if yes:
            return
        if not (self.environment.stdin_is_terminal and self.environment.stderr_is_terminal):
            raise UsageError(f"{question} Nobody can be asked here", hint="say yes with --yes")
        wanted = self.settings.context if self.settings.protected else "y"
        prompt = f"{question} Type {wanted} to go on: " if self.settings.protected else f"{question} [y/N] "
        self.environment.stderr.write(harmless(prompt))
        self.environment.stderr.flush()
        answer = self._asked().strip()
        if answer != wanted and not (wanted == "y" and answer.lower() in ("y", "yes")):
            raise UsageError("not confirmed: nothing was changed")

    def _asked(self) -> str:
        """What a person answers, in their own time."""
        from workflow_sdk.client.deadline import current_together

        began = self.environment.monotonic()
        answer = self.environment.stdin.readline()
        together = current_together()
        if together is not None:
            together.postpone(self.environment.monotonic() - began)
        return answer
