"""`rochallor config set`: change a context."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.config_file import (
    CONTEXT_KEYS,
    TEXT_KEYS,
    TRUTH_KEYS,
    ConfigFile,
    checked_context,
)
from rochallor_cli.configuration.settings import TOKENS, parsed, resolve
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.output.text_width import shell_command

app = typer.Typer()


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
        typer.Argument(metavar="KEY=VALUE...", help="An empty value removes the key."),
    ],
) -> None:
    """Change a context, or make a new one.

    Its keys: url, token, token-command, token-file, ca-file, client-cert, client-key, request-timeout, header,
    protected, engine-version and no-coercion. The file is written anew; comments in it are lost.
    """
    config = context.config
    changed: dict[str, object] = dict(config.contexts.get(name, {}))
    for pair in values:
        _change(changed, pair)
    if "url" not in changed:
        raise UsageError(f"context {name} has no url", hint=f"rochallor config set {name} url=https://…")
    checked_context(f"context {name}", changed)
    _refuse_unusable(name, changed, before=config.contexts.get(name, {}))
    _save(context, config, name, changed)


def _refuse_unusable(name: str, changed: dict[str, object], *, before: Mapping[str, object]) -> None:
    """Raise UsageError for a context that no command could use: it would be found out at night."""
    alone = ConfigFile(Path("config.toml"), name, {name: changed})
    _refuse_two_tokens(name, changed, before)
    access = resolve({}, {}, lambda: alone).access
    if access.client_key and not access.client_cert:
        raise UsageError(f"context {name} has a client-key without its client-cert", hint="give both at once")


def _refuse_two_tokens(name: str, changed: Mapping[str, object], before: Mapping[str, object]) -> None:
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


def _save(context: Context, config: ConfigFile, name: str, changed: dict[str, object]) -> None:
    current = config.current or name
    context.save(replace(config, current=current, contexts={**config.contexts, name: changed}))
    context.printer.note(
        f"{name} is in {config.path}" + ("" if config.current else ", and is used from now on")
    )


def _change(context: dict[str, object], pair: str) -> None:
    key, separator, value = pair.partition("=")
    key = key.replace("-", "_")
    if not separator:
        raise UsageError(f"{pair!r}: write key=value")
    if key in ("header", "headers"):
        _change_header(context, value)
    elif key not in CONTEXT_KEYS:
        known = [name.replace("_", "-") for name in CONTEXT_KEYS]
        hint = did_you_mean(key.replace("_", "-"), known) or f"known: {', '.join(known)}"
        raise UsageError(f"no key {key!r}", hint=hint)
    elif not value:
        context.pop(key, None)
    elif key in TRUTH_KEYS:
        context[key] = parsed(key, value, key)
    else:
        assert key in TEXT_KEYS, "every other key is a text"
        parsed("engine_url" if key == "url" else key, value, key)
        context[key] = value


def _change_header(context: dict[str, object], value: str) -> None:
    headers = dict(context.get("headers") or {})  # type: ignore[call-overload]
    if value:
        headers.update(parsed("headers", [value], "header"))
    else:
        headers.clear()
    context["headers"] = headers
