"""How to reach an engine, as one value: what settings come to, and what clients are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from rochallor_cli.configuration.masking import MASK, command_text, secrets_in_command, url_text, userinfo
from rochallor_cli.configuration.setting import Setting

_SCHEMES = ("bearer", "basic", "token", "digest", "apikey")
DEFAULT_URL = "http://localhost:8080"


@dataclass(frozen=True)
class EngineAccess:
    """URL, credentials and time-out. Plain values: a child process is sent them as JSON.

    The settings written here are the keys of workers.yaml; the flags of these are global options.
    """

    url: Annotated[str, Setting("text", "Where the engine is, e.g. http://engine:8080.")] = DEFAULT_URL
    headers: Annotated[
        Mapping[str, str], Setting("text map", "Headers sent with every request.", is_secret=True)
    ] = field(default_factory=dict)
    token: Annotated[
        str | None,
        Setting(
            "text", "Bearer token; better filled from the environment than written down.", is_secret=True
        ),
    ] = None
    token_command: Annotated[
        str | None,
        Setting("text", "A command that prints the token; run again when the engine answers 401."),
    ] = None
    token_file: Annotated[
        str | None, Setting("path", "A file that holds the token; read again when the engine answers 401.")
    ] = None
    ca_file: Annotated[
        str | None, Setting("path", "Certificates (PEM) that the engine's certificate is checked against.")
    ] = None
    client_cert: Annotated[str | None, Setting("path", "Client certificate (PEM).")] = None
    client_key: Annotated[
        str | None,
        Setting("path", "Key of the client certificate (PEM), where it is not in the same file."),
    ] = None
    timeout_s: Annotated[float, Setting("duration", "How long one request may take.", above=0)] = 30.0
    # As banners and errors name it: the URL, and the context it came from.
    where: str = ""

    def for_client(self) -> dict[str, Any]:
        """The arguments of RestEngineClient."""
        credentials = {name: getattr(self, name) for name in CREDENTIALS}
        return {"base_url": self.url, "timeout": self.timeout_s, **credentials}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it must appear nowhere."""
        values = [*([self.token] if self.token else []), *self.headers.values()]
        # `Bearer abc` is as secret without its scheme.
        parts = [value.partition(" ") for value in values]
        more = (*userinfo(self.url), *secrets_in_command(self.token_command or ""))
        return (
            *values,
            *more,
            *(bare.strip() for scheme, _, bare in parts if bare and scheme.lower() in _SCHEMES),
        )

    def shown(self) -> dict[str, Any]:
        """What is set, by name, with secrets masked."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "where"}
        values["url"] = url_text(self.url)
        values["headers"] = dict.fromkeys(self.headers, MASK)
        values["token"] = None if self.token is None else MASK
        if self.token_command:
            values["token_command"] = command_text(self.token_command)
        return {name: value for name, value in values.items() if value not in (None, {})}


CREDENTIALS = tuple(
    each.name for each in fields(EngineAccess) if each.name not in ("url", "timeout_s", "where")
)
# Those that are written as one text, in the order of the class.
CREDENTIAL_TEXTS = tuple(name for name in CREDENTIALS if name != "headers")
