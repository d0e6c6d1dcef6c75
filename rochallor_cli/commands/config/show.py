"""`rochallor config show`: each setting, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.configuration.engine_access import CREDENTIALS
from rochallor_cli.configuration.settings import Settings
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.engine_version import remembered_version
from rochallor_cli.output.views import SETTINGS

app = typer.Typer()

_OTHERS = ("engine_version", "no_coercion", "protected", "output", "time", "color")


@command(app, "show", examples=("rochallor config show", "rochallor config show --context prod -o json"))
def show(context: Context) -> None:
    """Show each setting with where it comes from, and the contexts there are. Secrets are masked."""
    settings = context.settings
    context.printer.rows(SETTINGS, list(_rows(settings)))
    version = remembered_version(settings, context.environment.environ)
    if version is not None and settings.engine_version == "auto":
        context.printer.note(f"this engine was {version.text} ({version.how}); `rochallor doctor` asks anew")
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
