"""Layers: flag, environment, file, context, default, resolved once; each value remembers where it came from.

URL, headers, token, CA and client certificate are one unit: a URL drops the credentials of weaker sources, so
that `--engine-url staging` never sends the token that was meant for prod.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from rochallor_cli.configuration.config_file import ConfigFile
from rochallor_cli.configuration.engine_access import CREDENTIALS, ENGINE_SETTINGS, EngineAccess
from rochallor_cli.configuration.masking import url_text
from rochallor_cli.configuration.setting import Setting, SettingKind
from rochallor_cli.configuration.settings import CONTEXT_KEYS, GLOBAL_SETTINGS, Settings, flag_name
from rochallor_cli.errors import UsageError, did_you_mean

# Of these a source has one; and what one source says, no other adds to.
TOKENS = ("token", "token_command", "token_file")
_CERTIFICATE = ("client_cert", "client_key")


class Given(NamedTuple):
    """A value and where it was given."""

    value: Any
    origin: str


class Layer(NamedTuple):
    """One source of settings. `origin` names a value's place for people: `--engine-url`, `context prod`."""

    name: str
    values: Mapping[str, object]
    origin: Callable[[str], str]

    def given(self, name: str) -> Given | None:
        """What this source says of a setting; None where it says nothing."""
        value = self.values.get(name)
        return None if value is None else Given(value, self.origin(name))


def strongest(name: str, layers: Iterable[Layer]) -> Given | None:
    """What the first layer says that says anything; the settings of commands and of hosts are resolved by it."""
    return next((given for layer in layers if (given := layer.given(name)) is not None), None)


def flag_layer(given: Mapping[str, object]) -> Layer:
    return Layer("flag", given, lambda name: "--" + flag_name(name))


def environment_layer(environ: Mapping[str, str]) -> Layer:
    found = {
        name: text for name, setting in GLOBAL_SETTINGS.items() if (text := environ.get(setting.variable))
    }
    return Layer("environment", found, lambda name: GLOBAL_SETTINGS[name].variable)


def context_layer(name: str, context: Mapping[str, object]) -> Layer:
    renamed = {CONTEXT_KEYS[key].name: value for key, value in context.items()}
    return Layer("context", renamed, lambda _: f"context {name}")


def resolve(
    given: Mapping[str, object],
    environ: Mapping[str, str],
    config: Callable[[], ConfigFile],
    *,
    files: Sequence[Layer] = (),
) -> Settings:
    """All layers resolved. `files` are layers between environment and context (workers.yaml), strongest first."""
    flags, variables = flag_layer(given), environment_layer(environ)
    name, named_by = _context_name(flags, variables=variables, config=config)
    layers = [flags, variables, *files]
    if name is not None:
        layer = context_layer(name, config().context(name, named_by=named_by))
        # A context asked for on the command line is stronger than variables left behind in the shell.
        layers.insert(1 if named_by == "--context" else len(layers), layer)
    return _resolved(layers, context=name, context_origin=named_by)


def _context_name(
    flags: Layer, *, variables: Layer, config: Callable[[], ConfigFile]
) -> tuple[str | None, str]:
    for layer in (flags, variables):
        if layer.values.get("context"):
            return str(layer.values["context"]), layer.origin("context")
    file = config()
    return file.current, f"current_context in {file.path}"


def _resolved(layers: Sequence[Layer], *, context: str | None, context_origin: str) -> Settings:
    values: dict[str, object] = {"context": context}
    origins = {"context": context_origin if context else "default"}
    for name, setting in GLOBAL_SETTINGS.items():
        if not setting.of_one_engine and name != "context":
            _take(name, layers, values=values, origins=origins)
    reach = next((rank for rank, layer in enumerate(layers) if layer.values.get("engine_url")), len(layers))
    _take_of_one_engine(layers[: reach + 1], values, origins)
    weaker = layers[reach + 1 :]
    behind = [layer.origin(name) for layer in weaker for name in CREDENTIALS if layer.values.get(name)]
    # A context has one name, whatever it holds.
    dropped = tuple(dict.fromkeys(behind))
    for name in GLOBAL_SETTINGS:
        origins.setdefault(name, "default")
    access = _access(values, context=context if origins["engine_url"].startswith("context ") else None)
    own: dict[str, Any] = {GLOBAL_SETTINGS[name].attribute: value for name, value in values.items()}
    return Settings(**own, access=access, origins=origins, dropped=dropped)


