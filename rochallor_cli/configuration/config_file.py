"""The user's configuration file: named contexts, in TOML, in the platform's folder for such things.

current_context = "prod"

[contexts.prod]
url = "https://engine.example.com"
token_command = "pass show rochallor/prod"
protected = true
headers = { X-Tenant = "acme" }
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from rochallor_cli.configuration.settings import CONTEXT_KEYS
from rochallor_cli.errors import UsageError, did_you_mean

_IS_PLAIN_UNIX: bool = sys.platform not in ("darwin", "win32")


class ConfigFile(NamedTuple):
    """What the file holds: contexts by name, each a mapping of CONTEXT_KEYS; `current` may be None."""

    path: Path
    current: str | None = None
    contexts: Mapping[str, Mapping[str, object]] = MappingProxyType({})

    def context(self, name: str, *, named_by: str) -> Mapping[str, object]:
        """The context of that name; raises UsageError that lists those there are."""
        if name in self.contexts:
            return self.contexts[name]
        known = ", ".join(sorted(self.contexts)) or "none"
        hint = did_you_mean(name, list(self.contexts)) or f"contexts in {self.path}: {known}"
        raise UsageError(f"no context {name!r} ({named_by})", hint=hint)


def _home() -> Path:
    """The user's folder; for one without HOME and without an entry (a container's number) one that has no file."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(os.sep)


def config_path(environ: Mapping[str, str]) -> Path:
    """Where the file is: ROCHALLOR_CONFIG_FILE, else the platform's folder."""
    named = environ.get("ROCHALLOR_CONFIG_FILE")
    if named:
        return Path(named)
    base = environ.get("XDG_CONFIG_HOME")
    if base or _IS_PLAIN_UNIX:
        # What platformdirs would say, without the time that importing it takes.
        return Path(base or _home() / ".config") / "rochallor" / "config.toml"
    from platformdirs import user_config_path

    return user_config_path("rochallor", appauthor=False) / "config.toml"


def load_config(path: Path) -> ConfigFile:
    """Read the file; one that is not there holds nothing. Raises UsageError for what cannot be used."""
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        return ConfigFile(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}", hint='it is TOML: key = "value"') from error
    return _checked(path, document)


def _checked(path: Path, document: Mapping[str, object]) -> ConfigFile:
    for key in document:
        if key not in ("current_context", "contexts"):
            raise UsageError(f"{path}: unknown key {key!r}", hint="known: current_context, contexts")
    current = document.get("current_context")
    contexts = document.get("contexts", {})
    if not (current is None or isinstance(current, str)):
        raise UsageError(f"{path}: current_context is no text")
    if not isinstance(contexts, dict) or not all(isinstance(value, dict) for value in contexts.values()):
        raise UsageError(f"{path}: contexts is no table of tables", hint="write [contexts.NAME]")
    for name, context in contexts.items():
        checked_context(f"{path}: contexts.{name}", context)
    return ConfigFile(path, current, contexts)


def checked_context(where: str, context: Mapping[str, object]) -> None:
    """Raise UsageError for a key or value that a context cannot have."""
    for key, value in context.items():
        _check_entry(where, key, value)


def _check_entry(where: str, key: str, value: object) -> None:
    if key not in CONTEXT_KEYS:
        raise UsageError(f"{where}: unknown key {key!r}", hint=did_you_mean(key, [*CONTEXT_KEYS]))
    kind = CONTEXT_KEYS[key].kind
    if kind == "flag":
        fits, wanted = isinstance(value, bool), "true or false"
    elif kind == "headers":
        fits = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
        wanted = "a table of texts"
    else:
        fits, wanted = isinstance(value, str), "a text in quotes"
    if not fits:
        raise UsageError(f"{where}: {key} must be {wanted}")


def written(config: ConfigFile) -> str:
    """The file's text for these values, keys in the order of CONTEXT_KEYS."""
    lines = [] if config.current is None else [f"current_context = {_toml(config.current)}"]
    for name, context in config.contexts.items():
        lines += ["", f"[contexts.{_toml_key(name)}]"]
        lines += [f"{key} = {_toml(context[key])}" for key in CONTEXT_KEYS if key in context]
    return "\n".join(lines).lstrip("\n") + "\n"


def save_config(config: ConfigFile) -> None:
    """Replace the file in one step, readable by its owner only: it may hold tokens.

    A link stays one. UsageError: the name is a device, a pipe or a folder, which a file is not to replace; or a link
    that another user has made, which leads where they want it.
    """
    if (
        config.path.is_symlink()
        and hasattr(os, "getuid")
        and config.path.lstat().st_uid not in (os.getuid(), 0)
    ):
        raise UsageError(
            f"{config.path} is a link that another user has made", hint="ROCHALLOR_CONFIG_FILE names another"
        )
    path = config.path.resolve()
    if path.exists() and not path.is_file():
        raise UsageError(
            f"{path} is no file: contexts cannot be kept there", hint="ROCHALLOR_CONFIG_FILE names one"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(written(config))
    beside.replace(path)


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_toml_key(str(key))} = {_toml(text)}" for key, text in value.items())
        return f"{{ {inner} }}"
    # JSON's text and boolean literals are TOML's as well, but for U+007F.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _toml(key)
