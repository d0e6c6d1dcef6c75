"""Settings, resolved once: flag, environment, file, context, default; each value remembers where it came from.

URL, headers, token, CA and client certificate are one unit: a URL drops the credentials of weaker sources, so
that `--engine-url staging` never sends the token that was meant for prod.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from rochallor_cli.command_names import COLORS, ENGINE_VERSIONS, OUTPUTS, TIMES
from rochallor_cli.configuration.config_file import ConfigFile
from rochallor_cli.configuration.engine_access import CREDENTIALS, EngineAccess
from rochallor_cli.configuration.masking import url_text
from rochallor_cli.durations import parse_duration
from rochallor_cli.errors import UsageError, did_you_mean

TOKENS = ("token", "token_command", "token_file")
_CERTIFICATE = ("client_cert", "client_key")


@dataclass(frozen=True)
class Layer:
    """One source of settings. `origin` names a value's place for people: `--engine-url`, `context prod`."""

    name: str
    values: Mapping[str, object]
    origin: Callable[[str], str]


@dataclass(frozen=True)
class Settings:
    """What the layers came to. `origins` has a text per setting; `dropped` says which credentials stayed behind."""

    access: EngineAccess = field(default_factory=EngineAccess)
    # One of the names of the engine's versions, or "auto".
    engine_version: str = "auto"
    no_coercion: bool = False
    context: str | None = None
    protected: bool = False
    output: str = "table"
    fields: tuple[str, ...] = ()
    no_headers: bool = False
    time: str | None = None
    color: str = "auto"
    quiet: bool = False
    verbosity: int = 0
    origins: Mapping[str, str] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()
    # Beyond what `access` holds: what arguments and environment hold, whether it is used or not.
    more_secrets: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not appear in anything that is shown."""
        return (*self.access.secrets, *self.more_secrets)

    @property
    def where(self) -> str:
        """The engine as errors name it: its URL, and the context it came from."""
        return self.access.where or url_text(self.access.url)


def flag_layer(given: Mapping[str, object]) -> Layer:
    return Layer("flag", given, lambda name: "--" + flag_name(name))


def environment_layer(environ: Mapping[str, str]) -> Layer:
    found = {name: environ[variable(name)] for name in _PARSERS if environ.get(variable(name))}
    return Layer("environment", found, variable)


def context_layer(name: str, context: Mapping[str, object]) -> Layer:
    renamed = {_CONTEXT_NAMES.get(key, key): value for key, value in context.items()}
    return Layer("context", renamed, lambda _: f"context {name}")


def flag_name(name: str) -> str:
    return _FLAGS.get(name, name).replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return "ROCHALLOR_" + _FLAGS.get(name, name).upper()


def resolve(
    given: Mapping[str, object],
    environ: Mapping[str, str],
    config: Callable[[], ConfigFile],
    *,
    files: Sequence[Layer] = (),
) -> Settings:
    """All layers resolved. `files` are layers between environment and context (workers.yaml), strongest first."""
    flags, variables = flag_layer(given), environment_layer(environ)
    name, named_by = _context_name(flags, variables, config)
    layers = [flags, variables, *files]
    if name is not None:
        layer = context_layer(name, config().context(name, named_by=named_by))
        # A context asked for on the command line is stronger than variables left behind in the shell.
        layers.insert(1 if named_by == "--context" else len(layers), layer)
    return _resolved(layers, context=name, context_origin=named_by)


def _context_name(flags: Layer, variables: Layer, config: Callable[[], ConfigFile]) -> tuple[str | None, str]:
    for layer in (flags, variables):
        if layer.values.get("context"):
            return str(layer.values["context"]), layer.origin("context")
    file = config()
    return file.current, f"current_context in {file.path}"


def _resolved(layers: Sequence[Layer], *, context: str | None, context_origin: str) -> Settings:
    values: dict[str, object] = {"context": context}
    origins = {"context": context_origin if context else "default"}
    for name in _PARSERS:
        if name in _UNIT or name == "context":
            continue
        _take(name, layers, values, origins)
    reach = next((rank for rank, layer in enumerate(layers) if layer.values.get("engine_url")), len(layers))
    _take("engine_url", layers, values, origins)
    _take_credentials(layers[: reach + 1], values, origins)
    dropped = tuple(
        layer.origin(name)
        for layer in layers[reach + 1 :]
        for name in _UNIT
        if name in CREDENTIALS and layer.values.get(name)
    )
    for name in _PARSERS:
        origins.setdefault(name, "default")
    access = _access(values, context=context if origins["engine_url"].startswith("context ") else None)
    return Settings(**values, access=access, origins=origins, dropped=dropped)  # type: ignore[arg-type]


def _access(values: dict[str, object], *, context: str | None) -> EngineAccess:
    """The connection, taken out of the values. `context` is named where the URL came from it."""
    found = {name: values.pop(name) for name in CREDENTIALS if name in values}
    renamed = {"engine_url": "url", "request_timeout": "timeout_s"}
    found |= {field: values.pop(name) for name, field in renamed.items() if name in values}
    access = EngineAccess(**found)  # type: ignore[arg-type]
    suffix = "" if context is None else f" (context {context})"
    return replace(access, where=url_text(access.url) + suffix)


def _take(name: str, layers: Sequence[Layer], values: dict[str, object], origins: dict[str, str]) -> None:
    for layer in layers:
        raw = layer.values.get(name)
        if raw is not None:
            values[name] = parsed(name, raw, layer.origin(name))
            origins[name] = layer.origin(name)
            return


def _take_credentials(layers: Sequence[Layer], values: dict[str, object], origins: dict[str, str]) -> None:
    headers: dict[str, str] = {}
    for layer in reversed(layers):
        found = (
            parsed("headers", layer.values["headers"], layer.origin("headers"))
            if layer.values.get("headers")
            else {}
        )
        if found:
            headers.update(found)  # type: ignore[call-overload]
            origins["headers"] = layer.origin("headers")
    values["headers"] = headers
    _take("ca_file", layers, values, origins)
    for name in _OF_ENGINE:
        _take(name, layers, values, origins)
    for group in (TOKENS, _CERTIFICATE):
        layer_with_it = next(
            (layer for layer in layers if any(layer.values.get(name) for name in group)), None
        )
        if layer_with_it is not None:
            for name in group:
                _take(name, [layer_with_it], values, origins)
    tokens = [origins[name] for name in TOKENS if values.get(name)]
    if len(tokens) > 1:
        raise UsageError(f"{' and '.join(tokens)} both name a token", hint="keep one of them")


def parsed(name: str, raw: object, origin: str) -> object:
    """A setting's value from its text; raises UsageError naming where the text came from."""
    parser = _PARSERS[name]
    if not isinstance(raw, (str, list, tuple, Mapping)):
        return raw
    try:
        return parser(raw)
    except ValueError as error:
        raise UsageError(f"{origin}: {error}") from error