def _access(values: dict[str, object], *, context: str | None) -> EngineAccess:
    """The connection, taken out of the values. `context` is named where the URL came from it."""
    found: dict[str, Any] = {
        setting.attribute: values.pop(setting.name) for setting in ENGINE_SETTINGS if setting.name in values
    }
    access = EngineAccess(**found)
    suffix = "" if context is None else f" (context {context})"
    return replace(access, where=url_text(access.url) + suffix)


def _take(name: str, layers: Sequence[Layer], *, values: dict[str, object], origins: dict[str, str]) -> None:
    given = strongest(name, layers)
    if given is not None:
        values[name], origins[name] = parsed(name, given.value, origin=given.origin), given.origin


def _take_headers(
    name: str, layers: Sequence[Layer], *, values: dict[str, object], origins: dict[str, str]
) -> None:
    """Those of all layers; of two with one name the stronger layer's."""
    headers: dict[str, str] = {}
    for layer in reversed(layers):
        raw = layer.values.get(name)
        found: Any = parsed(name, raw, origin=layer.origin(name)) if raw else {}
        if found:
            headers.update(found)
            origins[name] = layer.origin(name)
    values[name] = headers


def _take_of_one_engine(layers: Sequence[Layer], values: dict[str, object], origins: dict[str, str]) -> None:
    for name, setting in GLOBAL_SETTINGS.items():
        if setting.kind == "headers":
            _take_headers(name, layers, values=values, origins=origins)
        elif setting.of_one_engine and name not in (*TOKENS, *_CERTIFICATE):
            _take(name, layers, values=values, origins=origins)
    for group in (TOKENS, _CERTIFICATE):
        layer_with_it = next(
            (layer for layer in layers if any(layer.values.get(name) for name in group)), None
        )
        if layer_with_it is not None:
            for name in group:
                _take(name, [layer_with_it], values=values, origins=origins)
    tokens = [origins[name] for name in TOKENS if values.get(name)]
    if len(tokens) > 1:
        raise UsageError(f"{' and '.join(tokens)} both name a token", hint="keep one of them")


def parsed(name: str, raw: object, *, origin: str) -> object:
    """A setting's value from its text; raises UsageError naming where the text came from."""
    setting = GLOBAL_SETTINGS[name]
    if not isinstance(raw, (str, list, tuple, Mapping)):
        return raw
    reader = _READERS.get(setting.kind)
    if reader is None:
        # Few give one of these.
        from rochallor_cli.configuration.setting_values import checked_given

        return checked_given(setting, raw, origin)
    try:
        return reader(setting, raw)
    except ValueError as error:
        raise UsageError(f"{origin}: {error}") from error


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


def _one_of(choices: Sequence[str], raw: object) -> str:
    if raw in choices:
        return str(raw)
    near = did_you_mean(str(raw), choices)
    raise ValueError(f"{str(raw)!r} is none of {', '.join(choices)}" + (f" ({near})" if near else ""))


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


# How the texts of these kinds are read; those of all others are read as the settings of `rochallor work` are.
_READERS: Mapping[SettingKind, Callable[[Setting, object], object]] = {
    "text": lambda _, raw: str(raw),
    "path": lambda _, raw: str(raw),
    "url": lambda _, raw: _url(raw),
    "token": lambda _, raw: _token(raw),
    "headers": lambda _, raw: _headers(raw),
    "choice": lambda setting, raw: _one_of(setting.choices, raw),
    "flag": lambda _, raw: _truth(raw),
    "names": lambda _, raw: _names(raw),
    "level": lambda _, raw: _count(raw),
}
