"""How to reach an engine, as one value: what settings come to, and what clients are made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from rochallor_cli.configuration.masking import MASK, command_text, secrets_in_command, url_text, userinfo
from rochallor_cli.configuration.setting import Setting, settings_of

_SCHEMES = ("bearer", "basic", "token", "digest", "apikey")
DEFAULT_URL = "http://localhost:8080"


@dataclass(frozen=True)
class EngineAccess:
    """URL, credentials and time-out. Plain values: a child process is sent them as JSON.

    The settings written here are those of `engine` in workers.yaml; their flags are global options.
    """

    url: Annotated[
        str, Setting("url", "The engine's URL.", flag="--engine-url", metavar="URL", context_key="url")
    ] = DEFAULT_URL
    headers: Annotated[
        Mapping[str, str],
        Setting(
            "headers",
            "Headers sent with every request.",
            name="headers",
            flag="--header",
            metavar="'NAME: VALUE'",
            context_key="headers",
            of_one_engine=True,
            is_secret=True,
        ),
    ] = field(default_factory=dict)
    token: Annotated[
        str | None,
        Setting(
            "token",
            "Bearer token; better filled from the environment than written down.",
            flag="--token",
            context_key="token",
            of_one_engine=True,
            is_secret=True,
        ),
    ] = None
    token_command: Annotated[
        str | None,
        Setting(
            "text",
            "A command that prints the token; run again when the engine answers 401.",
            flag="--token-command",
            metavar="COMMAND",
            context_key="token_command",
            of_one_engine=True,
        ),
    ] = None
    token_file: Annotated[
        str | None,
        Setting(
            "path",
            "A file that holds the token; read again when the engine answers 401.",
            flag="--token-file",
            metavar="FILE",
            context_key="token_file",
            of_one_engine=True,
        ),
    ] = None
    ca_file: Annotated[
        str | None,
        Setting(
            "path",
            "Certificates (PEM) that the engine's certificate is checked against.",
            flag="--ca-file",
            metavar="FILE",
            context_key="ca_file",
            of_one_engine=True,
        ),
    ] = None
    client_cert: Annotated[
        str | None,
        Setting(
            "path",
            "Client certificate (PEM).",
            flag="--client-cert",
            metavar="FILE",
            context_key="client_cert",
            of_one_engine=True,
        ),
    ] = None
    client_key: Annotated[
        str | None,
        Setting(
            "path",
            "Key of the client certificate (PEM), where it is not in the same file.",
            flag="--client-key",
            metavar="FILE",
            context_key="client_key",
            of_one_engine=True,
        ),
    ] = None
    timeout_s: Annotated[
        float,
        Setting(
            "duration",
            "How long one request may take.",
            above=0,
            beyond="a time-out of 0 leaves no time to answer",
            flag="--request-timeout",
            context_key="request_timeout",
        ),
    ] = 30.0
    # As banners and errors name it: the URL, and the context it came from.
    where: str = ""

    def for_client(self) -> dict[str, Any]:
        """The arguments of RestEngineClient."""
        credentials = {name: getattr(self, name) for name in CREDENTIALS}
        return {"base_url": self.url, "timeout": self.timeout_s, **credentials}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it must appear nowhere."""
        found = [getattr(self, setting.attribute) for setting in ENGINE_SETTINGS if setting.is_secret]
        values = [
            text
            for value in found
            if value
            for text in (value.values() if isinstance(value, Mapping) else (value,))
        ]
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
        values = {
            setting.attribute: shown_value(setting, getattr(self, setting.attribute))
            for setting in ENGINE_SETTINGS
        }
        return {name: value for name, value in values.items() if value not in (None, {})}


# What of settings that are no secrets may hold one.
_TEXTS = {"url": url_text, "token_command": command_text, "brokers": url_text}


def shown_value(setting: Setting, value: Any) -> Any:
    """A setting's value as it may be seen: secrets are masked, with the names that they have."""
    if value is None:
        return None
    if setting.is_secret:
        return dict.fromkeys(value, MASK) if isinstance(value, Mapping) else MASK
    text = _TEXTS.get(setting.attribute)
    return text(value) if text and value else value


ENGINE_SETTINGS = settings_of(EngineAccess)
# What must not be sent to another engine.
CREDENTIALS = tuple(setting.attribute for setting in ENGINE_SETTINGS if setting.of_one_engine)
# Those that are written as one text, in the order of the class.
CREDENTIAL_TEXTS = tuple(
    setting.attribute for setting in ENGINE_SETTINGS if setting.of_one_engine and setting.kind != "headers"
)
