"""`rochallor config`: settings, their origins, and contexts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command, group
from rochallor_cli.configuration.config_file import (
    CONTEXT_KEYS,
    TEXT_KEYS,
    ConfigFile,
    checked_context,
    save_config,
)
from rochallor_cli.configuration.engine_access import CREDENTIALS
from rochallor_cli.configuration.masking import url_text
from rochallor_cli.configuration.settings import Settings, parsed
from rochallor_cli.durations import duration_text
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.output.columns import Column, View

app = group("Show and change settings and contexts.")

SETTINGS = View(
    "setting",
    (
        Column("SETTING", "setting"),
        Column("VALUE", "value"),
        Column("FROM", "origin", style="dim"),
    ),
)
_OTHERS = ("protected", "output", "time", "color")


@command(app, "show", examples=("rochallor config show", "rochallor config show --context prod -o json"))
def show(context: Context) -> None:
    """Show each setting with where it comes from, and the contexts there are. Secrets are masked."""
    settings = context.settings
    context.printer.rows(SETTINGS, list(_rows(settings)))
    contexts = ", ".join(
        f"{name} (current)" if name == context.config.current else name for name in context.config.contexts
    )
    context.printer.note(f"contexts in {context.config.path}: {contexts or 'none'}")
    if settings.dropped:
        stronger = settings.origins["engine_url"]
        context.printer.note(f"not used, as the URL is from {stronger}: {', '.join(settings.dropped)}")


def _rows(settings: Settings) -> Iterator[dict[str, Any]]:
    """The settings that have a value, with their origins."""
    access = settings.access.shown()
    values: dict[str, object] = {
        "context": settings.context,
        "engine_url": access["url"],
        **{name: access.get(name) for name in CREDENTIALS},
        "request_timeout": duration_text(settings.access.timeout_s),
        **{name: getattr(settings, name) for name in _OTHERS},
    }
    if values["headers"]:
        values["headers"] = ", ".join(f"{name}: {text}" for name, text in access["headers"].items())
    for name, value in values.items():
        if value is not None:
            yield {
                "setting": name.replace("_", "-"),
                "value": value,
                "origin": settings.origins.get(name, "default"),
            }


@command(app, "use", examples=("rochallor config use prod",))
def use(
    context: Context,
    name: Annotated[str, typer.Argument(metavar="CONTEXT", help="Its name.")],
) -> None:
    """Make a context the one that is used when nothing else is said."""
    config = context.config
    config.context(name, named_by="the argument")
    save_config(replace(config, current=name))
    context.printer.note(f"using {name}: {url_text(str(config.contexts[name].get('url', 'no url')))}")


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
    """Change a context: url, token, token-command, token-file, ca-file, client-cert, client-key, request-timeout,
    header, protected.

    The file is written anew; comments in it are lost.
    """
    config = context.config
    changed: dict[str, object] = dict(config.contexts.get(name, {}))
    for pair in values:
        _change(changed, pair)
    if "url" not in changed:
        raise UsageError(f"context {name} has no url", hint=f"rochallor config set {name} url=https://…")
    checked_context(f"context {name}", changed)
    _save(context, config, name, changed)


def _save(context: Context, config: ConfigFile, name: str, changed: dict[str, object]) -> None:
    current = config.current or name
    save_config(replace(config, current=current, contexts={**config.contexts, name: changed}))
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
    elif key == "protected":
        context[key] = parsed("protected", value, "protected")
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