def _text(raw: object) -> str:
    return str(raw)


def _token(raw: object) -> str:
    """A token as it is sent after `Bearer`, which some write in front of it."""
    # The SDK is loaded where there is a token to be checked.
    from workflow_sdk.client.header_values import checked_token

    text = str(raw).strip()
    return checked_token(text[7:] if text.lower().startswith("bearer ") else text, "the token")


def _url(raw: object) -> str:
    text = str(raw).strip().rstrip("/")
    shown = "what is given" if "@" in text else repr(str(raw))
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or re.search(r"\s", text):
        raise ValueError(f"{shown} is no URL: write http://host:port or https://host")
    if "?" in text or "#" in text:
        # An API key, maybe: it is not shown.
        raise ValueError("an engine's URL holds no ? and no #: keys are sent with --header")
    return text


def _headers(raw: object) -> dict[str, str]:
    from workflow_sdk.client.header_values import checked_headers

    if isinstance(raw, Mapping):
        return checked_headers({str(name): str(value) for name, value in raw.items()})
    lines = str(raw).splitlines() if isinstance(raw, str) else [str(line) for line in raw]  # type: ignore[attr-defined]
    headers = {}
    for line in lines:
        name, separator, value = line.partition(":")
        if not separator or not name.strip():
            # It is not repeated: it may be the secret alone.
            raise ValueError("what is given is no header: write 'Name: value'")
        headers[name.strip()] = value.strip()
    return checked_headers(headers)


def _one_of(*choices: str) -> Callable[[object], str]:
    def parse(raw: object) -> str:
        if raw in choices:
            return str(raw)
        near = did_you_mean(str(raw), choices)
        raise ValueError(f"{str(raw)!r} is none of {', '.join(choices)}" + (f" ({near})" if near else ""))

    return parse


def _truth(raw: object) -> bool:
    word = str(raw).lower()
    if word in ("1", "true", "yes", "on"):
        return True
    if word in ("0", "false", "no", "off"):
        return False
    raise ValueError(f"{str(raw)!r} is neither true nor false")


def _names(raw: object) -> tuple[str, ...]:
    names = tuple(part.strip() for part in str(raw).split(",") if part.strip())
    if not names:
        raise ValueError("name at least one field")
    return names


def _count(raw: object) -> int:
    text = str(raw).lower()
    if text in ("true", "yes", "on", "false", "no", "off"):
        return int(text in ("true", "yes", "on"))
    if not text.isdecimal() or not text.isascii():
        raise ValueError(f"{str(raw)!r} is no number: write 1 or 2")
    return int(text)


def _timeout(raw: object) -> float:
    seconds = parse_duration(str(raw))
    if seconds == 0:
        raise ValueError("a time-out of 0 leaves no time to answer")
    return seconds


_PARSERS: dict[str, Callable[[object], object]] = {
    "engine_url": _url,
    **dict.fromkeys(CREDENTIALS, _text),
    "token": _token,
    "headers": _headers,
    "request_timeout": _timeout,
    "context": _text,
    "protected": _truth,
    "engine_version": _one_of(*ENGINE_VERSIONS),
    "no_coercion": _truth,
    "output": _one_of(*OUTPUTS),
    "fields": _names,
    "no_headers": _truth,
    "time": _one_of(*TIMES),
    "color": _one_of(*COLORS),
    "quiet": _truth,
    "verbosity": _count,
}
# What belongs to one engine, and is left behind with its URL.
_OF_ENGINE = ("protected", "engine_version", "no_coercion")
_UNIT = ("engine_url", *CREDENTIALS, *_OF_ENGINE)
_FLAGS = {"headers": "header", "verbosity": "verbose"}
_CONTEXT_NAMES = {"url": "engine_url"}
