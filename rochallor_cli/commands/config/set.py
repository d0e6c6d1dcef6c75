"""`rochallor config set`: change a context."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.config_file import ConfigFile, checked_context
from rochallor_cli.configuration.layers import TOKENS, parsed, resolve
from rochallor_cli.configuration.settings import CONTEXT_KEYS
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.output.text_width import shell_command

app = typer.Typer()

_KEYS = ", ".join(key.replace("_", "-") for key in CONTEXT_KEYS)
# A key may be called as the option is: header for headers, engine-url for url.
_SETTINGS = {
    **{setting.parameter: setting for setting in CONTEXT_KEYS.values()},
    **CONTEXT_KEYS,
}


@command(
    app,
    "set",
    examples=(
        "rochallor config set prod url=https://engine.example.com token-command='pass show rochallor'",
        "rochallor config set prod protected=true header='X-Tenant: acme'",
        "rochallor config set prod token=",
    ),
)
def set_(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="CONTEXT", help="Its name; a new one is made.")],
    values: Annotated[
        list[str],
        typer.Argument(metavar="KEY=VALUE...", help=f"An empty value removes the key. Keys: {_KEYS}."),
    ],
) -> None:
    """Change a context, or make a new one.

    The file is written anew; comments in it are lost.
    """
    config = context.config
    changed: dict[str, object] = dict(config.contexts.get(name, {}))
    for pair in values:
        _change(changed, pair)
    if "url" not in changed:
        raise UsageError(f"context {name} has no url", hint=f"rochallor config set {name} url=https://…")
    checked_context(f"context {name}", changed)
    _refuse_unusable(name, changed, before=config.contexts.get(name, {}))
    _save(context, config, name=name, changed=changed)


def _refuse_unusable(name: str, changed: dict[str, object], *, before: Mapping[str, object]) -> None:
    """Raise UsageError for a context that no command could use: it would be found out at night."""
    alone = ConfigFile(Path("config.toml"), name, {name: changed})
    _refuse_two_tokens(name, changed=changed, before=before)
    access = resolve({}, {}, lambda: alone).access
    if access.client_key and not access.client_cert:
        raise UsageError(f"context {name} has a client-key without its client-cert", hint="give both at once")


def _refuse_two_tokens(name: str, *, changed: Mapping[str, object], before: Mapping[str, object]) -> None:
    found = [key for key in TOKENS if changed.get(key)]
    if len(found) < 2:
        return
    old = [key for key in found if changed[key] == before.get(key)] or found[1:]
    words = [f"{key}=" for key in old] + [f"{key}=…" for key in found if key not in old]
    line = " ".join(
        ["rochallor config set", shell_command(name), *(word.replace("_", "-") for word in words)]
    )
    both = " and ".join(found).replace("_", "-")
    raise UsageError(f"context {name} would have {both}: two that name a token", hint=f"keep one: {line}")


def _save(context: Context, config: ConfigFile, *, name: str, changed: dict[str, object]) -> None:
    current = config.current or name
    context.save(config._replace(current=current, contexts={**config.contexts, name: changed}))
    context.printer.note(
        f"{name} is in {config.path}" + ("" if config.current else ", and is used from now on")
    )


def _change(context: dict[str, object], pair: str) -> None:
    word, separator, value = pair.partition("=")
    setting = _SETTINGS.get(word.replace("-", "_"))
    if not separator:
        raise UsageError(f"{pair!r}: write key=value")
    if setting is None:
        hint = did_you_mean(word.replace("_", "-"), _KEYS.split(", ")) or f"known: {_KEYS}"
        raise UsageError(f"no key {word.replace('-', '_')!r}", hint=hint)
    key = setting.context_key
    if setting.kind == "headers":
        _change_headers(context, key, value)
    elif not value:
        context.pop(key, None)
    else:
        usable = parsed(setting.name, value, origin=word.replace("-", "_"))
        context[key] = usable if setting.kind == "flag" else value


def _change_headers(context: dict[str, object], key: str, value: str) -> None:
    headers = dict(context.get(key) or {})  # type: ignore[call-overload]
    if value:
        headers.update(parsed("headers", [value], origin="header"))
    else:
        headers.clear()
    context[key] = headers
